import { type DeadLetterEnvelope, isUnknownBranch } from '#avro'
import { type ClickHouse, checkSink } from '#sink'
import { StreamsError, type Topology } from '#streams'
import type { Log, TopicPartition } from '#streams/log'
import { allTopics, type Topic, type Topics } from '#topics'
import { jsonValue } from './json-value.ts'
import type {
  DeadLetterDetail,
  DeadLetterSummary,
  Operator,
  RunningPorts,
  StoreArgs,
  StoreChecksum,
  StoreRow,
  StoreSummary,
  TailArgs,
  TailedRecord,
  TopicDetail,
  TopicSummary,
} from './operator.ts'
import { unknownTopology } from './store-access.ts'
import { type StorePart, scanPart } from './store-reading.ts'
import { partitionsOf, readRecords } from './topic-reading.ts'

/** Stores of the topologies, of a running process or of a directory. */
export interface StoreAccess {
  topologies(): readonly Topology[]
  /** @throws {StreamsError} when the topology or the store is not there */
  parts(args: StoreArgs): Promise<readonly StorePart[]>
  checksums(args: StoreArgs): Promise<readonly StoreChecksum[]>
}

export interface LocalOperatorOptions {
  readonly env: string
  readonly log: Log
  readonly topics: Topics
  readonly stores: StoreAccess
  readonly clickhouse: ClickHouse | undefined
  readonly ports: RunningPorts | undefined
  /** Whether more can come while a command reads; else a tail ends with the log. */
  readonly mayFollow: boolean
}

/** The operator's methods on parts that this process has open. */
export class LocalOperator implements Operator {
  readonly #options: LocalOperatorOptions

  constructor(options: LocalOperatorOptions) {
    this.#options = options
  }

  async *topicsList(): AsyncIterable<TopicSummary> {
    const { admin } = this.#options.log
    for (const description of await admin.describeTopics([...(await admin.listTopics())].sort())) {
      const partitions = Array.from({ length: description.partitions }, (_, partition) => ({
        topic: description.topic,
        partition,
      }))
      const [earliest, latest] = await Promise.all([
        admin.offsets(partitions, 'earliest'),
        admin.offsets(partitions, 'latest'),
      ])
      const records = latest.reduce((sum, end, index) => sum + end - (earliest[index] ?? 0), 0)
      yield {
        topic: description.topic,
        partitions: description.partitions,
        cleanup: description.cleanup,
        records,
      }
    }
  }

  async *topicDescribe({ topic }: { readonly topic: string }): AsyncIterable<TopicDetail> {
    const { admin } = this.#options.log
    const partitions = await this.#partitionsOf(topic)
    const [description] = await admin.describeTopics([topic])
    if (description === undefined) return
    const [earliest, latest] = await Promise.all([
      admin.offsets(partitions, 'earliest'),
      admin.offsets(partitions, 'latest'),
    ])
    const { cleanup, retentionMs, retentionBytes } = description
    for (const { partition } of partitions) {
      yield {
        topic,
        partition,
        earliest: earliest[partition] ?? 0,
        latest: latest[partition] ?? 0,
        cleanup,
        retentionMs,
        retentionBytes,
      }
    }
  }

