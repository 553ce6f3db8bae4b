import protocol from 'kafkajs/src/consumer/assignerProtocol.js'
import { StreamsError } from '../../errors.ts'
import type { GroupMember, GroupMetadata, MemberAssignment, PartitionAssignor } from '../log.ts'
import type { Cluster } from './cluster.ts'
import { describe, failureType } from './failures.ts'
import { byTopic } from './partitions.ts'

export interface MembershipOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  readonly assignor: PartitionAssignor
  readonly userData: () => Uint8Array
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

/** What a member has to do before it reads on: `rejoin` with its partitions released, or `lost` without them. */
export type MembershipSignal = 'none' | 'rejoin' | 'lost'

/** A rebalance is noticed by the answer to a heartbeat: six times faster than Kafka's default. */
const HEARTBEAT_MS_MAX = 500
/** How often the leader looks whether the topics have other partitions than it assigned. */
const METADATA_CHECK_MS = 10_000
const METADATA_CHECK_WHEN_MISSING_MS = 1_000

/** A member of a classic consumer group: joins, assigns when it leads, and heartbeats in the background. */
export class GroupMembership {
  readonly #cluster: Cluster
  readonly #options: MembershipOptions
  readonly #onSignal: () => void
  #memberId = ''
  #generationId = -1
  #signal: MembershipSignal = 'none'
  #heartbeat: NodeJS.Timeout | undefined
  #check: NodeJS.Timeout | undefined
  #left = false

  constructor(cluster: Cluster, options: MembershipOptions, onSignal: () => void) {
    this.#cluster = cluster
    this.#options = options
    this.#onSignal = onSignal
  }

  get metadata(): GroupMetadata {
    return {
      groupId: this.#options.groupId,
      memberId: this.#memberId,
      generationId: this.#generationId,
    }
  }

  get signal(): MembershipSignal {
    return this.#signal
  }

  requestRejoin(): void {
    if (this.#signal === 'none') this.#raise('rejoin')
  }

  /** Joins, or joins again, and resolves with this member's partitions. Its former ones must be released before. */
  async join(): Promise<MemberAssignment> {
    this.#stopTimers()
    this.#signal = 'none'
    const what = `join group ${this.#options.groupId}`
    const assigned = await this.#cluster.retry(what, {}, async () => {
      for (;;) {
        try {
          return await this.#joinOnce()
        } catch (error) {
          const type = failureType(error)
          if (type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION') this.#memberId = ''
          else if (type !== 'REBALANCE_IN_PROGRESS') throw error
          if (this.#left || this.#cluster.closed) throw error
        }
      }
    })
    if (!this.#left) this.#scheduleHeartbeat()
    return assigned
  }

  async leave(): Promise<void> {
    this.#left = true
    this.#stopTimers()
    const memberId = this.#memberId
    if (memberId === '') return
    const { groupId } = this.#options
    try {
      const broker = await (await this.#cluster.coordinator('group', groupId)).broker()
      await broker.leaveGroup({ groupId, memberId })
    } catch (error) {
      // The session times out in its stead.
      this.#cluster.options.logger.warn(
        { cause: describe(error) },
        `leave group ${groupId}: failed`,
      )
    }
  }

  async #joinOnce(): Promise<MemberAssignment> {
    const { groupId, topics, assignor, userData } = this.#options
    const broker = await (await this.#cluster.coordinator('group', groupId)).broker()
    const subscription = { version: 0, topics: [...topics], userData: Buffer.from(userData()) }
    const joined = await broker.joinGroup({
      groupId,
      sessionTimeout: this.#options.sessionTimeoutMs,
      rebalanceTimeout: this.#options.rebalanceTimeoutMs,
      memberId: this.#memberId,
      groupProtocols: [
        { name: assignor.name, metadata: protocol.MemberMetadata.encode(subscription) },
      ],
    })
    this.#memberId = joined.memberId
    this.#generationId = joined.generationId
    const leads = joined.leaderId === joined.memberId
    const synced = await broker.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment: leads ? await this.#assign(joined.members) : [],
    })
    return decodeAssignment(synced.memberAssignment)
  }

