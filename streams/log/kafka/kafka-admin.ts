import { StreamsError } from '../../errors.ts'
import type {
  GroupDescription,
  LogAdmin,
  NewTopic,
  OffsetCommit,
  OffsetQuery,
  TopicDescription,
  TopicPartition,
} from '../log.ts'
import type { BrokerLink } from './broker-link.ts'
import { type Cluster, isUnknownTopic, unknownTopic } from './cluster.ts'
import { failureType } from './failures.ts'
import { commitOffsets, committedOffsets } from './group-offsets.ts'
import { boundary } from './partition-offsets.ts'
import { byTopic } from './partitions.ts'
import { describedTopic, TOPIC_CONFIG_NAMES, topicConfig } from './topic-config.ts'

const REQUEST_TIMEOUT_MS = 15_000
const TOPIC_RESOURCE = 2

const GROUP_STATES: Readonly<Record<string, GroupDescription['state']>> = {
  Empty: 'empty',
  PreparingRebalance: 'rebalancing',
  CompletingRebalance: 'rebalancing',
  Assigning: 'rebalancing',
  Reconciling: 'rebalancing',
  Stable: 'stable',
  Dead: 'dead',
}

export class KafkaAdmin implements LogAdmin {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async createTopics(topics: readonly NewTopic[]): Promise<readonly string[]> {
    const created: string[] = []
    for (const topic of topics) if (await this.#createTopic(topic)) created.push(topic.topic)
    await this.#awaitLeaders(created)
    await this.#refuseOtherCounts(topics)
    return created
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      await this.#cluster.retry('delete topic', { topic }, async () => {
        const broker = await (await this.#cluster.any()).broker()
        try {
          await broker.deleteTopics({ topics: [topic], timeout: REQUEST_TIMEOUT_MS })
        } catch (error) {
          if (!isUnknownTopic(error)) throw error
        }
      })
    }
    this.#cluster.forget()
    await this.#awaitGone(topics)
  }

  async listTopics(): Promise<readonly string[]> {
    const { topics } = await this.#cluster.retry('list topics', {}, () =>
      this.#cluster.refresh(undefined),
    )
    return topics.filter((topic) => !topic.internal).map((topic) => topic.topic)
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    const descriptions: TopicDescription[] = []
    for (const topic of topics) {
      const description = await this.#cluster.retry('describe topic', { topic }, async () => {
        const { topics: known } = await this.#cluster.refresh([topic])
        const found = known.find((each) => each.topic === topic)
        if (found === undefined) throw unknownTopic()
        const broker = await (await this.#cluster.any()).broker()
        const { resources } = await broker.describeConfigs({
          resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: [...TOPIC_CONFIG_NAMES] }],
        })
        return describedTopic(found, resources[0]?.configEntries ?? [])
      })
      descriptions.push(description)
    }
    return descriptions
  }

  offsets(partitions: readonly TopicPartition[], at: OffsetQuery): Promise<readonly number[]> {
    return boundary(this.#cluster, partitions, at)
  }

  async listGroups(): Promise<readonly string[]> {
    return this.#cluster.retry('list groups', {}, async () => {
      const groups = new Set<string>()
      for (const link of await this.#cluster.all()) {
        const answer = await (await link.broker()).listGroups()
        for (const { groupId } of answer.groups) groups.add(groupId)
      }
      return [...groups].sort()
    })
  }

  async describeGroup(groupId: string): Promise<GroupDescription> {
    return this.#cluster.retry(`describe group ${groupId}`, {}, async () => {
      const broker = await (await this.#cluster.coordinator('group', groupId)).broker()
      const [group] = (await broker.describeGroups({ groupIds: [groupId] })).groups
      return {
        groupId,
        state: GROUP_STATES[group?.state ?? 'Dead'] ?? 'dead',
        members: (group?.members ?? []).map(({ memberId, clientId }) => ({ memberId, clientId })),
      }
    })
  }

  groupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly (OffsetCommit | undefined)[]> {
    return committedOffsets(this.#cluster, groupId, partitions, false)
  }

  async setGroupOffsets(groupId: string, offsets: readonly OffsetCommit[]): Promise<void> {
    const { state } = await this.describeGroup(groupId)
    if (state === 'stable' || state === 'rebalancing') throw groupActive(groupId)
    try {
      await commitOffsets(this.#cluster, { groupId, memberId: '', generationId: -1 }, offsets)
    } catch (error) {
      // A member came in between: the broker takes offsets from outside only while there is none.
      if (error instanceof StreamsError && error.code === 'LOG_STALE_MEMBER') {
        throw groupActive(groupId)
      }
      throw error
    }
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#cluster.retry(`delete group ${groupId}`, {}, async () => {
      const broker = await (await this.#cluster.coordinator('group', groupId)).broker()
      const [result] = (await broker.deleteGroups([groupId])).results
      if (result?.error === undefined) return
      const type = failureType(result.error)
      if (type === 'GROUP_ID_NOT_FOUND') return
      if (type === 'NON_EMPTY_GROUP') throw groupActive(groupId)
      throw result.error
    })
  }

  async truncate(
    positions: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<void> {
    await this.#cluster.retry('truncate', {}, async () => {
      const byLeader = new Map<BrokerLink, (TopicPartition & { readonly offset: number })[]>()
      for (const position of positions) {
        const leader = await this.#cluster.leader(position)
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), position])
      }
      for (const [leader, led] of byLeader) {
        const topics = byTopic(led).map(([topic, entries]) => ({
          topic,
          partitions: entries.map(({ partition, offset }) => ({
            partition,
            offset: String(offset),
          })),
        }))
        await (await leader.broker()).deleteRecords({ topics })
      }
    })
  }

  /** False when the topic is there already. */
  async #createTopic(topic: NewTopic): Promise<boolean> {
    return this.#cluster.retry('create topic', { topic: topic.topic }, async () => {
      const broker = await (await this.#cluster.any()).broker()
      try {
        await broker.createTopics({
          topics: [
            {
              topic: topic.topic,
              numPartitions: topic.partitions,
              replicationFactor: topic.replicationFactor ?? -1,
              configEntries: topicConfig(topic),
            },
          ],
          timeout: REQUEST_TIMEOUT_MS,
        })
        return true
      } catch (error) {
        const cause = firstOf(error)
        if (failureType(cause) === 'TOPIC_ALREADY_EXISTS') return false
        throw cause
      }
    })
  }

  async #awaitLeaders(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return
    await this.#cluster.retry('wait for new topics', {}, async () => {
      const { topics: known } = await this.#cluster.refresh(topics)
      const led = known.filter(({ leaders }) => leaders.every((leader) => leader >= 0))
      // They were created: however long a loaded broker takes, they are not unknown.
      if (led.length < topics.length)
        throw Object.assign(new Error('not led yet'), { type: 'LEADER_NOT_AVAILABLE' })
    })
  }

  async #awaitGone(topics: readonly string[]): Promise<void> {
    await this.#cluster.retry('wait for topics to go', {}, async () => {
      const { topics: known } = await this.#cluster.refresh(topics)
      if (known.length > 0)
        throw Object.assign(new Error('still there'), { type: 'REQUEST_TIMED_OUT' })
    })
  }

  async #refuseOtherCounts(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return
    const names = topics.map((topic) => topic.topic)
    const { topics: known } = await this.#cluster.retry('check topics', {}, () =>
      this.#cluster.refresh(names),
    )
    for (const { topic, partitions } of topics) {
      const found = known.find((each) => each.topic === topic)?.leaders.length
      if (found === undefined || found === partitions) continue
      throw new StreamsError(
        'LOG_TOPIC_DIFFERS',
        `the topic has ${found} partitions, not ${partitions}`,
        { topic },
        'Keep its number of partitions, or reset the topology and create the topic anew.',
      )
    }
  }
}

function groupActive(groupId: string): StreamsError {
  return new StreamsError(
    'LOG_GROUP_ACTIVE',
    `group ${groupId} has members`,
    {},
    'Stop every instance of it first.',
  )
}

/** kafkajs wraps the failures of several topics. */
function firstOf(error: unknown): unknown {
  if (error instanceof Error && 'errors' in error && Array.isArray(error.errors)) {
    return error.errors[0] ?? error
  }
  return error
}
