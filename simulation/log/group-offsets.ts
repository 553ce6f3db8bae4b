import type { GroupMetadata, OffsetCommit, TopicPartition } from '#streams/log'
import type { Transaction } from './partition.ts'
import { placeName } from './place.ts'
import type { Identity } from './transactions.ts'

export interface CommittedOffset {
  readonly groupId: string
  readonly before: OffsetCommit | undefined
  readonly after: OffsetCommit
  /** Undefined outside of a transaction. */
  readonly owner: Identity | undefined
}

interface Options {
  readonly requireMember: (group: GroupMetadata, places: readonly TopicPartition[]) => void
  readonly onCommit: (commit: CommittedOffset) => void
}

/** Committed offsets of all groups. While a transaction holds one, nobody is told what it is. */
export class GroupOffsets {
  readonly requireMember: (group: GroupMetadata, places: readonly TopicPartition[]) => void
  readonly #onCommit: (commit: CommittedOffset) => void
  readonly #offsets = new Map<string, OffsetCommit>()
  readonly #held = new Map<string, Set<Transaction>>()
  readonly #waiting: (() => void)[] = []

  constructor({ requireMember, onCommit }: Options) {
    this.requireMember = requireMember
    this.#onCommit = onCommit
  }

  get(groupId: string, at: TopicPartition): OffsetCommit | undefined {
    return this.#offsets.get(keyOf(groupId, at))
  }

  /** Waits until no open transaction holds one of them. */
  async stable(
    groupId: string,
    places: readonly TopicPartition[],
  ): Promise<readonly (OffsetCommit | undefined)[]> {
    while (places.some((at) => (this.#held.get(keyOf(groupId, at))?.size ?? 0) > 0)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return places.map((at) => this.get(groupId, at))
  }

  hold(groupId: string, commits: readonly OffsetCommit[], transaction: Transaction): void {
    for (const at of commits) {
      const key = keyOf(groupId, at)
      const held = this.#held.get(key) ?? new Set()
      this.#held.set(key, held.add(transaction))
    }
  }

  release(groupId: string, commits: readonly OffsetCommit[], transaction: Transaction): void {
    for (const at of commits) this.#held.get(keyOf(groupId, at))?.delete(transaction)
  }

  wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  commit(groupId: string, commits: readonly OffsetCommit[], owner: Identity | undefined): void {
    for (const after of commits) {
      const key = keyOf(groupId, after)
      this.#onCommit({ groupId, before: this.#offsets.get(key), after, owner })
      this.#offsets.set(key, after)
    }
  }

  set(groupId: string, commits: readonly OffsetCommit[]): void {
    for (const commit of commits) this.#offsets.set(keyOf(groupId, commit), commit)
  }

  deleteGroup(groupId: string): void {
    this.#deleteWhere((key) => key.startsWith(`${groupId}\u0000`))
  }

  deleteTopic(topic: string): void {
    this.#deleteWhere((key) => key.split('\u0000')[1]?.replace(/-\d+$/, '') === topic)
  }

  groupIds(): readonly string[] {
    return [...new Set([...this.#offsets.keys()].map((key) => key.split('\u0000')[0] ?? ''))]
  }

  #deleteWhere(goes: (key: string) => boolean): void {
    for (const key of [...this.#offsets.keys()]) if (goes(key)) this.#offsets.delete(key)
  }
}

function keyOf(groupId: string, at: TopicPartition): string {
  return `${groupId}\u0000${placeName(at)}`
}
