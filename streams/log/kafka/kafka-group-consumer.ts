import { StreamsError } from '../../errors.ts'
import { assignBalanced } from '../balanced-assignor.ts'
import type {
  FetchedBatch,
  GroupConsumer,
  GroupConsumerOptions,
  GroupMetadata,
  OffsetCommit,
  PartitionAssignor,
  TopicPartition,
} from '../log.ts'
import { without } from '../ownership.ts'
import type { Cluster } from './cluster.ts'
import { Fetcher } from './fetcher.ts'
import { GroupMembership, type MembershipSignal } from './group-membership.ts'
import { commitOffsets, committedOffsets } from './group-offsets.ts'
import type { GrantedAssignment } from './group-protocol.ts'
import { withRenewal } from './member-renewal.ts'
import { boundary } from './partition-offsets.ts'
import { partitionKey } from './partitions.ts'
import { rangeAssignor } from './range-assignor.ts'

const DEFAULTS = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  bufferedBytesMax: 16 * 1024 * 1024,
}

/**
 * A member that is driven by `poll`: rebalances go on in the background, and what they decide is carried out in the next poll. Under
 * eager rebalancing everything is released before the member joins; under cooperative rebalancing it is held, and goes on being
 * delivered, until the new assignment says what goes.
 */
export class KafkaGroupConsumer implements GroupConsumer {
  readonly #cluster: Cluster
  readonly #memberCluster: Cluster
  readonly #options: GroupConsumerOptions
  readonly #membership: GroupMembership
  readonly #fetcher: Fetcher
  readonly #onClosed: () => void
  /** Until its revocation has been told, and nothing longer. */
  #held: readonly TopicPartition[] = []
  /** The generation in which each was assigned. */
  readonly #heldSince = new Map<string, number>()
  #mustJoin = true
  #joining = false
  #joined: GrantedAssignment | undefined
  #joinFailure: unknown
  /** Partitions were given up that the group waits for. */
  #followUp = false
  #closed = false

