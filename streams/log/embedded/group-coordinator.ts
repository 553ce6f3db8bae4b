import type { Clock } from '../../clock.ts'
import type { GroupMetadata, TopicPartition } from '../log.ts'
import { Group } from './group.ts'
import { staleMember } from './log-errors.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

/** The groups that have, or had, members in this process. */
export class GroupCoordinator {
  readonly #topics: TopicCatalogue
  readonly #clock: Clock
  readonly #groups = new Map<string, Group>()
  #members = 0

  constructor(topics: TopicCatalogue, clock: Clock) {
    this.#topics = topics
    this.#clock = clock
  }

  group(groupId: string): Group {
    const group = this.#groups.get(groupId) ?? new Group(groupId, this.#topics, this.#clock)
    this.#groups.set(groupId, group)
    return group
  }

  find(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  forget(groupId: string): void {
    this.#groups.delete(groupId)
  }

  nextMemberId(clientId: string): string {
    this.#members += 1
    return `${clientId}-${this.#members}`
  }

  activeGroupIds(): string[] {
    return [...this.#groups.values()].filter(({ active }) => active).map(({ groupId }) => groupId)
  }

  /**
   * As Kafka: offsets without a member are taken, offsets of a member only in the group's current generation, or of partitions that it
   * held on to while a rebalance went by.
   * @throws {StreamsError} LOG_STALE_MEMBER
   */
  requireMember(
    { groupId, memberId, generationId }: GroupMetadata,
    offsets: readonly TopicPartition[],
  ): void {
    if (memberId === '' && generationId < 0) return
    const group = this.#groups.get(groupId)
    if (group?.mayCommit(memberId, generationId, offsets) !== true) {
      throw staleMember(groupId, memberId)
    }
  }

  expire(): void {
    for (const group of this.#groups.values()) group.expire()
  }
}
