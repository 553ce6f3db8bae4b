import type { StoreBatch } from '#streams'
import { uint64Bytes } from '../bytes.ts'

/** Four bytes, of which Kafka Streams uses 31 bits. */
const SEQUENCE_MAX = 0x7fff_ffff

export interface PutSequenceOptions {
  /** Of the last put before the last commit; undefined where there was none. */
  readonly last: number | undefined
  /** Where the batch keeps it. */
  readonly keyspace: string
  readonly key: Uint8Array
}

/** Numbers the puts of a store that retains duplicates, from 1, around at the maximum. Part of the transaction like the entries. */
export class PutSequence {
  readonly #options: PutSequenceOptions
  #last: number
  #committed: number

  constructor(options: PutSequenceOptions) {
    this.#options = options
    this.#last = options.last ?? 0
    this.#committed = this.#last
  }

  next(): number {
    this.#last = this.#last === SEQUENCE_MAX ? 0 : this.#last + 1
    return this.#last
  }

  /** A changelog holds puts in their order, so the last one that is met counts, also after a turn around. */
  restored(sequence: number): void {
    this.#last = sequence
  }

  writeTo(batch: StoreBatch): void {
    if (this.#last === this.#committed) return
    batch.put(this.#options.keyspace, this.#options.key, uint64Bytes(this.#last))
  }

  afterCommit(): void {
    this.#committed = this.#last
  }

  discarded(): void {
    this.#last = this.#committed
  }
}
