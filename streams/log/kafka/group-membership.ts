import { StreamsError } from '../../errors.ts'
import type { GroupMetadata, PartitionAssignor, RebalanceProtocol, TopicPartition } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { describe, failureType } from './failures.ts'
import { divide, topicsOf } from './group-leader.ts'
import { decodeAssignment, encodeSubscription, type GrantedAssignment } from './group-protocol.ts'
import {
  heartbeatRequest,
  type JoinAnswer,
  joinGroupRequest,
  leaveGroupRequest,
  syncGroupRequest,
} from './group-requests.ts'
import { TopicWatch } from './topic-watch.ts'

export interface MembershipOptions {
  readonly groupId: string
  readonly groupInstanceId: string | undefined
  readonly topics: readonly string[]
  readonly assignor: PartitionAssignor
  readonly rebalance: RebalanceProtocol
  readonly userData: () => Uint8Array
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

/**
 * What a member has to do before it reads on: `rejoin` (eager: with its partitions released), `lost` without them. `fenced`: another
 * member has taken its static place for good.
 */
export type MembershipSignal = 'none' | 'rejoin' | 'lost' | 'fenced'

/** A rebalance is noticed by the answer to a heartbeat: six times faster than Kafka's default. */
const HEARTBEAT_MS_MAX = 500
/** Beyond the rebalance timeout, for the answer to travel. */
const JOIN_GRACE_MS = 5_000

/**
 * A member of a classic consumer group: joins, assigns when it leads, and heartbeats in the background. Its requests need connections
 * of their own: the broker holds back JoinGroup, and whatever comes after it.
 */
export class GroupMembership {
  readonly #cluster: Cluster
  readonly #options: MembershipOptions
  readonly #onSignal: () => void
  readonly #watch: TopicWatch
  #memberId = ''
  #generationId = -1
  #signal: MembershipSignal = 'none'
  #joining: Promise<GrantedAssignment | undefined> | undefined
  #rejoinAfterwards = false
  #heartbeat: NodeJS.Timeout | undefined
  #followUp: NodeJS.Timeout | undefined
  /** Heartbeats of an earlier round say nothing about this one. */
  #round = 0
  #confirmedMs = 0
  #left = false

  constructor(cluster: Cluster, options: MembershipOptions, onSignal: () => void) {
    this.#cluster = cluster
    this.#options = options
    this.#onSignal = onSignal
    this.#watch = new TopicWatch(cluster, () => this.requestRejoin())
  }

