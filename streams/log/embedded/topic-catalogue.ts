import type { StoreDatabase } from '../../store-engine.ts'
import type { NewTopic, TopicDescription, TopicPartition } from '../log.ts'
import { asBuffer, LOG, metaKey, metaRange, numbers, topicRange } from './keys.ts'
import { topicDiffers, unknownTopic } from './log-errors.ts'
import {
  decodeState,
  EMPTY_PARTITION,
  encodeState,
  PartitionLog,
  type PartitionState,
  partitionKey,
} from './partition-log.ts'
import type { TailCache } from './tail-cache.ts'

export interface Topic {
  readonly id: number
  /** Shared with the partitions of the topic. */
  readonly config: { value: NewTopic }
  readonly partitions: readonly PartitionLog[]
}

/** Topics by name. An id is never used again, so nothing of a deleted topic can appear in one of the same name. */
export class TopicCatalogue {
  readonly #database: StoreDatabase
  readonly #cache: TailCache
  readonly #topics = new Map<string, Topic>()
  #nextId = 1

  constructor(database: StoreDatabase, cache: TailCache) {
    this.#database = database
    this.#cache = cache
    this.#load()
  }

  names(): string[] {
    return [...this.#topics.keys()].sort()
  }

  *partitions(): Generator<PartitionLog> {
    for (const topic of this.#topics.values()) yield* topic.partitions
  }

  /** @throws {StreamsError} LOG_UNKNOWN_TOPIC */
  topic(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw unknownTopic({ topic: name })
    return topic
  }

  byId(id: number): Topic | undefined {
    for (const topic of this.#topics.values()) if (topic.id === id) return topic
    return undefined
  }

  /** @throws {StreamsError} LOG_UNKNOWN_TOPIC */
  partition({ topic, partition }: TopicPartition): PartitionLog {
    const log = this.#topics.get(topic)?.partitions[partition]
    if (log === undefined) throw unknownTopic({ topic, partition })
    return log
  }

  describe(name: string): TopicDescription {
    return { ...this.topic(name).config.value, replicationFactor: 1 }
  }

  create(wanted: readonly NewTopic[]): string[] {
    const missing = wanted.filter((topic) => {
      const existing = this.#topics.get(topic.topic)
      if (existing !== undefined && existing.partitions.length !== topic.partitions) {
        throw topicDiffers(topic.topic, existing.partitions.length, topic.partitions)
      }
      return existing === undefined
    })
    if (missing.length === 0) return []
    const batch = this.#database.batch()
    const created: Topic[] = []
    for (const config of missing) {
      const id = this.#nextId++
      batch.put(LOG, metaKey('topic', numbers(id)), encodeConfig(config))
      for (let partition = 0; partition < config.partitions; partition++) {
        batch.put(LOG, partitionKey(id, partition), encodeState(EMPTY_PARTITION))
      }
      created.push(this.#topic(id, config, new Map()))
    }
    batch.put(LOG, metaKey('next-topic-id'), numbers(this.#nextId))
    batch.write()
    for (const topic of created) this.#topics.set(topic.config.value.topic, topic)
    return created.map((topic) => topic.config.value.topic)
  }

  /** Changes the bounds of a topic, not its partitions. */
  alter(name: string, change: Partial<Omit<NewTopic, 'topic' | 'partitions'>>): void {
    const topic = this.topic(name)
    const config: NewTopic = { ...topic.config.value, ...change }
    const batch = this.#database.batch()
    batch.put(LOG, metaKey('topic', numbers(topic.id)), encodeConfig(config))
    batch.write()
    topic.config.value = config
  }

  /** Deletes records, state and group offsets of topics; those that do not exist are passed over. */
  delete(names: readonly string[]): number[] {
    const topics = names.flatMap((name) => this.#topics.get(name) ?? [])
    const batch = this.#database.batch()
    for (const { id, partitions } of topics) {
      batch.delete(LOG, metaKey('topic', numbers(id)))
      for (const { partition } of partitions) batch.delete(LOG, partitionKey(id, partition))
      for (const kind of ['records', 'index'] as const) {
        const { from, to } = topicRange(kind, id)
        batch.deleteRange(LOG, from, to)
      }
    }
    if (batch.length > 0) batch.write()
    for (const topic of topics) {
      this.#topics.delete(topic.config.value.topic)
      for (const log of topic.partitions) {
        log.deleted = true
        log.wakeReaders()
      }
    }
    return topics.map(({ id }) => id)
  }

  #load(): void {
    const states = new Map<string, PartitionState>()
    for (const { key, value } of this.#database.scan(LOG, metaRange('partition'))) {
      const ids = asBuffer(key)
      states.set(`${ids.readUInt32BE(1)}-${ids.readUInt32BE(5)}`, decodeState(value))
    }
    for (const { key, value } of this.#database.scan(LOG, metaRange('topic'))) {
      const id = asBuffer(key).readUInt32BE(1)
      const config: NewTopic = JSON.parse(asBuffer(value).toString('utf8'))
      this.#topics.set(config.topic, this.#topic(id, config, states))
    }
    const nextId = this.#database.get(LOG, metaKey('next-topic-id'))
    if (nextId !== undefined) this.#nextId = asBuffer(nextId).readUInt32BE(0)
  }

  #topic(id: number, value: NewTopic, states: ReadonlyMap<string, PartitionState>): Topic {
    const config = { value }
    const partitions = Array.from(
      { length: value.partitions },
      (_, partition) =>
        new PartitionLog({
          database: this.#database,
          cache: this.#cache,
          topicId: id,
          partition,
          config,
          state: states.get(`${id}-${partition}`) ?? EMPTY_PARTITION,
        }),
    )
    return { id, config, partitions }
  }
}

const encodeConfig = (config: NewTopic): Buffer => Buffer.from(JSON.stringify(config))
