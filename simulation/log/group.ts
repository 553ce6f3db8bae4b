import type {
  GroupDescription,
  GroupMetadata,
  PartitionAssignor,
  RebalanceProtocol,
  TopicPartition,
} from '#streams/log'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import { instanceFenced, staleMember } from './errors.ts'
import { placeName } from './place.ts'

export interface JoinRequest {
  readonly memberId: string
  readonly clientId: string
  readonly groupInstanceId: string | undefined
  readonly topics: readonly string[]
  readonly assignor: PartitionAssignor
  readonly rebalance: RebalanceProtocol
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly userData: Uint8Array
  readonly owned: readonly TopicPartition[]
  /** Of `owned`. */
  readonly generation: number
  /** A join that arrives again is the same join. */
  readonly request: number
}

export interface Joined {
  readonly generation: number
  readonly partitions: readonly TopicPartition[]
  readonly userData: Uint8Array
}

export type Beat = 'fine' | 'rebalance' | 'lost' | 'instance-fenced'

interface Seat {
  subscription: JoinRequest
  /** Set while it waits for the others. */
  waiting:
    | { readonly promise: Promise<Joined>; readonly resolve: (joined: Joined) => void }
    | undefined
  last: { readonly request: number; readonly joined: Joined } | undefined
  deadlineMs: number
}

interface GroupWorld {
  readonly groupId: string
  readonly scheduler: Scheduler
  readonly trace: Trace
  readonly partitionCounts: (topics: readonly string[]) => ReadonlyMap<string, number>
  /** When the coordinator was last away: sessions do not end for what it did not hear then. */
  readonly lastAwayMs: () => number
  /** Hands out what its living owner has not given up. */
  readonly withholdsNothing: boolean
}

const NOTHING: Joined = { generation: -1, partitions: [], userData: new Uint8Array(0) }

/** One group as its coordinator keeps it. */
export class Group {
  generation = 0
  readonly #world: GroupWorld
  readonly #seats = new Map<string, Seat>()
  readonly #fencedMembers = new Set<string>()
  #isPreparing = false
  #rebalances = 0
  /** Partitions that wait for their owner to give them up. */
  #withheld = 0

  constructor(world: GroupWorld) {
    this.#world = world
  }

  get isActive(): boolean {
    return this.#seats.size > 0
  }

  get isStable(): boolean {
    return !this.#isPreparing
  }