  /** `memberCluster` is for the requests of the membership, which the broker holds back; it is closed with the consumer. */
  constructor(
    cluster: Cluster,
    memberCluster: Cluster,
    options: GroupConsumerOptions,
    onClosed: () => void = () => {},
  ) {
    this.#cluster = cluster
    this.#memberCluster = memberCluster
    this.#options = options
    this.#onClosed = onClosed
    this.#fetcher = new Fetcher(cluster, {
      isolation: options.isolation ?? 'read_committed',
      bufferedBytesMax: options.bufferedBytesMax ?? DEFAULTS.bufferedBytesMax,
      onOutOfRange: (partition, offset) => this.#resetOffset(partition, offset),
    })
    const rebalance = options.rebalance ?? 'eager'
    this.#membership = new GroupMembership(
      memberCluster,
      {
        groupId: options.groupId,
        groupInstanceId: options.groupInstanceId,
        topics: options.topics,
        assignor: options.assignor ?? (rebalance === 'eager' ? rangeAssignor : balancedAssignor),
        rebalance,
        userData: options.userData ?? (() => new Uint8Array()),
        sessionTimeoutMs: options.sessionTimeoutMs ?? DEFAULTS.sessionTimeoutMs,
        rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? DEFAULTS.rebalanceTimeoutMs,
      },
      () => this.#fetcher.wake(),
    )
  }

  async poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    if (this.#closed) {
      throw new StreamsError('LOG_CLOSED', 'poll of a closed consumer', {}, 'Open another one.')
    }
    const { clock } = this.#cluster.options
    const untilMs = clock.monotonicMs() + options.maxWaitMs
    for (;;) {
      await this.#takePart()
      if (this.#closed) return []
      const leftMs = Math.max(0, untilMs - clock.monotonicMs())
      // After a pause as long as the session others may own the partitions: nothing is delivered before the coordinator has answered.
      const batches = this.#membership.confirmed
        ? await this.#fetcher.poll(leftMs, options.recordsMax)
        : await this.#fetcher.idle(leftMs)
      if (batches.length > 0 || this.#closed || clock.monotonicMs() >= untilMs) return batches
    }
  }

  assignment(): readonly TopicPartition[] {
    return this.#held
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#fetcher.seek(partition, offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#fetcher.setPaused(partitions, true)
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#fetcher.setPaused(partitions, false)
  }

  groupMetadata(): GroupMetadata {
    return this.#membership.metadata
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly (OffsetCommit | undefined)[]> {
    return committedOffsets(this.#cluster, this.#options.groupId, partitions, true)
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<void> {
    await withRenewal(
      this.#membership.metadata,
      offsets,
      (stale, partitions) => this.renewed(stale, partitions),
      (group) => commitOffsets(this.#cluster, group, offsets),
    )
  }

  /** For offsets that were refused because a rebalance went by. */
  async renewed(
    stale: GroupMetadata,
    partitions: readonly TopicPartition[],
  ): Promise<GroupMetadata | undefined> {
    if (stale.groupId !== this.#options.groupId) return undefined
    const renewed = await this.#membership.renewed(stale)
    const since = (at: TopicPartition) => this.#heldSince.get(partitionKey(at)) ?? Infinity
    return partitions.every((at) => since(at) <= stale.generationId) ? renewed : undefined
  }

  async rejoin(): Promise<void> {
    if (!this.#mustJoin || this.#joining) this.#membership.requestRejoin()
  }

  async close(options: { readonly leaveGroup?: boolean } = {}): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await this.#giveUp(this.#held, isOut(this.#membership.signal))
      if (options.leaveGroup === false) this.#membership.stop()
      else await this.#membership.leave(this.#cluster)
    } finally {
      this.#membership.stop()
      this.#fetcher.close()
      this.#onClosed()
      await Promise.all([this.#memberCluster.close(), this.#cluster.close()])
    }
  }

  /** Carries out what the last rebalance decided, and takes part in the next one. */
  async #takePart(): Promise<void> {
    while (!this.#closed && !this.#joining) {
      this.#throwJoinFailure()
      const { signal } = this.#membership
      if (isOut(signal)) {
        this.#joined = undefined
        this.#followUp = false
        await this.#giveUp(this.#held, true)
        if (signal === 'fenced') throw this.#fenced()
        this.#startJoin()
      } else if (this.#joined !== undefined) {
        await this.#adopt(this.#joined)
      } else if (this.#mustJoin || signal === 'rejoin') {
        if (this.#options.rebalance !== 'cooperative') await this.#giveUp(this.#held, false)
        this.#startJoin()
      } else {
        return
      }
    }
  }

  #startJoin(): void {
    if (this.#closed) return
    this.#joining = true
    this.#mustJoin = true
    this.#membership
      .join(this.#held)
      .then((joined) => {
        this.#joined = joined
        this.#mustJoin = false
      })
      .catch((error: unknown) => {
        this.#joinFailure = error
      })
      .finally(() => {
        this.#joining = false
        this.#fetcher.wake()
      })
  }

  #throwJoinFailure(): void {
    const failure = this.#joinFailure
    this.#joinFailure = undefined
    if (failure !== undefined) throw failure
  }

  /** What goes is given up first. What comes gets positions, then `onAssigned`, which may seek. */
  async #adopt(joined: GrantedAssignment): Promise<void> {
    const gone = without(this.#held, joined.partitions)
    if (gone.length > 0) {
      this.#followUp = true
      await this.#giveUp(gone, false)
    }
    const added = without(joined.partitions, this.#held)
    const sought = this.#options.positions === 'sought'
    const positions = sought
      ? added.map((partition) => ({ ...partition, offset: 0 }))
      : await this.#startPositions(added)
    this.#joined = undefined
    this.#held = joined.partitions
    const { generationId } = this.#membership.metadata
    for (const at of added) this.#heldSince.set(partitionKey(at), generationId)
    this.#fetcher.add(positions, sought)
    try {
      await this.#options.onAssigned?.(added, joined.userData)
    } finally {
      if (this.#followUp) this.#membership.requestRejoin()
      this.#followUp = false
    }
  }

  async #giveUp(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    if (partitions.length === 0) return
    this.#fetcher.remove(partitions)
    try {
      await this.#options.onRevoked?.(partitions, lost)
    } finally {
      this.#held = without(this.#held, partitions)
      for (const at of partitions) this.#heldSince.delete(partitionKey(at))
    }
  }

  #fenced(): StreamsError {
    const { groupId, groupInstanceId } = this.#options
    return new StreamsError(
      'LOG_INSTANCE_FENCED',
      `another member of group ${groupId} has taken the place of ${groupInstanceId}`,
      {},
      'Give every living member a groupInstanceId of its own, then start this one again.',
    )
  }

  async #startPositions(partitions: readonly TopicPartition[]) {
    const committed = await this.committed(partitions)
    const missing = partitions.filter((_, index) => committed[index] === undefined)
    const boundaries = await boundary(this.#cluster, missing, this.#resetTo())
    const resets = new Map(missing.map((each, index) => [partitionKey(each), boundaries[index]]))
    return partitions.map(({ topic, partition }, index) => {
      const reset = resets.get(partitionKey({ topic, partition })) ?? 0
      return { topic, partition, offset: committed[index]?.offset ?? reset }
    })
  }

  async #resetOffset(partition: TopicPartition, offset: number): Promise<number> {
    const { topic, partition: number } = partition
    const [reset = 0] = await boundary(this.#cluster, [partition], this.#resetTo())
    this.#cluster.options.logger.warn(
      { topic, partition: number, offset },
      `the committed offset is outside of the log: going on at ${reset}`,
    )
    return reset
  }

  #resetTo(): 'earliest' | 'latest' {
    return this.#options.onMissingOffset ?? 'earliest'
  }
}

/** Whether the coordinator counts this member no more. */
const isOut = (signal: MembershipSignal): boolean => signal === 'lost' || signal === 'fenced'

/** Moves only what it must: for groups that bring no assignor and rebalance cooperatively. */
const balancedAssignor: PartitionAssignor = {
  name: 'balanced',
  assign: (members, counts) =>
    assignBalanced(
      members,
      counts,
      new Map(members.map(({ memberId, owned }) => [memberId, owned])),
    ),
}