  get metadata(): GroupMetadata {
    const { groupId, groupInstanceId } = this.#options
    const metadata = { groupId, memberId: this.#memberId, generationId: this.#generationId }
    return groupInstanceId === undefined ? metadata : { ...metadata, groupInstanceId }
  }

  get signal(): MembershipSignal {
    return this.#signal
  }

  /**
   * Whether the coordinator may not have put this member out meanwhile. It may have after a pause of the process, or of the network, as
   * long as the session.
   */
  get confirmed(): boolean {
    const sinceMs = this.#cluster.options.clock.monotonicMs() - this.#confirmedMs
    return this.#joining !== undefined || sinceMs < this.#options.sessionTimeoutMs
  }

  requestRejoin(): void {
    if (this.#joining !== undefined) this.#rejoinAfterwards = true
    else if (this.#signal === 'none') this.#raise('rejoin')
  }

  /**
   * Joins, or joins again, holding on to what is `owned`, and resolves with what this member has to hold from now on. Resolves with
   * undefined when the member turns out to be no member any more: `signal` then says `lost` or `fenced`.
   */
  join(owned: readonly TopicPartition[]): Promise<GrantedAssignment | undefined> {
    this.#stopTimers()
    this.#signal = 'none'
    this.#round += 1
    const joining = this.#cluster
      .retry(`join group ${this.#options.groupId}`, {}, () => this.#joinUntilSettled(owned))
      .then((granted) => {
        this.#confirmedMs = this.#cluster.options.clock.monotonicMs()
        return granted
      })
      .finally(() => {
        this.#joining = undefined
        if (this.#left) return
        if (this.#memberId !== '' && this.#signal === 'none') this.#scheduleHeartbeat()
        if (this.#rejoinAfterwards && this.#signal === 'none') this.#raise('rejoin')
        this.#rejoinAfterwards = false
      })
    this.#joining = joining
    return joining
  }

  /**
   * The identity that offsets refused under `stale` can be sent with again: the one of the generation that was made meanwhile, if this
   * is still the same member.
   */
  async renewed(stale: GroupMetadata): Promise<GroupMetadata | undefined> {
    const joining = this.#joining
    if (stale.memberId !== this.#memberId) return undefined
    if (joining === undefined && this.#generationId <= stale.generationId) return undefined
    await joining?.catch(() => undefined)
    const isOut = this.#signal === 'lost' || this.#signal === 'fenced' || this.#left
    return isOut || stale.memberId !== this.#memberId ? undefined : this.metadata
  }

  /** Ends the membership; `via` has connections that no held back request blocks. */
  async leave(via: Cluster): Promise<void> {
    this.stop()
    if (this.#memberId === '' || this.#signal === 'fenced') return
    const { groupId } = this.#options
    try {
      const coordinator = await via.coordinator('group', groupId)
      await coordinator.send(leaveGroupRequest(this.metadata))
    } catch (error) {
      if (failureType(error) === 'UNKNOWN_MEMBER_ID') return
      // The session times out in its stead.
      via.options.logger.warn({ cause: describe(error) }, `leave group ${groupId}: failed`)
    }
  }

  /** Without leaving: the coordinator keeps the place until the session ends. */
  stop(): void {
    this.#left = true
    this.#stopTimers()
  }

  async #joinUntilSettled(
    owned: readonly TopicPartition[],
  ): Promise<GrantedAssignment | undefined> {
    for (;;) {
      this.#failIfLeft()
      try {
        return await this.#joinOnce(owned)
      } catch (error) {
        const type = failureType(error)
        const meaning = type === undefined ? undefined : VERDICTS[type]
        if (meaning === undefined) throw error
        if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
        if (meaning === 'fenced' || (meaning === 'lost' && owned.length > 0)) {
          this.#raise(meaning)
          return undefined
        }
      }
    }
  }

  async #joinOnce(owned: readonly TopicPartition[]): Promise<GrantedAssignment | undefined> {
    const { assignor, rebalanceTimeoutMs } = this.#options
    const former = this.#generationId
    const isNew = this.#memberId === ''
    const answer = await this.#askToJoin(owned)
    this.#memberId = answer.memberId
    this.#generationId = answer.generationId
    if (owned.length > 0 && answer.generationId > former + 1) {
      // A static member is kept when it misses a rebalance, but what it held may have gone to another.
      this.#raise('lost')
      return undefined
    }
    const assignments = answer.leads ? await this.#assign(answer) : []
    const timeoutMs = rebalanceTimeoutMs + JOIN_GRACE_MS
    const coordinator = await this.#coordinator()
    const bytes = await coordinator.send(
      syncGroupRequest(
        this.metadata,
        protocolName(this.#options, assignor),
        assignments,
        timeoutMs,
      ),
    )
    const granted = decodeAssignment(bytes)
    if (granted.incomplete) this.#expectFollowUp(isNew)
    return granted
  }

  async #askToJoin(owned: readonly TopicPartition[]): Promise<JoinAnswer> {
    const { groupId, groupInstanceId, topics, assignor, userData } = this.#options
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#options
    for (;;) {
      this.#failIfLeft()
      const generationId = this.#generationId
      const subscription = { topics, userData: userData(), owned, generationId }
      const coordinator = await this.#coordinator()
      const answer = await coordinator.send(
        joinGroupRequest(
          {
            groupId,
            memberId: this.#memberId,
            groupInstanceId,
            sessionTimeoutMs,
            rebalanceTimeoutMs,
            protocolName: protocolName(this.#options, assignor),
            subscription: encodeSubscription(subscription),
          },
          rebalanceTimeoutMs + JOIN_GRACE_MS,
        ),
      )
      if (!answer.again) return answer
      this.#memberId = answer.memberId
    }
  }

  async #assign({ members, skipAssignment }: JoinAnswer) {
    if (skipAssignment) {
      const topics = topicsOf(members)
      this.#watch.start(topics, await this.#watch.counts(topics))
      return []
    }
    const { assignor } = this.#options
    const { topics, counts, assignments } = await divide(members, assignor, (names) =>
      this.#watch.counts(names),
    )
    this.#watch.start(topics, counts)
    return assignments
  }

  /**
   * Owners rejoin as soon as they have given up what goes. A member that has come back to its static place asks at once: perhaps its
   * predecessor was to give something up. Should an owner never do it, the rebalance asked for here puts it out.
   */
  #expectFollowUp(atOnce: boolean): void {
    const { groupInstanceId, rebalanceTimeoutMs } = this.#options
    if (atOnce && groupInstanceId !== undefined) this.#rejoinAfterwards = true
    else this.#followUp = setTimeout(() => this.requestRejoin(), rebalanceTimeoutMs)
  }

  #scheduleHeartbeat(): void {
    const { sessionTimeoutMs } = this.#options
    const everyMs = Math.min(HEARTBEAT_MS_MAX, Math.floor(sessionTimeoutMs / 3))
    const round = this.#round
    this.#heartbeat = setTimeout(() => {
      const sentMs = this.#cluster.options.clock.monotonicMs()
      const isCurrent = () => round === this.#round && !this.#left
      this.#beat()
        .then(() => {
          if (isCurrent()) this.#confirm(sentMs)
        })
        .catch((error: unknown) => {
          if (isCurrent()) this.#judge(error, sentMs)
        })
        .finally(() => {
          const isMember = this.#signal === 'none' || this.#signal === 'rejoin'
          if (isMember && isCurrent()) this.#scheduleHeartbeat()
        })
    }, everyMs)
  }

  async #beat(): Promise<void> {
    const coordinator = await this.#coordinator()
    const timeoutMs = Math.floor(this.#options.sessionTimeoutMs / 3)
    await coordinator.send(heartbeatRequest(this.metadata, timeoutMs))
  }

  #judge(error: unknown, sentMs: number): void {
    const type = failureType(error)
    const verdict = type === undefined ? undefined : VERDICTS[type]
    if (verdict === 'rejoin') {
      this.#confirm(sentMs)
      if (this.#signal === 'none') this.#raise('rejoin')
    } else if (verdict !== undefined) {
      if (type === 'UNKNOWN_MEMBER_ID') this.#memberId = ''
      this.#raise(verdict)
    } else if (!this.#cluster.closed) {
      // The coordinator is away: whether this member still belongs is known when it answers again.
      this.#cluster.forget()
    }
  }

  #confirm(atMs: number): void {
    const wasConfirmed = this.confirmed
    this.#confirmedMs = atMs
    if (!wasConfirmed) this.#onSignal()
  }

  #raise(signal: 'rejoin' | 'lost' | 'fenced'): void {
    this.#signal = signal
    this.#onSignal()
  }

  #coordinator() {
    return this.#cluster.coordinator('group', this.#options.groupId)
  }

  #failIfLeft(): void {
    if (!this.#left) return
    const { groupId } = this.#options
    throw new StreamsError('LOG_CLOSED', `a member left ${groupId}`, {}, 'Open another one.')
  }

  #stopTimers(): void {
    clearTimeout(this.#heartbeat)
    clearTimeout(this.#followUp)
    this.#watch.stop()
  }
}

/** What refusals of the coordinator mean for a member; others are troubles of the coordinator. */
const VERDICTS: Readonly<Record<string, 'rejoin' | 'lost' | 'fenced'>> = {
  REBALANCE_IN_PROGRESS: 'rejoin',
  UNKNOWN_MEMBER_ID: 'lost',
  ILLEGAL_GENERATION: 'lost',
  FENCED_INSTANCE_ID: 'fenced',
}

/** Members of different protocols must not meet in one generation: the coordinator refuses names that differ. */
function protocolName(
  { rebalance }: Pick<MembershipOptions, 'rebalance'>,
  assignor: PartitionAssignor,
): string {
  return rebalance === 'eager' ? assignor.name : `cooperative-${assignor.name}`
}
