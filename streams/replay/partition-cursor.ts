import { StreamsError } from '../errors.ts'
import type { Log, LogRecord, PartitionReader, TopicPartition } from '../log/log.ts'

const POLL_WAIT_MS = 100
const RECORDS_MAX = 5_000
/** Further ahead than this the reader is placed anew instead of reading on. */
const SKIP_MAX = 20_000

/** Reads committed records of one partition by ranges of offsets, mostly forward. */
export class PartitionCursor {
  readonly place: TopicPartition
  /** As it was when the cursor was opened. */
  readonly startOffset: number
  readonly endOffset: number
  readonly #reader: PartitionReader
  #buffer: readonly LogRecord[] = []
  #at = 0
  /** Everything before it was polled. */
  #polledTo = -1

  static async open(log: Log, { topic, partition }: TopicPartition): Promise<PartitionCursor> {
    const place = { topic, partition }
    const [startOffset = 0] = await log.admin.offsets([place], 'earliest')
    const [endOffset = 0] = await log.admin.offsets([place], 'stable')
    const clientId = `replay-${topic}-${partition}`
    const reader = await log.createPartitionReader({ clientId, isolation: 'read_committed' })
    return new PartitionCursor(place, reader, startOffset, endOffset)
  }

  private constructor(
    place: TopicPartition,
    reader: PartitionReader,
    startOffset: number,
    endOffset: number,
  ) {
    this.place = place
    this.#reader = reader
    this.startOffset = startOffset
    this.endOffset = endOffset
  }

  /**
   * Records from `from` on and before `to`; fewer than their difference where the log deleted, compacted or skipped some.
   * @throws {StreamsError} STREAMS_REPLAY_INPUT_GONE when the partition ends before `to`
   */
  async read(from: number, to: number): Promise<LogRecord[]> {
    if (to > this.endOffset) throw beyondEnd(this.place, to, this.endOffset)
    await this.#seek(from)
    const records: LogRecord[] = []
    for (;;) {
      while (this.#at < this.#buffer.length) {
        const record = this.#buffer[this.#at]
        if (record === undefined || record.offset >= to) return records
        this.#at++
        if (record.offset >= from) records.push(record)
      }
      if (this.#polledTo >= to) return records
      await this.#poll()
    }
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }

  async #seek(from: number): Promise<void> {
    const next = this.#buffer[this.#at]?.offset ?? this.#polledTo
    if (this.#polledTo >= 0 && from >= next && from - this.#polledTo < SKIP_MAX) return
    // What lies behind is still in the buffer, perhaps.
    const first = this.#buffer[0]
    if (first !== undefined && first.offset <= from && from < this.#polledTo) {
      this.#at = this.#buffer.findIndex(({ offset }) => offset >= from)
      if (this.#at < 0) this.#at = this.#buffer.length
      return
    }
    await this.#reader.assign([{ ...this.place, offset: from }])
    this.#buffer = []
    this.#at = 0
    this.#polledTo = from
  }

  async #poll(): Promise<void> {
    const batches = await this.#reader.poll({ maxWaitMs: POLL_WAIT_MS, recordsMax: RECORDS_MAX })
    if (batches.length === 0) return
    this.#buffer = batches.flatMap(({ records }) => records)
    this.#at = 0
    for (const { nextOffset } of batches) this.#polledTo = Math.max(this.#polledTo, nextOffset)
  }
}

/** Cursors of the partitions that are asked for, opened when they are first. */
export class PartitionCursors {
  readonly #log: Log
  readonly #open = new Map<string, Promise<PartitionCursor>>()

  constructor(log: Log) {
    this.#log = log
  }

  of(place: TopicPartition): Promise<PartitionCursor> {
    const id = `${place.topic}-${place.partition}`
    let cursor = this.#open.get(id)
    if (cursor === undefined) {
      cursor = PartitionCursor.open(this.#log, place)
      this.#open.set(id, cursor)
    }
    return cursor
  }

  async close(): Promise<void> {
    for (const cursor of this.#open.values()) await (await cursor.catch(() => undefined))?.close()
  }
}

function beyondEnd(place: TopicPartition, to: number, endOffset: number): StreamsError {
  return new StreamsError(
    'STREAMS_REPLAY_INPUT_GONE',
    `the recorded run read up to ${to}, but the partition ends at ${endOffset}`,
    place,
    'The topic was made anew or lost its end: replay in timestamp order, or from a backup of the log.',
  )
}
