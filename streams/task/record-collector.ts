import type { Header, PartitionAppend, ProducerRecord } from '../log/log.ts'
import { partitionFor } from '../log/partitioner.ts'

/** Looks up how many partitions a topic has; undefined when that is not known without asking the log. */
export type PartitionCounts = (topic: string) => number | undefined

const NO_HEADERS: readonly Header[] = []
/** What a record costs beside its key and value, roughly: offsets, timestamp, headers. */
const RECORD_OVERHEAD_BYTES = 32

/** Chooses a partition once the count is known. */
export type Placement = (partitionCount: number) => number

interface Unplaced {
  readonly record: ProducerRecord
  readonly place: Placement
}

/**
 * What a task has written since its last commit, as bytes, by topic and partition, in order. Topics that are chosen per record may have an
 * unknown partition count; their records wait until `resolve` tells it.
 */
export class RecordCollector {
  /** Bytes and records collected since the last `drain`; a task commits early when they grow large. */
  bytes = 0
  records = 0
  readonly #counts: PartitionCounts
  readonly #topics = new Map<string, TopicOutput>()
  #dirty: PartitionOutput[] = []
  #unresolved: TopicOutput[] = []

  constructor(counts: PartitionCounts) {
    this.#counts = counts
  }

  /** Where a sink writes; looked up once per topic. */
  topic(name: string): TopicOutput {
    let output = this.#topics.get(name)
    if (output === undefined) {
      output = new TopicOutput(this, name, this.#counts(name))
      this.#topics.set(name, output)
    }
    return output
  }

  /** Topics whose partition count has to be asked for before `drain`. */
  unresolvedTopics(): readonly string[] {
    return this.#unresolved.map((output) => output.name)
  }

  resolve(topic: string, partitionCount: number): void {
    const output = this.#topics.get(topic)
    if (output === undefined) return
    output.resolve(partitionCount)
    this.#unresolved = this.#unresolved.filter((one) => one !== output)
  }

  /** What was collected, one append per partition. Forgets it. */
  drain(): PartitionAppend[] {
    const appends = this.#dirty.map((output) => output.take())
    this.#dirty = []
    this.bytes = 0
    this.records = 0
    return appends
  }

  clear(): void {
    this.drain()
    for (const output of this.#unresolved) output.forget()
    this.#unresolved = []
  }

  /** @internal */
  markDirty(output: PartitionOutput): void {
    this.#dirty.push(output)
  }

  /** @internal */
  markUnresolved(output: TopicOutput): void {
    this.#unresolved.push(output)
  }
}

export class TopicOutput {
  readonly name: string
  partitionCount: number | undefined
  readonly #collector: RecordCollector
  #partitions: PartitionOutput[] = []
  #unplaced: Unplaced[] = []

  constructor(collector: RecordCollector, name: string, partitionCount: number | undefined) {
    this.#collector = collector
    this.name = name
    if (partitionCount !== undefined) this.resolve(partitionCount)
  }

  append(
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: readonly Header[],
  ): void {
    this.#count(key, value)
    const record =
      headers.length === 0
        ? { key, value, timestampMs, headers: NO_HEADERS }
        : { key, value, timestampMs, headers }
    this.#add(partition, record)
  }

  /** For a topic whose partition count is not known yet. */
  appendLater(record: ProducerRecord, place: Placement): void {
    this.#count(record.key, record.value)
    if (this.partitionCount !== undefined) {
      this.#add(place(this.partitionCount), record)
      return
    }
    if (this.#unplaced.length === 0) this.#collector.markUnresolved(this)
    this.#unplaced.push({ record, place })
  }

  resolve(partitionCount: number): void {
    this.partitionCount = partitionCount
    this.#partitions = Array.from(
      { length: partitionCount },
      (_, partition) => new PartitionOutput(this.name, partition),
    )
    const unplaced = this.#unplaced
    this.#unplaced = []
    for (const { record, place } of unplaced) this.#add(place(partitionCount), record)
  }

  forget(): void {
    this.#unplaced = []
  }

  #add(partition: number, record: ProducerRecord): void {
    const output = this.#partitions[partition]
    if (output === undefined) {
      throw new RangeError(
        `partition ${partition} of ${this.name}, which has ${this.#partitions.length}`,
      )
    }
    if (output.records.length === 0) this.#collector.markDirty(output)
    output.records.push(record)
  }

  #count(key: Uint8Array | null, value: Uint8Array | null): void {
    this.#collector.records++
    this.#collector.bytes +=
      (key === null ? 0 : key.byteLength) +
      (value === null ? 0 : value.byteLength) +
      RECORD_OVERHEAD_BYTES
  }
}

class PartitionOutput {
  readonly topic: string
  readonly partition: number
  records: ProducerRecord[] = []

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  take(): PartitionAppend {
    const { topic, partition, records } = this
    this.records = []
    return { topic, partition, records }
  }
}

/** By the key's bytes; records without a key follow their source's partition, so that a replay puts them where they were. */
export function defaultPartition(
  key: Uint8Array | null,
  sourcePartition: number,
  partitionCount: number,
): number {
  return key === null ? sourcePartition % partitionCount : partitionFor(key, partitionCount)
}
