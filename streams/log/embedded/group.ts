import type { Clock } from '../../clock.ts'
import { assignBalanced } from '../balanced-assignor.ts'
import type { GroupDescription, MemberAssignment, TopicPartition } from '../log.ts'
import { withholdOwned } from '../ownership.ts'
import { inconsistentAssignor, invalidAssignment } from './log-errors.ts'
import type { Seat } from './seat.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

type Assignments = ReadonlyMap<string, MemberAssignment>

const NO_USER_DATA = new Uint8Array(0)

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
  /** Partitions wait for their owner to give them up: if it does not, a rebalance at this time puts it out. */
  #followUpMs: number | undefined
  /** Whose assignor was asked and has not answered yet. */
  #asked: { readonly seat: Seat } | undefined

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

  /** A member may commit what it has held since the generation in which it believes to be. */
  mayCommit(memberId: string, generation: number, offsets: readonly TopicPartition[]): boolean {
    const seat = this.#seats.get(memberId)
    if (seat === undefined) return false
    if (generation === this.#generation) return true
    return offsets.every((at) => (seat.heldSince(at) ?? Number.POSITIVE_INFINITY) <= generation)
  }

  describe(): GroupDescription {
    const members = [...this.#seats.values()].map(({ memberId, clientId }) => ({
      memberId,
      clientId,
    }))
    const state = members.length === 0 ? 'empty' : this.rebalancing ? 'rebalancing' : 'stable'
    return { groupId: this.groupId, state, members }
  }

  /** A static member whose id has a place takes that. @throws {StreamsError} LOG_ASSIGNOR_DIFFERS */
  enter(seat: Seat): void {
    const [first] = this.#seats.values()
    if (first !== undefined && first.protocol !== seat.protocol) {
      throw inconsistentAssignor(this.groupId, first.protocol, seat.protocol)
    }
    const { groupInstanceId } = seat
    const taken =
      groupInstanceId === undefined
        ? undefined
        : [...this.#seats.values()].find((each) => each.groupInstanceId === groupInstanceId)
    if (taken !== undefined) {
      this.#replace(taken, seat)
      return
    }
    this.#seats.set(seat.memberId, seat)
    this.rebalance()
  }

  leave(memberId: string): void {
    if (!this.#seats.delete(memberId)) return
    if (this.rebalancing) this.#completeWhenAllJoined()
    else if (this.active) this.rebalance()
  }

  /** The member is gone without leaving: its place, and what is assigned to it, is kept for its session. */
  vacate(memberId: string): void {
    this.#seats.get(memberId)?.vacate(this.#clock.monotonicMs())
  }

  rebalance(): void {
    if (!this.rebalancing) {
      for (const seat of this.#seats.values()) seat.joined = false
    }
    const seats = [...this.#seats.values()]
    this.#asked = undefined
    this.#deadlineMs = this.#clock.monotonicMs() + longestRebalanceMs(seats)
    for (const seat of seats) seat.wake()
  }

  join(seat: Seat, userData: Uint8Array, owned: readonly TopicPartition[]): void {
    seat.userData = userData
    seat.owned = owned
    seat.joined = true
    try {
      this.#completeWhenAllJoined()
    } catch (error) {
      // A failing assignor: the member's next poll tries again.
      seat.joined = false
      throw error
    }
  }

  /** How long until `expire` may have something to do; `undefined` when it has not. */
  remainingMs(): number | undefined {
    const deadlines = [
      this.#deadlineMs,
      this.#followUpMs,
      ...[...this.#seats.values()].map(({ vacantUntilMs }) => vacantUntilMs),
    ].filter((deadlineMs) => deadlineMs !== undefined)
    if (deadlines.length === 0) return undefined
    return Math.max(0, Math.min(...deadlines) - this.#clock.monotonicMs())
  }

  /** Puts out who did not come back in its session, and who did not join in time. */
  expire(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [memberId, { vacantUntilMs }] of this.#seats) {
      if (vacantUntilMs !== undefined && nowMs >= vacantUntilMs) this.leave(memberId)
    }
    if (this.#followUpMs !== undefined && nowMs >= this.#followUpMs) {
      this.#followUpMs = undefined
      if (!this.rebalancing) this.rebalance()
    }
    if (this.#deadlineMs === undefined || nowMs < this.#deadlineMs) return
    for (const [memberId, seat] of this.#seats) {
      if (seat.joined && seat !== this.#asked?.seat) continue
      this.#seats.delete(memberId)
      seat.wake()
    }
    this.#completeWhenAllJoined()
  }

  #replace(former: Seat, seat: Seat): void {
    this.#asked = undefined
    this.#seats.delete(former.memberId)
    former.fence()
    seat.takeOver(former)
    this.#seats.set(seat.memberId, seat)
    this.#previous.set(seat.memberId, this.#previous.get(former.memberId) ?? [])
    this.#previous.delete(former.memberId)
    if (this.rebalancing) {
      seat.joined = false
    } else {
      seat.joined = true
      // Perhaps it was the former one that had to give something up: it holds nothing any more.
      if (this.#followUpMs !== undefined) this.rebalance()
    }
  }

  #completeWhenAllJoined(): void {
    this.#asked = undefined
    const seats = [...this.#seats.values()]
    const [seat] = seats
    if (!seats.every(({ joined }) => joined)) return
    const answer = this.#assign(seats)
    if (seat === undefined || !(answer instanceof Promise)) {
      this.#complete(seats, answer as Assignments)
      return
    }
    // What is asked for in the meantime (a member more, one less) makes the answer void.
    const asked = { seat }
    this.#asked = asked
    answer
      .then((assignment) => {
        if (this.#asked === asked) this.#complete(seats, assignment)
      })
      .catch((error: unknown) => {
        if (this.#asked === asked) seat.fail(error)
      })
  }

  #complete(seats: readonly Seat[], assigned: Assignments): void {
    if (seats[0]?.assignor !== undefined) this.#check(assigned)
    const { assignment, withheld } = withholdOwned(
      assigned,
      seats.map(({ memberId, owned }) => ({ memberId, generationId: 0, owned })),
    )
    this.#asked = undefined
    this.#deadlineMs = undefined
    this.#followUpMs =
      withheld.length === 0 ? undefined : this.#clock.monotonicMs() + longestRebalanceMs(seats)
    this.#generation += 1
    for (const seat of seats) {
      const { partitions = [], userData = NO_USER_DATA } = assignment.get(seat.memberId) ?? {}
      seat.assign(this.#generation, partitions, userData)
      this.#previous.set(seat.memberId, partitions)
      seat.wake()
    }
    for (const memberId of this.#previous.keys()) {
      if (!this.has(memberId)) this.#previous.delete(memberId)
    }
  }

  #assign(seats: readonly Seat[]): Assignments | Promise<Assignments> {
    const counts = new Map<string, number>()
    for (const topic of new Set(seats.flatMap(({ topics }) => topics))) {
      counts.set(topic, this.#topics.topic(topic).partitions.length)
    }
    const members = seats.map((seat) => seat.member())
    const assignor = seats[0]?.assignor
    if (assignor === undefined) return assignBalanced(members, counts, this.#previous)
    return assignor.assign(members, counts)
  }

  #check(assignment: Assignments): void {
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

const longestRebalanceMs = (seats: readonly Seat[]): number =>
  Math.max(0, ...seats.map(({ rebalanceTimeoutMs }) => rebalanceTimeoutMs))
