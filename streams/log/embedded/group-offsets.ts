import type { StoreBatch, StoreDatabase } from '../../store-engine.ts'
import type { OffsetCommit, TopicPartition } from '../log.ts'
import { asBuffer, LOG, metaKey, metaRange } from './keys.ts'
import { metadataTooLarge } from './log-errors.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

const METADATA_BYTES_MAX = 4_096

/** An offset of a group, with the id of its topic: a topic created anew has none. */
export interface StoredOffset {
  readonly groupId: string
  readonly topicId: number
  readonly commit: OffsetCommit
}

/** Committed offsets of all groups, kept in memory and in the database. */
export class GroupOffsets {
  readonly #topics: TopicCatalogue
  readonly #database: StoreDatabase
  readonly #groups = new Map<string, Map<string, OffsetCommit>>()

  constructor(database: StoreDatabase, topics: TopicCatalogue) {
    this.#database = database
    this.#topics = topics
    for (const { key, value } of database.scan(LOG, metaRange('offset'))) {
      const { groupId, topicId, partition } = decodeKey(key)
      const topic = topics.byId(topicId)?.config.value.topic
      if (topic === undefined) continue
      const commit = decodeOffset(value, { topic, partition })
      this.#of(groupId).set(partitionOf(topicId, partition), commit)
    }
  }

  groupIds(): string[] {
    return [...this.#groups.keys()]
  }

  get(groupId: string, at: TopicPartition): OffsetCommit | undefined {
    const topic = this.#topics.topic(at.topic)
    return this.#groups.get(groupId)?.get(partitionOf(topic.id, at.partition))
  }

  /** The smallest offset that a group has committed there; infinite where none has. */
  unreadFrom(at: TopicPartition): number {
    const place = partitionOf(this.#topics.topic(at.topic).id, at.partition)
    let smallest = Number.POSITIVE_INFINITY
    for (const offsets of this.#groups.values())
      smallest = Math.min(smallest, offsets.get(place)?.offset ?? smallest)
    return smallest
  }

  /** @throws {StreamsError} LOG_UNKNOWN_TOPIC, LOG_METADATA_TOO_LARGE */
  checked(groupId: string, commits: readonly OffsetCommit[]): StoredOffset[] {
    return commits.map(({ topic, partition, offset, metadata }) => {
      const { topicId } = this.#topics.partition({ topic, partition })
      const size = Buffer.byteLength(metadata ?? '')
      if (size > METADATA_BYTES_MAX) throw metadataTooLarge({ topic, partition }, size)
      const place = { topic, partition, offset }
      return { groupId, topicId, commit: metadata ? { ...place, metadata } : place }
    })
  }

  stage(batch: StoreBatch, offsets: readonly StoredOffset[]): void {
    for (const { groupId, topicId, commit } of offsets) {
      const value = Buffer.alloc(8 + Buffer.byteLength(commit.metadata ?? ''))
      value.writeDoubleBE(commit.offset, 0)
      value.write(commit.metadata ?? '', 8, 'utf8')
      batch.put(LOG, encodeKey(groupId, topicId, commit.partition), value)
    }
  }

  applied(offsets: readonly StoredOffset[]): void {
    for (const { groupId, topicId, commit } of offsets) {
      this.#of(groupId).set(partitionOf(topicId, commit.partition), commit)
    }
  }

  deleteGroup(groupId: string): void {
    const batch = this.#database.batch()
    for (const name of this.#groups.get(groupId)?.keys() ?? []) {
      this.#stageDelete(batch, groupId, name)
    }
    if (batch.length > 0) batch.write()
    this.#groups.delete(groupId)
  }

  deleteTopics(topicIds: readonly number[]): void {
    const batch = this.#database.batch()
    for (const [groupId, offsets] of this.#groups) {
      for (const name of [...offsets.keys()]) {
        if (!topicIds.some((id) => name.startsWith(`${id}-`))) continue
        this.#stageDelete(batch, groupId, name)
        offsets.delete(name)
      }
    }
    if (batch.length > 0) batch.write()
  }

  #stageDelete(batch: StoreBatch, groupId: string, name: string): void {
    const [topicId = 0, partition = 0] = name.split('-').map(Number)
    batch.delete(LOG, encodeKey(groupId, topicId, partition))
  }

  #of(groupId: string): Map<string, OffsetCommit> {
    const offsets = this.#groups.get(groupId) ?? new Map<string, OffsetCommit>()
    this.#groups.set(groupId, offsets)
    return offsets
  }
}

const partitionOf = (topicId: number, partition: number): string => `${topicId}-${partition}`

function encodeKey(groupId: string, topicId: number, partition: number): Buffer {
  const group = Buffer.from(groupId)
  const rest = Buffer.alloc(group.length + 8)
  rest.set(group)
  rest.writeUInt32BE(topicId, group.length)
  rest.writeUInt32BE(partition, group.length + 4)
  return metaKey('offset', rest)
}

function decodeKey(key: Uint8Array) {
  const bytes = asBuffer(key)
  const end = bytes.length - 8
  return {
    groupId: bytes.toString('utf8', 1, end),
    topicId: bytes.readUInt32BE(end),
    partition: bytes.readUInt32BE(end + 4),
  }
}

function decodeOffset(value: Uint8Array, place: TopicPartition): OffsetCommit {
  const bytes = asBuffer(value)
  const offset = bytes.readDoubleBE(0)
  const metadata = bytes.toString('utf8', 8)
  return metadata === '' ? { ...place, offset } : { ...place, offset, metadata }
}