  async *topicCreate({
    topic,
    partitions,
    cleanup,
  }: {
    readonly topic: string
    readonly partitions: number
    readonly cleanup: 'delete' | 'compact'
  }): AsyncIterable<{ topic: string; created: boolean }> {
    const created = await this.#options.log.admin.createTopics([
      { topic, partitions, cleanup, retentionMs: -1, retentionBytes: -1 },
    ])
    yield { topic, created: created.includes(topic) }
  }

  async *topicTail({ topic, from, limit, follow }: TailArgs): AsyncIterable<TailedRecord> {
    const { log } = this.#options
    const partitions = await this.#partitionsOf(topic)
    const offsets = await log.admin.offsets(
      partitions,
      typeof from === 'number' ? { timestampMs: from } : from === 'latest' ? 'stable' : 'earliest',
    )
    let left = limit ?? Number.POSITIVE_INFINITY
    const positions = partitions.map((partition, index) => ({
      ...partition,
      offset: offsets[index] ?? 0,
    }))
    const known = allTopics(this.#options.topics).find(({ name }) => name === topic)
    for await (const { partition, record } of readRecords(log, 'orion-tail', {
      from: positions,
      until: follow && this.#options.mayFollow ? 'stopped' : 'end',
    })) {
      const { offset, timestampMs, key, value } = record
      yield {
        partition,
        offset,
        timestampMs,
        key: text(key),
        value: value === null ? null : await decoded(known, value),
      }
      left -= 1
      if (left <= 0) return
    }
  }

  async *storeList({ topology }: { readonly topology?: string }): AsyncIterable<StoreSummary> {
    const known = this.#options.stores.topologies()
    if (topology !== undefined && !known.some(({ name }) => name === topology))
      throw unknownTopology(
        topology,
        known.map(({ name }) => name),
      )
    for (const { name, subTopologies, globalStores } of known) {
      if (topology !== undefined && topology !== name) continue
      for (const { stores } of subTopologies) {
        for (const { name: store, kind } of stores) {
          const parts = await this.#options.stores.parts({ topology: name, store })
          yield { topology: name, store, kind, partitions: parts.length }
        }
      }
      for (const { store } of globalStores)
        yield { topology: name, store: store.name, kind: `global ${store.kind}`, partitions: 1 }
    }
  }

  async *storeGet({
    topology,
    store,
    key,
  }: StoreArgs & { readonly key: string }): AsyncIterable<StoreRow> {
    for (const part of await this.#options.stores.parts({ topology, store }))
      yield* scanPart(part, { from: key, to: key, limit: 1_000 })
  }

  async *storeRange({
    topology,
    store,
    from,
    to,
    limit,
  }: StoreArgs & {
    readonly from?: string
    readonly to?: string
    readonly limit: number
  }): AsyncIterable<StoreRow> {
    let left = limit
    for (const part of await this.#options.stores.parts({ topology, store })) {
      for (const row of scanPart(part, { from, to, limit: left })) {
        yield row
        left -= 1
      }
      if (left <= 0) return
    }
  }

  async *storeChecksum(args: StoreArgs): AsyncIterable<StoreChecksum> {
    yield* await this.#options.stores.checksums(args)
  }

  async *dlqList({
    service,
    limit,
  }: {
    readonly service?: string
    readonly limit: number
  }): AsyncIterable<DeadLetterSummary> {
    const letters: DeadLetterSummary[] = []
    for (const topic of this.#deadLetterTopics(service)) {
      const partitions = await partitionsOf(this.#options.log, topic.name)
      const [earliest, latest] = await Promise.all([
        this.#options.log.admin.offsets(partitions, 'earliest'),
        this.#options.log.admin.offsets(partitions, 'stable'),
      ])
      // The newest of each partition are enough to find the newest of all.
      const from = partitions.map((partition, index) => ({
        ...partition,
        offset: Math.max(earliest[index] ?? 0, (latest[index] ?? 0) - 2 * limit),
      }))
      for await (const { partition, record } of readRecords(this.#options.log, 'orion-dlq', {
        from,
        until: 'end',
      })) {
        if (record.value !== null)
          letters.push(
            summary(topic.name, partition, record.offset, await read(topic, record.value)),
          )
      }
    }
    letters.sort((a, b) => a.occurredAt.localeCompare(b.occurredAt))
    yield* letters.slice(-limit)
  }

  async *dlqShow({
    topic: name,
    partition,
    offset,
  }: {
    readonly topic: string
    readonly partition: number
    readonly offset: number
  }): AsyncIterable<DeadLetterDetail> {
    const topic = this.#deadLetterTopics(undefined).find((one) => one.name === name)
    if (topic === undefined)
      throw new StreamsError(
        'DLQ_UNKNOWN_TOPIC',
        `${name} is no dead-letter topic`,
        {},
        `Choose among ${this.#deadLetterTopics(undefined)
          .map((one) => one.name)
          .join(', ')}`,
      )
    for await (const { record } of readRecords(this.#options.log, 'orion-dlq', {
      from: [{ topic: name, partition, offset }],
      until: 'end',
    })) {
      if (record.offset === offset && record.value !== null)
        yield detail(name, partition, offset, await read(topic, record.value))
      return
    }
  }

  async *sinkCheck(): AsyncIterable<Readonly<Record<string, unknown>>> {
    const { clickhouse, log, topics, env } = this.#options
    if (clickhouse === undefined)
      throw new StreamsError(
        'SINK_NOT_HERE',
        'no ClickHouse is open here',
        {},
        'Run it beside orion start, with the same --data-dir',
      )
    const { partitions } = await checkSink({ log, clickhouse, topics, env })
    for (const partition of partitions) yield { ...partition }
  }

  async *ports(): AsyncIterable<RunningPorts> {
    if (this.#options.ports !== undefined) yield this.#options.ports
  }

  async #partitionsOf(topic: string): Promise<readonly TopicPartition[]> {
    const { log } = this.#options
    if (!(await log.admin.listTopics()).includes(topic))
      throw new StreamsError(
        'TOPIC_UNKNOWN',
        `there is no topic ${topic}`,
        {},
        'See orion topics list',
      )
    return partitionsOf(log, topic)
  }

  #deadLetterTopics(service: string | undefined): readonly Topic<DeadLetterEnvelope>[] {
    const { dlq } = this.#options.topics
    if (service === undefined) return Object.values(dlq)
    const topic = dlq[service as keyof typeof dlq]
    if (topic === undefined)
      throw new StreamsError(
        'DLQ_UNKNOWN_SERVICE',
        `there are no dead letters of ${service}`,
        {},
        `Choose among ${Object.keys(dlq).join(', ')}`,
      )
    return [topic]
  }
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null
    ? null
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}

