import type { SealedBatch } from './record-batch.ts'

interface Entry {
  readonly tail: PartitionTail
  readonly batch: SealedBatch
}

/** Newest batches of all partitions, at most `bytesMax`; the oldest go first. Consumers that keep up never ask the database. */
export class TailCache {
  readonly #bytesMax: number
  #bytes = 0
  #queue: Entry[] = []
  #head = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  add(tail: PartitionTail, batch: SealedBatch): void {
    tail.insert(batch)
    this.#queue.push({ tail, batch })
    this.#bytes += batch.sizeBytes
    while (this.#bytes > this.#bytesMax) {
      const oldest = this.#queue[this.#head]
      if (oldest === undefined) break
      this.#head += 1
      this.#bytes -= oldest.batch.sizeBytes
      oldest.tail.forget(oldest.batch.lastOffset)
    }
    if (this.#head > 1_024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head)
      this.#head = 0
    }
  }
}

/** The cached end of one partition: every batch at or after `fromOffset`, by offset. */
export class PartitionTail {
  readonly #batches: SealedBatch[] = []
  #fromOffset: number

  constructor(endOffset: number) {
    this.#fromOffset = endOffset
  }

  /** The batches from the one with `offset` on; `undefined` when the database has to be asked. */
  from(offset: number): readonly SealedBatch[] | undefined {
    if (offset < this.#fromOffset) return undefined
    let index = this.#batches.length
    while (index > 0 && (this.#batches[index - 1]?.lastOffset ?? -1) >= offset) index -= 1
    return this.#batches.slice(index)
  }

  insert(batch: SealedBatch): void {
    // A transaction that started earlier may commit later, with smaller offsets.
    let index = this.#batches.length
    while (index > 0 && (this.#batches[index - 1]?.lastOffset ?? -1) > batch.lastOffset) index -= 1
    this.#batches.splice(index, 0, batch)
  }

  forget(lastOffset: number): void {
    this.#fromOffset = Math.max(this.#fromOffset, lastOffset + 1)
    let count = 0
    while ((this.#batches[count]?.lastOffset ?? Number.MAX_VALUE) < this.#fromOffset) count += 1
    this.#batches.splice(0, count)
  }
}
