import type {
  GroupDescription,
  LogAdmin,
  NewTopic,
  OffsetCommit,
  OffsetQuery,
  TopicDescription,
  TopicPartition,
} from '../log.ts'
import { type LogCore, requireOpen, writeAtomically } from './log-core.ts'
import { groupActive } from './log-errors.ts'
import { removeBefore } from './retention.ts'

export class EmbeddedAdmin implements LogAdmin {
  readonly #core: LogCore

  constructor(core: LogCore) {
    this.#core = core
  }

  async createTopics(topics: readonly NewTopic[]): Promise<readonly string[]> {
    requireOpen(this.#core)
    return this.#core.topics.create(topics)
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    requireOpen(this.#core)
    this.#core.offsets.deleteTopics(this.#core.topics.delete(topics))
  }

  async listTopics(): Promise<readonly string[]> {
    requireOpen(this.#core)
    return this.#core.topics.names()
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    requireOpen(this.#core)
    return topics.map((topic) => this.#core.topics.describe(topic))
  }

  async offsets(
    partitions: readonly TopicPartition[],
    at: OffsetQuery,
  ): Promise<readonly number[]> {
    requireOpen(this.#core)
    return partitions.map((partition) => {
      const log = this.#core.topics.partition(partition)
      if (at === 'earliest') return log.state.startOffset
      if (at === 'latest') return log.state.endOffset
      if (at === 'stable') return log.stableOffset
      return log.offsetAt(at.timestampMs)
    })
  }

  async listGroups(): Promise<readonly string[]> {
    requireOpen(this.#core)
    const { groups, offsets } = this.#core
    return [...new Set([...groups.activeGroupIds(), ...offsets.groupIds()])].sort()
  }

  async describeGroup(groupId: string): Promise<GroupDescription> {
    requireOpen(this.#core)
    const group = this.#core.groups.find(groupId)
    if (group?.active === true) return group.describe()
    const known = this.#core.offsets.groupIds().includes(groupId)
    return { groupId, state: known ? 'empty' : 'dead', members: [] }
  }

  async groupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly (OffsetCommit | undefined)[]> {
    requireOpen(this.#core)
    return partitions.map((at) => this.#core.offsets.get(groupId, at))
  }

  async setGroupOffsets(groupId: string, offsets: readonly OffsetCommit[]): Promise<void> {
    this.#requireInactive(groupId)
    writeAtomically(this.#core, [], this.#core.offsets.checked(groupId, offsets))
  }

  async deleteGroup(groupId: string): Promise<void> {
    this.#requireInactive(groupId)
    this.#core.offsets.deleteGroup(groupId)
    this.#core.groups.forget(groupId)
  }

  async truncate(
    positions: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<void> {
    requireOpen(this.#core)
    const logs = positions.map((position) => this.#core.topics.partition(position))
    for (const [index, { offset }] of positions.entries()) {
      const log = logs[index]
      if (log !== undefined) removeBefore(this.#core.database, log, offset)
    }
  }

  #requireInactive(groupId: string): void {
    requireOpen(this.#core)
    if (this.#core.groups.find(groupId)?.active === true) throw groupActive(groupId)
  }
}
