import type { Clock } from '../../clock.ts'
import type {
  GroupDescription,
  MemberAssignment,
  PartitionAssignor,
  TopicPartition,
} from '../log.ts'
import { assignBalanced } from './balanced-assignor.ts'
import { inconsistentAssignor, invalidAssignment } from './log-errors.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

const BALANCED = 'balanced'

/** A member's place in its group. */
export interface Seat {
  readonly memberId: string
  readonly clientId: string
  readonly topics: readonly string[]
  readonly assignor: PartitionAssignor | undefined
  readonly rebalanceTimeoutMs: number
  /** Called when the member has something to do in its next poll. */
  readonly wake: () => void
  userData: Uint8Array
  /** Whether it has given up its partitions and waits for the next generation. */
  joined: boolean
  assignment: readonly TopicPartition[]
  assignedUserData: Uint8Array
}

/**
 * Members of one group and their generations. A rebalance starts with any change, and ends when every member has joined:
 * no partition has a new owner before its old one has given it up, or was put out for not polling.
 */
export class Group {
  readonly groupId: string
  readonly #topics: TopicCatalogue
  readonly #clock: Clock
  readonly #seats = new Map<string, Seat>()
  /** What each member had last, for the default assignor. */
  readonly #previous = new Map<string, readonly TopicPartition[]>()
  #generation = 0
  #deadlineMs: number | undefined

  constructor(groupId: string, topics: TopicCatalogue, clock: Clock) {
    this.groupId = groupId
    this.#topics = topics
    this.#clock = clock
  }

  get generation(): number {
    return this.#generation
  }

  get active(): boolean {
    return this.#seats.size > 0
  }

  get rebalancing(): boolean {
    return this.#deadlineMs !== undefined
  }

  has(memberId: string): boolean {
    return this.#seats.has(memberId)
  }

  describe(): GroupDescription {
    const members = [...this.#seats.values()].map(({ memberId, clientId }) => ({
      memberId,
      clientId,
    }))
    const state = members.length === 0 ? 'empty' : this.rebalancing ? 'rebalancing' : 'stable'
    return { groupId: this.groupId, state, members }
  }

  /** @throws {StreamsError} LOG_ASSIGNOR_DIFFERS */
  enter(seat: Seat): void {
    const [first] = this.#seats.values()
    if (first !== undefined) {
      const [has, wanted] = [first.assignor?.name ?? BALANCED, seat.assignor?.name ?? BALANCED]
      if (has !== wanted) throw inconsistentAssignor(this.groupId, has, wanted)
    }
    this.#seats.set(seat.memberId, seat)
    this.rebalance()
  }

  leave(memberId: string): void {
    if (!this.#seats.delete(memberId)) return
    if (this.rebalancing) this.#completeWhenAllJoined()
    else if (this.active) this.rebalance()
  }

  rebalance(): void {
    if (!this.rebalancing) {
      for (const seat of this.#seats.values()) seat.joined = false
    }
    const seats = [...this.#seats.values()]
    const timeoutMs = Math.max(...seats.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs))
    this.#deadlineMs = this.#clock.monotonicMs() + timeoutMs
    for (const { wake } of seats) wake()
  }

  join(seat: Seat, userData: Uint8Array): void {
    seat.userData = userData
    seat.joined = true
    seat.assignment = []
    try {
      this.#completeWhenAllJoined()
    } catch (error) {
      // A failing assignor: the member's next poll tries again.
      seat.joined = false
      throw error
    }
  }

  /** How long a joined member may have to wait for the others; `undefined` when it has not to. */
  remainingMs(): number | undefined {
    if (this.#deadlineMs === undefined) return undefined
    return Math.max(0, this.#deadlineMs - this.#clock.monotonicMs())
  }

  /** Puts out who did not join in time. */
  expire(): void {
    if (this.#deadlineMs === undefined || this.#clock.monotonicMs() < this.#deadlineMs) return
    for (const [memberId, seat] of this.#seats) {
      if (seat.joined) continue
      this.#seats.delete(memberId)
      seat.wake()
    }
    this.#completeWhenAllJoined()
  }

  #completeWhenAllJoined(): void {
    const seats = [...this.#seats.values()]
    if (!seats.every(({ joined }) => joined)) return
    const assignment = this.#assign(seats)
    this.#deadlineMs = undefined
    this.#generation += 1
    for (const seat of seats) {
      const assigned = assignment.get(seat.memberId)
      seat.assignment = assigned?.partitions ?? []
      seat.assignedUserData = assigned?.userData ?? new Uint8Array()
      this.#previous.set(seat.memberId, seat.assignment)
      seat.wake()
    }
    for (const memberId of this.#previous.keys()) {
      if (!this.has(memberId)) this.#previous.delete(memberId)
    }
  }

  #assign(seats: readonly Seat[]): ReadonlyMap<string, MemberAssignment> {
    const counts = new Map<string, number>()
    for (const topic of new Set(seats.flatMap(({ topics }) => topics))) {
      counts.set(topic, this.#topics.topic(topic).partitions.length)
    }
    const members = seats.map(({ memberId, topics, userData }) => ({
      memberId,
      topics,
      userData,
      owned: [],
    }))
    const assignor = seats[0]?.assignor
    if (assignor === undefined) return assignBalanced(members, counts, this.#previous)
    const assignment = assignor.assign(members, counts)
    this.#check(assignment)
    return assignment
  }

  #check(assignment: ReadonlyMap<string, MemberAssignment>): void {
    const owners = new Map<string, string>()
    for (const [memberId, { partitions }] of assignment) {
      if (!this.has(memberId)) throw invalidAssignment(this.groupId, `${memberId} is no member`)
      for (const at of partitions) {
        this.#topics.partition(at)
        const name = `${at.topic}-${at.partition}`
        const owner = owners.get(name)
        if (owner !== undefined) {
          throw invalidAssignment(this.groupId, `${name} is given to ${owner} and ${memberId}`)
        }
        owners.set(name, memberId)
      }
    }
  }
}
