import type { FetchedBatch, LogRecord, TopicPartition } from '../log.ts'
import { unknownTopic } from './log-errors.ts'
import type { PartitionLog } from './partition-log.ts'

/** Of one partition in one poll, so that a partition with much to read does not starve the others. */
const PARTITION_BYTES_MAX = 1024 * 1024

interface Cursor {
  readonly log: PartitionLog
  readonly unsubscribe: () => void
  /** The next offset to deliver. */
  position: number
  /** Read, not yet delivered: what a poll had no room for. */
  records: LogRecord[]
  delivered: number
  /** Where reading goes on once `records` is delivered. */
  readOffset: number
  paused: boolean
}

/** Positions in several partitions, and polling them in turn. */
export class PartitionCursors {
  readonly #cursors = new Map<string, Cursor>()
  readonly #bytesMax: number
  readonly #wake: () => void
  #turn = 0

  constructor(options: { readonly bytesMax: number; readonly wake: () => void }) {
    this.#bytesMax = options.bytesMax
    this.#wake = options.wake
  }

  add(log: PartitionLog, offset: number): void {
    const cursor: Cursor = {
      log,
      unsubscribe: log.onChange(this.#wake),
      position: offset,
      records: [],
      delivered: 0,
      readOffset: offset,
      paused: false,
    }
    this.#cursors.set(nameOf({ topic: log.topic, partition: log.partition }), cursor)
  }

  clear(): void {
    for (const { unsubscribe } of this.#cursors.values()) unsubscribe()
    this.#cursors.clear()
  }

  remove(partition: TopicPartition): void {
    this.#cursors.get(nameOf(partition))?.unsubscribe()
    this.#cursors.delete(nameOf(partition))
  }

  has(partition: TopicPartition): boolean {
    return this.#cursors.has(nameOf(partition))
  }

  seek(partition: TopicPartition, offset: number): void {
    const cursor = this.#cursors.get(nameOf(partition))
    if (cursor === undefined) return
    cursor.position = offset
    cursor.readOffset = offset
    cursor.records = []
    cursor.delivered = 0
    this.#wake()
  }

  setPaused(partition: TopicPartition, paused: boolean): void {
    const cursor = this.#cursors.get(nameOf(partition))
    if (cursor === undefined) return
    cursor.paused = paused
    if (!paused) this.#wake()
  }

  /** What can be read now, within the bounds. Starts with another partition every time. */
  poll(recordsMax: number): FetchedBatch[] {
    const cursors = [...this.#cursors.values()]
    const batches: FetchedBatch[] = []
    let records = 0
    let bytes = 0
    for (let index = 0; index < cursors.length; index++) {
      const cursor = cursors[(this.#turn + index) % cursors.length]
      if (cursor === undefined || cursor.paused) continue
      if (cursor.log.deleted) {
        throw unknownTopic({ topic: cursor.log.topic, partition: cursor.log.partition })
      }
      if (cursor.delivered >= cursor.records.length) {
        bytes += this.#read(
          cursor,
          Math.min(this.#bytesMax - bytes, PARTITION_BYTES_MAX),
          recordsMax,
        )
      }
      const batch = take(cursor, recordsMax - records)
      if (batch === undefined) continue
      batches.push(batch)
      records += batch.records.length
      if (records >= recordsMax || bytes >= this.#bytesMax) {
        this.#turn = (this.#turn + index + 1) % cursors.length
        break
      }
    }
    return batches
  }

  #read(cursor: Cursor, bytesMax: number, recordsMax: number): number {
    const { records, nextOffset, sizeBytes } = cursor.log.read(cursor.readOffset, {
      bytesMax,
      recordsMax,
    })
    cursor.records = records
    cursor.delivered = 0
    cursor.readOffset = nextOffset
    return sizeBytes
  }
}

function take(cursor: Cursor, recordsMax: number): FetchedBatch | undefined {
  const { log, delivered } = cursor
  const left = cursor.records.length - delivered
  const { topic, partition } = log
  if (left <= recordsMax) {
    const records = delivered === 0 ? cursor.records : cursor.records.slice(delivered)
    const nextOffset = cursor.readOffset
    cursor.records = []
    cursor.delivered = 0
    if (records.length === 0 && nextOffset === cursor.position) return undefined
    cursor.position = nextOffset
    return { topic, partition, records, nextOffset, endOffset: log.stableOffset }
  }
  const records = cursor.records.slice(delivered, delivered + recordsMax)
  cursor.delivered += recordsMax
  const nextOffset = cursor.records[cursor.delivered]?.offset ?? cursor.readOffset
  cursor.position = nextOffset
  return { topic, partition, records, nextOffset, endOffset: log.stableOffset }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`
