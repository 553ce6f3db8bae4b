import { readBatch } from '../embedded/record-batch.ts'
import type { FetchedBatch, LogRecord, TopicPartition } from '../log.ts'
import { FETCH_OVERHEAD_BYTES, type PackedFetch } from './protocol.ts'

interface Part {
  readonly fetch: PackedFetch
  readonly bytes: ArrayBuffer
  /** Whether it counts against what may be read ahead; what is paused does not. */
  counts: boolean
}

interface Queue extends TopicPartition {
  parts: Part[]
  /** Unpacked, not yet delivered: what a poll had no room for. */
  records: readonly LogRecord[]
  nextOffset: number
  endOffset: number
}

/** What came ahead of the polls, by partition. It is unpacked when it is taken. */
export class FetchedRecords {
  readonly #queues = new Map<string, Queue>()
  readonly #paused = new Set<string>()
  readonly #epochOf: (partition: TopicPartition) => number
  readonly #credit: (bytes: number) => void
  readonly #creditStep: number
  /** Room that was made and not told yet. */
  #freedBytes = 0

  constructor(options: {
    readonly epochOf: (partition: TopicPartition) => number
    readonly credit: (bytes: number) => void
    /** Room is told of in steps of this. */
    readonly creditStep: number
  }) {
    this.#epochOf = options.epochOf
    this.#credit = options.credit
    this.#creditStep = options.creditStep
  }

  add(fetched: readonly PackedFetch[], bytes: ArrayBuffer): void {
    for (const fetch of fetched) {
      const part: Part = { fetch, bytes, counts: true }
      if (fetch.epoch !== this.#epochOf(fetch)) {
        this.#free(part)
        continue
      }
      const { topic, partition, nextOffset, endOffset } = fetch
      const name = nameOf(fetch)
      const queue = this.#queues.get(name) ?? {
        topic,
        partition,
        parts: [],
        records: [],
        nextOffset,
        endOffset,
      }
      this.#queues.set(name, queue)
      queue.parts.push(part)
      if (this.#paused.has(name)) this.#free(part)
    }
    this.#tell()
  }

  drop(partition: TopicPartition): void {
    const name = nameOf(partition)
    for (const part of this.#queues.get(name)?.parts ?? []) this.#free(part)
    this.#queues.delete(name)
    this.#tell()
  }

  dropAll(): void {
    for (const queue of [...this.#queues.values()]) this.drop(queue)
  }

  isPaused(partition: TopicPartition): boolean {
    return this.#paused.has(nameOf(partition))
  }

  pause(partition: TopicPartition): void {
    const name = nameOf(partition)
    this.#paused.add(name)
    for (const part of this.#queues.get(name)?.parts ?? []) this.#free(part)
    this.#tell()
  }

  resume(partition: TopicPartition): void {
    const name = nameOf(partition)
    this.#paused.delete(name)
    for (const part of this.#queues.get(name)?.parts ?? []) {
      if (part.counts) continue
      part.counts = true
      this.#freedBytes -= costOf(part)
    }
    this.#tell()
  }

  /** What may be delivered now. The partition that a poll ends with is the first to wait in the next. */
  take(recordsMax: number): FetchedBatch[] {
    const batches: FetchedBatch[] = []
    let room = recordsMax
    for (const [name, queue] of this.#queues) {
      if (room <= 0) break
      if (this.#paused.has(name)) continue
      const batch = this.#takeFrom(queue, room)
      room -= batch.records.length
      batches.push(batch)
      this.#queues.delete(name)
      if (queue.parts.length > 0 || queue.records.length > 0) this.#queues.set(name, queue)
    }
    if (batches.length > 0) this.#tell()
    return batches
  }

  #takeFrom(queue: Queue, room: number): FetchedBatch {
    const { topic, partition } = queue
    const records: LogRecord[] = [...queue.records]
    let taken = 0
    while (records.length < room) {
      const part = queue.parts[taken]
      if (part === undefined) break
      taken += 1
      const { start, end, nextOffset, endOffset } = part.fetch
      if (end > start) readBatch(new Uint8Array(part.bytes, start, end - start), 0, records)
      queue.nextOffset = nextOffset
      queue.endOffset = endOffset
      this.#free(part)
    }
    queue.parts = queue.parts.slice(taken)
    const { endOffset } = queue
    queue.records = records.length > room ? records.splice(room) : []
    const nextOffset = queue.records[0]?.offset ?? queue.nextOffset
    return { topic, partition, records, nextOffset, endOffset }
  }

  #free(part: Part): void {
    if (!part.counts) return
    part.counts = false
    this.#freedBytes += costOf(part)
  }

  #tell(): void {
    if (this.#freedBytes < this.#creditStep && this.#freedBytes >= 0) return
    this.#credit(this.#freedBytes)
    this.#freedBytes = 0
  }
}

const costOf = ({ fetch: { start, end } }: Part): number => end - start + FETCH_OVERHEAD_BYTES

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
