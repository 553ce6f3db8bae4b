import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { requireSecret } from './peer-token.ts'
import { QueryProblem } from './query-problem.ts'

/** Where a scan goes on: behind this key of this partition, in byte order of keys, then by partition. */
export interface ScanPlace {
  readonly key: Uint8Array
  readonly partition: number
}

/** Unguessable bytes. */
export type RandomBytes = (count: number) => Uint8Array

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const PARTITION_BYTES = 4

/**
 * Places as text that a caller hands back. Encrypted: the last row that was looked at may be one that the caller may not see. One is good
 * for the store and the operation that gave it, on every instance with the secret.
 */
export class Cursors {
  readonly #key: Buffer
  readonly #random: RandomBytes

  constructor(secret: string, random: RandomBytes) {
    requireSecret(secret)
    this.#key = createHmac('sha256', secret).update('query cursor').digest()
    this.#random = random
  }

  write(place: ScanPlace, purpose: string): string {
    const iv = this.#random(IV_BYTES)
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(Buffer.from(purpose))
    const partition = Buffer.alloc(PARTITION_BYTES)
    partition.writeUInt32BE(place.partition)
    const text = Buffer.concat([cipher.update(partition), cipher.update(place.key), cipher.final()])
    return Buffer.concat([iv, cipher.getAuthTag(), text]).toString('base64url')
  }

  /** @throws {QueryProblem} bad-request */
  read(cursor: string, purpose: string): ScanPlace {
    const bytes = Buffer.from(cursor, 'base64url')
    try {
      const iv = bytes.subarray(0, IV_BYTES)
      const decipher = createDecipheriv(CIPHER, this.#key, iv, { authTagLength: TAG_BYTES })
      decipher.setAAD(Buffer.from(purpose))
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      const text = Buffer.concat([
        decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)),
        decipher.final(),
      ])
      return {
        partition: text.readUInt32BE(0),
        key: Uint8Array.from(text.subarray(PARTITION_BYTES)),
      }
    } catch (cause) {
      throw new QueryProblem(
        'bad-request',
        'cursor: it is not one that this store and operation gave; begin again without it',
        { cause },
      )
    }
  }
}