async function decoded(topic: Topic<unknown> | undefined, value: Uint8Array): Promise<unknown> {
  if (topic === undefined) return { base64: jsonValue(value) }
  try {
    await topic.valueSerde.pending?.(value)
    return jsonValue(topic.valueSerde.deserialize(topic.name, value))
  } catch (error) {
    const why = isUnknownBranch(error)
      ? 'an event of a newer version'
      : error instanceof Error
        ? error.message
        : String(error)
    return { undecodable: why, base64: jsonValue(value) }
  }
}

async function read(
  topic: Topic<DeadLetterEnvelope>,
  value: Uint8Array,
): Promise<DeadLetterEnvelope> {
  await topic.valueSerde.pending?.(value)
  return topic.valueSerde.deserialize(topic.name, value)
}

function summary(
  topic: string,
  partition: number,
  offset: number,
  { occurredAt, payload }: DeadLetterEnvelope,
): DeadLetterSummary {
  const { code, cause, sourceTopic, sourcePartition, sourceOffset } = payload
  return {
    topic,
    partition,
    offset,
    occurredAt: new Date(occurredAt).toISOString(),
    code,
    cause,
    source: `${sourceTopic}-${sourcePartition}@${sourceOffset}`,
  }
}

function detail(
  topic: string,
  partition: number,
  offset: number,
  event: DeadLetterEnvelope,
): DeadLetterDetail {
  const { remedy, consumer, consumerVersion, attempts, stack, key, value, headers } = event.payload
  const base64 = (bytes: Uint8Array | null): string | null =>
    bytes === null ? null : Buffer.from(bytes).toString('base64')
  return {
    ...summary(topic, partition, offset, event),
    remedy,
    consumer,
    consumerVersion,
    attempts,
    stack,
    key: text(key),
    valueBase64: base64(value),
    headers: headers.map((header) => ({ name: header.name, valueBase64: base64(header.value) })),
  }
}