  async #assign(members: readonly { memberId: string; memberMetadata: Buffer }[]) {
    const group = members
      .map(({ memberId, memberMetadata }): GroupMember => {
        const { topics, userData } = protocol.MemberMetadata.decode(memberMetadata)
        return { memberId, topics, userData: userData ?? new Uint8Array(), owned: [] }
      })
      .sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
    const topics = [...new Set(group.flatMap((member) => member.topics))].sort()
    const counts = await this.#partitionCounts(topics)
    const assignment = this.#options.assignor.assign(group, counts)
    this.#scheduleCheck(topics, counts)
    return group.map(({ memberId }) => ({
      memberId,
      memberAssignment: encodeAssignment(assignment.get(memberId) ?? { partitions: [] }),
    }))
  }

  async #partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { topics: known } = await this.#cluster.refresh(topics)
    const counts = new Map(known.map(({ topic, leaders }) => [topic, leaders.length]))
    return new Map(topics.flatMap((t) => (counts.has(t) ? [[t, counts.get(t) ?? 0] as const] : [])))
  }

  #scheduleCheck(topics: readonly string[], counts: ReadonlyMap<string, number>): void {
    const missing = counts.size < topics.length
    clearTimeout(this.#check)
    this.#check = setTimeout(
      () => {
        this.#partitionCounts(topics)
          .then((now) => {
            const changed = topics.some((topic) => now.get(topic) !== counts.get(topic))
            if (changed) this.requestRejoin()
            else if (this.#signal === 'none' && !this.#left) this.#scheduleCheck(topics, counts)
          })
          .catch(() => {
            if (this.#signal === 'none' && !this.#left) this.#scheduleCheck(topics, counts)
          })
      },
      missing ? METADATA_CHECK_WHEN_MISSING_MS : METADATA_CHECK_MS,
    )
  }

  #scheduleHeartbeat(): void {
    const everyMs = Math.min(HEARTBEAT_MS_MAX, Math.floor(this.#options.sessionTimeoutMs / 3))
    this.#heartbeat = setTimeout(() => {
      this.#beat()
        .catch((error: unknown) => this.#judge(error))
        .finally(() => {
          if (this.#signal === 'none' && !this.#left) this.#scheduleHeartbeat()
        })
    }, everyMs)
  }

  async #beat(): Promise<void> {
    const { groupId } = this.#options
    const broker = await (await this.#cluster.coordinator('group', groupId)).broker()
    await broker.heartbeat({
      groupId,
      groupGenerationId: this.#generationId,
      memberId: this.#memberId,
    })
  }

  #judge(error: unknown): void {
    const type = failureType(error)
    if (type === 'REBALANCE_IN_PROGRESS') {
      this.#raise('rejoin')
    } else if (type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION') {
      this.#memberId = ''
      this.#raise('lost')
    } else if (!this.#cluster.closed) {
      // The coordinator is away: whether this member still belongs is known when it answers again.
      this.#cluster.forget()
    }
  }

  #raise(signal: 'rejoin' | 'lost'): void {
    this.#signal = signal
    this.#onSignal()
  }

  #stopTimers(): void {
    clearTimeout(this.#heartbeat)
    clearTimeout(this.#check)
  }
}

function encodeAssignment({ partitions, userData }: MemberAssignment): Buffer {
  const assignment: Record<string, number[]> = {}
  for (const [topic, entries] of byTopic(partitions)) {
    assignment[topic] = entries.map((entry) => entry.partition)
  }
  return protocol.MemberAssignment.encode({
    version: 0,
    assignment,
    userData: Buffer.from(userData ?? []),
  })
}

function decodeAssignment(bytes: Buffer | null): MemberAssignment {
  if (bytes === null || bytes.length === 0) return { partitions: [] }
  const decoded = protocol.MemberAssignment.decode(bytes)
  if (decoded === null) {
    throw new StreamsError(
      'LOG_RESPONSE_MALFORMED',
      'the leader of the group sent an assignment that cannot be read',
      {},
      'Check that all members of the group run the same version.',
    )
  }
  const assigned = Object.entries(decoded.assignment).flatMap(([topic, partitions]) =>
    partitions.map((partition) => ({ topic, partition })),
  )
  return { partitions: assigned, userData: decoded.userData ?? new Uint8Array() }
}
