import { isUnknownBranch } from '#avro'
import { type ClickHouse, checkSink } from '#sink'
import { jsonValue, type Logger, StreamsError } from '#streams'
import type { Log, TopicPartition } from '#streams/log'
import type { DeployedDiff } from '#streams/tools'
import { allTopics, type Topic, type Topics } from '#topics'
import type { TopologySettings } from '#topologies'
import type { ReplayedDeadLetter } from './dead-letter-replay.ts'
import {
  type DeadLetterDetail,
  type DeadLetterSummary,
  DeadLetterTools,
  type ReplayArgs,
} from './dead-letter-tools.ts'
import type { DeadLetterFilter, DeadLetterPlace } from './dead-letters.ts'
import type {
  Operator,
  RunningPorts,
  StoreArgs,
  StoreChecksum,
  StoreComparison,
  StoreRangeArgs,
  StoreRow,
  StoreSummary,
  TailArgs,
  TailedRecord,
  TopicDetail,
  TopicSummary,
  TopologySummary,
} from './operator.ts'
import { type ReplayRow, replayTopology, type TopologyReplayArgs } from './replay-tools.ts'
import type { StoreAccess } from './store-access.ts'
import { StoreTools } from './store-tools.ts'
import { partitionsOf, readRecords } from './topic-reading.ts'
import { type ResetArgs, type ResetRow, TopologyTools } from './topology-tools.ts'

export interface LocalOperatorOptions {
  readonly dataDir: string
  readonly env: string
  readonly log: Log
  readonly topics: Topics
  /** Those that the topologies run with here; the default ones where none runs. */
  readonly settings?: TopologySettings
  /** What operators change is told here. */
  readonly logger?: Logger
  readonly stores: StoreAccess
  readonly clickhouse: ClickHouse | undefined
  readonly ports: RunningPorts | undefined
  /** Whether more can come while a command reads; else a tail ends with the log. */
  readonly mayFollow: boolean
}

/** The operator's methods on parts that this process has open. */
export class LocalOperator implements Operator {
  readonly #options: LocalOperatorOptions
  readonly #deadLetters: DeadLetterTools
  readonly #stores: StoreTools
  readonly #topologies: TopologyTools

  constructor(options: LocalOperatorOptions) {
    this.#options = options
    this.#deadLetters = new DeadLetterTools(options)
    this.#stores = new StoreTools(options)
    this.#topologies = new TopologyTools(options)
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

  storeList(args: { readonly topology?: string }): AsyncIterable<StoreSummary> {
    return this.#stores.list(args)
  }

  storeGet(args: StoreRangeArgs & { readonly key: string }): AsyncIterable<StoreRow> {
    return this.#stores.get(args)
  }

  storeRange(args: StoreRangeArgs & { readonly limit: number }): AsyncIterable<StoreRow> {
    return this.#stores.range(args)
  }

  storeChecksum(args: StoreArgs): AsyncIterable<StoreChecksum> {
    return this.#stores.checksum(args)
  }

  storeCompare(args: StoreArgs): AsyncIterable<StoreComparison> {
    return this.#stores.compare(args)
  }

  topologyList(): AsyncIterable<TopologySummary> {
    return this.#topologies.list()
  }

  topologyDiff(args: { readonly topology: string }): AsyncIterable<DeployedDiff> {
    return this.#topologies.diff(args)
  }

  topologyReset(args: ResetArgs): AsyncIterable<ResetRow> {
    return this.#topologies.reset(args)
  }

  topologyReplay(args: TopologyReplayArgs): AsyncIterable<ReplayRow> {
    return replayTopology(this.#options, args)
  }

  dlqList(args: DeadLetterFilter & { readonly limit: number }): AsyncIterable<DeadLetterSummary> {
    return this.#deadLetters.list(args)
  }

  dlqShow(place: DeadLetterPlace): AsyncIterable<DeadLetterDetail> {
    return this.#deadLetters.show(place)
  }

  dlqReplay(args: ReplayArgs): AsyncIterable<ReplayedDeadLetter> {
    return this.#deadLetters.replay(args)
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
