import { createPublicKey, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose'
import { z } from 'zod'
import { StreamsError } from '#streams'
import { secretFile } from './secret-file.ts'

export const SIGNING_ALGORITHM = 'ES256'

export interface SigningKey {
  readonly privateKey: CryptoKey
  readonly publicKey: KeyObject
  readonly publicJwk: JWK
  readonly keyId: string
}

const PrivateJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
})

/** The key in `<dataDirectory>/identity/signing-key.json`, generated at first use. @throws {StreamsError} IDENTITY_FILE_UNREADABLE */
export async function openSigningKey(dataDirectory: string): Promise<SigningKey> {
  const path = join(dataDirectory, 'identity', 'signing-key.json')
  const text = await secretFile(path, async () => {
    const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true })
    return `${JSON.stringify(await exportJWK(privateKey))}\n`
  })
  try {
    const { d, ...publicPart } = PrivateJwk.parse(JSON.parse(text))
    const keyId = await calculateJwkThumbprint(publicPart)
    return {
      privateKey: await importEcKey({ ...publicPart, d }),
      publicKey: createPublicKey({ key: publicPart, format: 'jwk' }),
      publicJwk: { ...publicPart, kid: keyId, alg: SIGNING_ALGORITHM, use: 'sig' },
      keyId,
    }
  } catch (cause) {
    throw new StreamsError(
      'IDENTITY_FILE_UNREADABLE',
      'the signing key is damaged',
      { path },
      'Delete the file: a new key is made, and everybody has to log in again.',
      cause,
    )
  }
}

async function importEcKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, SIGNING_ALGORITHM)
  if (key instanceof Uint8Array) throw new TypeError('an elliptic-curve key is never symmetric')
  return key
}