  describe(): GroupDescription {
    const members = [...this.#seats.values()].map(({ subscription: { memberId, clientId } }) => ({
      memberId,
      clientId,
    }))
    const state = members.length === 0 ? 'empty' : this.#isPreparing ? 'rebalancing' : 'stable'
    return { groupId: this.#world.groupId, state, members }
  }

  /** Resolves when every member has joined. */
  join(request: JoinRequest): Joined | Promise<Joined> {
    const { memberId, groupInstanceId } = request
    if (this.#fencedMembers.has(memberId)) throw instanceFenced(groupInstanceId ?? memberId)
    const known = this.#seats.get(memberId) ?? this.#replaced(request)
    // It was put out, and has to hear so before it comes as somebody new.
    if (known === undefined && request.generation >= 0) return NOTHING
    if (known === undefined) return this.#enter(request)
    known.deadlineMs = this.#deadlineMs(request)
    if (known.subscription.request === request.request && known.waiting !== undefined) {
      return known.waiting.promise
    }
    const isRepeated =
      known.last?.request === request.request && known.last.joined.generation === this.generation
    if (isRepeated && !this.#isPreparing && known.last !== undefined) return known.last.joined
    const isReplacement = known.subscription.memberId !== memberId
    known.subscription = request
    // What the member before was to give up is free now: the follow-up begins here.
    const isSettled = !this.#isPreparing && this.#withheld === 0
    if (isReplacement && isSettled && known.last !== undefined) {
      known.last = { request: request.request, joined: known.last.joined }
      return known.last.joined
    }
    return this.#wait(known)
  }

  leave(memberId: string): void {
    this.#remove(memberId, 'left')
  }

  beat(memberId: string, generation: number): Beat {
    if (this.#fencedMembers.has(memberId)) return 'instance-fenced'
    const seat = this.#seats.get(memberId)
    if (seat === undefined) return 'lost'
    seat.deadlineMs = this.#deadlineMs(seat.subscription)
    if (this.#isPreparing) return seat.waiting === undefined ? 'rebalance' : 'fine'
    return generation === this.generation ? 'fine' : 'lost'
  }

  /** What a cooperative member still has, it may commit with an older generation, too. @throws {StreamsError} LOG_STALE_MEMBER */
  requireMember(
    { memberId, generationId }: GroupMetadata,
    places: readonly TopicPartition[],
  ): void {
    if (memberId === '' && generationId < 0) return
    const seat = this.#seats.get(memberId)
    if (seat !== undefined && generationId === this.generation) return
    const has = new Set(seat?.last?.joined.partitions.map(placeName))
    const isKept = places.every((at) => has.has(placeName(at)))
    if (seat?.subscription.rebalance !== 'cooperative' || !isKept) throw staleMember(memberId)
  }

  /** Under a static id: the member before gives its place to this one. */
  #replaced(request: JoinRequest): Seat | undefined {
    if (request.groupInstanceId === undefined) return undefined
    for (const [memberId, seat] of this.#seats) {
      if (seat.subscription.groupInstanceId !== request.groupInstanceId) continue
      this.#world.trace.add(`log: ${request.memberId} takes the place of ${memberId}`)
      this.#seats.delete(memberId)
      this.#fencedMembers.add(memberId)
      seat.waiting?.resolve(NOTHING)
      seat.waiting = undefined
      this.#seats.set(request.memberId, seat)
      this.#watch(request.memberId, seat)
      return seat
    }
    return undefined
  }

  #enter(request: JoinRequest): Promise<Joined> {
    const seat: Seat = {
      subscription: request,
      waiting: undefined,
      last: undefined,
      deadlineMs: this.#deadlineMs(request),
    }
    this.#seats.set(request.memberId, seat)
    this.#watch(request.memberId, seat)
    return this.#wait(seat)
  }

  #wait(seat: Seat): Promise<Joined> {
    this.#prepare()
    let resolve: (joined: Joined) => void = () => {}
    const promise = new Promise<Joined>((settle) => {
      resolve = settle
    })
    seat.waiting?.resolve(NOTHING)
    seat.waiting = { promise, resolve }
    this.#completeWhenAllJoined()
    return promise
  }

  #prepare(): void {
    if (this.#isPreparing) return
    this.#isPreparing = true
    const rebalance = ++this.#rebalances
    const seats = [...this.#seats.values()]
    const timeoutMs = Math.max(...seats.map(({ subscription }) => subscription.rebalanceTimeoutMs))
    this.#world.scheduler.after(timeoutMs, () => {
      if (!this.#isPreparing || this.#rebalances !== rebalance) return
      for (const [memberId, seat] of this.#seats) {
        if (seat.waiting === undefined) this.#seats.delete(memberId)
      }
      this.#completeWhenAllJoined()
    })
  }

  #completeWhenAllJoined(): void {
    if (!this.#isPreparing) return
    const seats = [...this.#seats.values()]
    if (!seats.every(({ waiting }) => waiting !== undefined)) return
    this.#isPreparing = false
    if (seats.length === 0) return
    const assignment = this.#assign(seats)
    const generation = ++this.generation
    if (this.#withheld > 0) {
      const { rebalanceTimeoutMs } = (seats[0] as Seat).subscription
      // An owner that does not come back from giving up is put out in the rebalance that this begins.
      this.#world.scheduler.after(rebalanceTimeoutMs, () => {
        if (this.generation === generation) this.#prepare()
      })
    }
    this.#world.trace.add(
      `log: generation ${this.generation}: ${[...assignment].map(([id, { partitions }]) => `${id}[${partitions.map(placeName).join(' ')}]`).join(' ')}`,
    )
    for (const seat of seats) {
      const { memberId, request } = seat.subscription
      const { partitions, userData } = assignment.get(memberId) ?? NOTHING
      const joined = { generation: this.generation, partitions, userData }
      seat.last = { request, joined }
      seat.deadlineMs = this.#deadlineMs(seat.subscription)
      seat.waiting?.resolve(joined)
      seat.waiting = undefined
    }
  }

  #assign(seats: readonly Seat[]): Map<string, Omit<Joined, 'generation'>> {
    const subscriptions = seats.map(({ subscription }) => subscription)
    const topics = [...new Set(subscriptions.flatMap((each) => each.topics))].sort()
    const counts = this.#world.partitionCounts(topics)
    const members = subscriptions
      .map(({ memberId, groupInstanceId, topics: own, userData, owned }) => ({
        memberId,
        topics: own,
        userData,
        owned,
        ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
      }))
      .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    const decided = (subscriptions[0] as JoinRequest).assignor.assign(members, counts)
    const owners = this.#owners(subscriptions)
    this.#withheld = 0
    const assignment = new Map<string, Omit<Joined, 'generation'>>()
    for (const { memberId, rebalance } of subscriptions) {
      const { partitions = [], userData = new Uint8Array(0) } = decided.get(memberId) ?? {}
      const isWithheld = (at: TopicPartition) =>
        rebalance === 'cooperative' && (owners.get(placeName(at)) ?? memberId) !== memberId
      const given = this.#world.withholdsNothing
        ? partitions
        : partitions.filter((at) => !isWithheld(at))
      this.#withheld += partitions.length - given.length
      assignment.set(memberId, { partitions: given, userData })
    }
    return assignment
  }

  /** Who holds on to what; of two that say so, the one with the younger generation. */
  #owners(subscriptions: readonly JoinRequest[]): Map<string, string> {
    const owners = new Map<string, string>()
    const byAge = [...subscriptions].sort((a, b) => a.generation - b.generation)
    for (const { memberId, owned } of byAge) {
      for (const at of owned) owners.set(placeName(at), memberId)
    }
    return owners
  }

  #remove(memberId: string, why: string): void {
    const seat = this.#seats.get(memberId)
    if (seat === undefined) return
    this.#world.trace.add(`log: member ${memberId} ${why}`)
    this.#seats.delete(memberId)
    seat.waiting?.resolve(NOTHING)
    if (this.#isPreparing) this.#completeWhenAllJoined()
    else if (this.#seats.size > 0) this.#prepare()
  }

  #deadlineMs({ sessionTimeoutMs }: JoinRequest): number {
    return this.#world.scheduler.nowMs + sessionTimeoutMs
  }

  /** Ends the session of a member that is not heard of. Who waits for the others is not asked. */
  #watch(memberId: string, seat: Seat): void {
    const { scheduler } = this.#world
    const { sessionTimeoutMs } = seat.subscription
    const heardMs = Math.max(seat.deadlineMs, this.#world.lastAwayMs() + sessionTimeoutMs)
    scheduler.after(Math.max(heardMs - scheduler.nowMs, 10), () => {
      if (this.#seats.get(memberId) !== seat) return
      const untilMs = Math.max(seat.deadlineMs, this.#world.lastAwayMs() + sessionTimeoutMs)
      if (seat.waiting === undefined && untilMs <= scheduler.nowMs) {
        this.#remove(memberId, 'is not heard of any more')
      } else this.#watch(memberId, seat)
    })
  }
}
