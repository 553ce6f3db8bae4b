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
  #batches: SealedBatch[] = []
  /** Batches before it are forgotten; they are cut off now and then, not one by one. */
  #head = 0
  #fromOffset: number

  constructor(endOffset: number) {
    this.#fromOffset = endOffset
  }

  /** The batches from the one with `offset` on; `undefined` when the database has to be asked. */
  from(offset: number): readonly SealedBatch[] | undefined {
    if (offset < this.#fromOffset) return undefined
    let index = this.#batches.length
    while (index > this.#head && this.#lastOffset(index - 1) >= offset) index -= 1
    return this.#batches.slice(index)
  }

  insert(batch: SealedBatch): void {
    // A transaction that started earlier may commit later, with smaller offsets.
    let index = this.#batches.length
    while (index > this.#head && this.#lastOffset(index - 1) > batch.lastOffset) index -= 1
    if (index === this.#batches.length) this.#batches.push(batch)
    else this.#batches.splice(index, 0, batch)
  }

  forget(lastOffset: number): void {
    this.#fromOffset = Math.max(this.#fromOffset, lastOffset + 1)
    while (this.#head < this.#batches.length && this.#lastOffset(this.#head) < this.#fromOffset) {
      this.#head += 1
    }
    if (this.#head > 256 && this.#head * 2 > this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head)
      this.#head = 0
    }
  }

  #lastOffset(index: number): number {
    return this.#batches[index]?.lastOffset ?? -1
  }
}
