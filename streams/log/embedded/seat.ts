import type { GroupMember, RebalanceProtocol, TopicPartition } from '../log.ts'
import type { MemberAssignor, MemberOptions } from './member-options.ts'

const BALANCED = 'balanced'
const NO_USER_DATA = new Uint8Array(0)
const DEFAULTS = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000 }

export interface SeatOptions {
  readonly memberId: string
  readonly consumer: MemberOptions
  /** Called when the member has something to do in its next poll. */
  readonly wake: () => void
  /** The generation in which the member was assigned what it has and has not given up. */
  readonly heldSince: (partition: TopicPartition) => number | undefined
}

/** A member's place in its group. */
export class Seat {
  readonly memberId: string
  readonly clientId: string
  readonly groupInstanceId: string | undefined
  readonly topics: readonly string[]
  readonly assignor: MemberAssignor | undefined
  readonly rebalance: RebalanceProtocol
  readonly rebalanceTimeoutMs: number
  readonly #sessionTimeoutMs: number
  #wake: () => void
  #heldSince: (partition: TopicPartition) => number | undefined
  #fenced = false
  #failure: { readonly error: unknown } | undefined
  #vacantUntilMs: number | undefined
  #generation = -1
  #assignment: readonly TopicPartition[] = []
  #assignedUserData: Uint8Array = NO_USER_DATA
  userData: Uint8Array = NO_USER_DATA
  /** What the member held when it joined. */
  owned: readonly TopicPartition[] = []
  /** Whether it has joined the rebalance under way. */
  joined = false

  constructor({ memberId, consumer, wake, heldSince }: SeatOptions) {
    this.memberId = memberId
    this.clientId = consumer.clientId
    this.groupInstanceId = consumer.groupInstanceId
    this.topics = consumer.topics
    this.assignor = consumer.assignor
    this.rebalance = consumer.rebalance ?? 'eager'
    this.rebalanceTimeoutMs = consumer.rebalanceTimeoutMs ?? DEFAULTS.rebalanceTimeoutMs
    this.#sessionTimeoutMs = consumer.sessionTimeoutMs ?? DEFAULTS.sessionTimeoutMs
    this.#wake = wake
    this.#heldSince = heldSince
  }

  /** Must be the same for all members of a group. */
  get protocol(): string {
    return `${this.rebalance} ${this.assignor?.name ?? BALANCED}`
  }

  /** Whether another member has taken the place of this static one. */
  get fenced(): boolean {
    return this.#fenced
  }

  /** Of the assignment; -1 before the first. */
  get generation(): number {
    return this.#generation
  }

  get assignment(): readonly TopicPartition[] {
    return this.#assignment
  }

  get assignedUserData(): Uint8Array {
    return this.#assignedUserData
  }

  /** Set when the member is gone without leaving. */
  get vacantUntilMs(): number | undefined {
    return this.#vacantUntilMs
  }

  wake(): void {
    this.#wake()
  }

  heldSince(partition: TopicPartition): number | undefined {
    return this.#heldSince(partition)
  }

  /** As the assignor sees it. */
  member(): GroupMember {
    const { memberId, groupInstanceId, topics, userData, owned } = this
    const member = { memberId, topics, userData, owned }
    return groupInstanceId === undefined ? member : { ...member, groupInstanceId }
  }

  assign(generation: number, partitions: readonly TopicPartition[], userData: Uint8Array): void {
    this.#generation = generation
    this.#assignment = partitions
    this.#assignedUserData = userData
  }

  vacate(nowMs: number): void {
    this.#vacantUntilMs = nowMs + this.#sessionTimeoutMs
    this.#wake = () => {}
    this.#heldSince = () => undefined
    this.owned = []
  }

  fence(): void {
    this.#fenced = true
    this.#wake()
  }

  /** Its assignor has failed: the member hears of it in its next poll, and then joins again. */
  fail(error: unknown): void {
    this.joined = false
    this.#failure = { error }
    this.#wake()
  }

  /** Once. */
  takeFailure(): { readonly error: unknown } | undefined {
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }

  /** Has what the former holder of the place was assigned. */
  takeOver(former: Seat): void {
    this.assign(former.generation, former.assignment, former.assignedUserData)
    this.userData = former.userData
  }
}
