import type { FetchedBatch, LogRecord, OffsetCommit, PartitionAppend } from '../log/log.ts'
import type { RawRecord } from './test-topics.ts'

interface Place {
  readonly topic: string
  readonly partition: number
}

interface CommittedOffset {
  readonly offset: number
  readonly metadata: string | undefined
}

/**
 * What a log would keep while the driver's tasks come and go: inputs that are not committed yet, committed offsets, global topics whole,
 * changelogs compacted, and what was produced and not read by the test.
 */
export class DriverLog {
  /** By physical topic, in the order of production. */
  readonly outputs = new Map<string, RawRecord[]>()
  readonly #ends = new Map<string, number>()
  readonly #inputs = new Map<string, LogRecord[]>()
  readonly #committed = new Map<string, CommittedOffset>()
  readonly #changelogs = new Map<string, Map<string, LogRecord>>()

  /** Appends to an input of a task, or to a global topic. */
  append(topic: string, record: RawRecord): FetchedBatch {
    const place = { topic, partition: record.partition }
    const kept: LogRecord = { ...record, offset: this.#extend(place) }
    const records = this.#inputs.get(placeOf(place)) ?? []
    this.#inputs.set(placeOf(place), records)
    records.push(kept)
    const endOffset = this.end(place)
    return { ...place, records: [kept], nextOffset: endOffset, endOffset }
  }

  produced(topic: string, record: RawRecord): void {
    const output = this.outputs.get(topic) ?? []
    this.outputs.set(topic, output)
    output.push(record)
  }

  end(place: Place): number {
    return this.#ends.get(placeOf(place)) ?? 0
  }

  committed(place: Place): CommittedOffset | undefined {
    return this.#committed.get(placeOf(place))
  }

  /** What lies before these offsets is not needed again. */
  commit(offsets: readonly OffsetCommit[]): void {
    for (const { topic, partition, offset, metadata } of offsets) {
      const place = placeOf({ topic, partition })
      this.#committed.set(place, { offset, metadata })
      const records = this.#inputs.get(place)
      const left = records?.findIndex((record) => record.offset >= offset) ?? -1
      records?.splice(0, left < 0 ? records.length : left)
    }
  }

  /** Undefined when there is nothing from there on. */
  from(place: Place, offset: number): FetchedBatch | undefined {
    const all = this.#inputs.get(placeOf(place)) ?? []
    const records = all.filter((record) => record.offset >= offset)
    if (records.length === 0) return undefined
    const endOffset = this.end(place)
    const { topic, partition } = place
    return { topic, partition, records, nextOffset: endOffset, endOffset }
  }

  /** @returns the offset after the last record */
  appendChanges({ topic, partition, records }: PartitionAppend): number {
    const place = { topic, partition }
    const changelog = this.#changelogs.get(placeOf(place)) ?? new Map<string, LogRecord>()
    this.#changelogs.set(placeOf(place), changelog)
    for (const { key, value, timestampMs, headers = [] } of records) {
      if (key === null) continue
      const id = Buffer.from(key).toString('latin1')
      changelog.delete(id)
      changelog.set(id, { key, value, timestampMs, headers, offset: this.#extend(place) })
    }
    return this.end(place)
  }

  /** The latest record of each key from an offset on, tombstones included. */
  changes(place: Place, from: number): LogRecord[] {
    const changelog = this.#changelogs.get(placeOf(place))
    return [...(changelog?.values() ?? [])].filter(({ offset }) => offset >= from)
  }

  #extend(place: Place): number {
    const offset = this.end(place)
    this.#ends.set(placeOf(place), offset + 1)
    return offset
  }
}

function placeOf({ topic, partition }: Place): string {
  return `${topic}-${partition}`
}
