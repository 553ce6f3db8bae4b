import { BatchBuilder } from '../embedded/record-batch.ts'
import type { ProducerRecord } from '../log.ts'

/** Packs records of several partitions into one buffer, which then goes to the other thread as it is. */
export class Packer {
  readonly #builder = new BatchBuilder()
  #batches: Uint8Array[] = []
  #end = 0

  /** Answers where the batch of these records will be; nowhere when there are none. */
  add<R extends ProducerRecord>(
    records: readonly R[],
    offsetOf: (record: R, index: number) => number,
  ): { readonly start: number; readonly end: number } {
    const start = this.#end
    if (records.length > 0) {
      for (let index = 0; index < records.length; index++) {
        const record = records[index] as R
        this.#builder.add(offsetOf(record, index), record, 0)
      }
      const { bytes } = this.#builder.seal()
      this.#batches.push(bytes)
      this.#end += bytes.length
    }
    return { start, end: this.#end }
  }

  /** All that was added since the last time. */
  take(): ArrayBuffer {
    const bytes = new Uint8Array(this.#end)
    let at = 0
    for (const batch of this.#batches) {
      bytes.set(batch, at)
      at += batch.length
    }
    this.#batches = []
    this.#end = 0
    return bytes.buffer
  }
}

/** Alone in its buffer: a clone of a view would take the whole of what it looks at. */
export const apart = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes)
