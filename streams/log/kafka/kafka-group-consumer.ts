import { StreamsError } from '../../errors.ts'
import type {
  FetchedBatch,
  GroupConsumer,
  GroupConsumerOptions,
  GroupMetadata,
  MemberAssignment,
  OffsetCommit,
  TopicPartition,
} from '../log.ts'
import type { Cluster } from './cluster.ts'
import { Fetcher } from './fetcher.ts'
import { GroupMembership } from './group-membership.ts'
import { commitOffsets, committedOffsets } from './group-offsets.ts'
import { boundary } from './partition-offsets.ts'
import { partitionKey } from './partitions.ts'
import { Pause } from './pause.ts'
import { rangeAssignor } from './range-assignor.ts'

const DEFAULTS = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  bufferedBytesMax: 16 * 1024 * 1024,
}

/**
 * A member that is driven by `poll`: rebalances go on in the background, and what they decide is carried out at the next poll. The
 * group rebalances eagerly: everybody releases everything before the new assignment is made.
 */
export class KafkaGroupConsumer implements GroupConsumer {
  readonly #cluster: Cluster
  readonly #options: GroupConsumerOptions
  readonly #membership: GroupMembership
  readonly #fetcher: Fetcher
  readonly #joins = new Pause()
  #assigned: readonly TopicPartition[] = []
  #joining: 'not-joined' | 'under-way' | 'done' = 'not-joined'
  #joined: MemberAssignment | undefined
  #joinFailure: unknown
  #closed = false

  constructor(cluster: Cluster, options: GroupConsumerOptions) {
    this.#cluster = cluster
    this.#options = options
    this.#fetcher = new Fetcher(cluster, {
      isolation: options.isolation ?? 'read_committed',
      bufferedBytesMax: options.bufferedBytesMax ?? DEFAULTS.bufferedBytesMax,
      onOutOfRange: (partition, offset) => this.#resetOffset(partition, offset),
    })
    this.#membership = new GroupMembership(
      cluster,
      {
        groupId: options.groupId,
        topics: options.topics,
        assignor: options.assignor ?? rangeAssignor,
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
    await this.#release()
    await this.#adopt(untilMs)
    if (this.#joining !== 'done' || this.#closed) return []
    return this.#fetcher.poll(Math.max(0, untilMs - clock.monotonicMs()), options.recordsMax)
  }

  assignment(): readonly TopicPartition[] {
    return this.#assigned
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
    await commitOffsets(this.#cluster, this.#membership.metadata, offsets)
  }

  async rejoin(): Promise<void> {
    if (this.#joining === 'done') this.#membership.requestRejoin()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      const lost = this.#membership.signal === 'lost'
      await this.#revoke(lost)
      await this.#membership.leave()
    } finally {
      this.#fetcher.close()
      this.#joins.end()
      await this.#cluster.close()
    }
  }

  /** Gives the partitions back when a rebalance is due, and starts to join. */
  async #release(): Promise<void> {
    if (this.#joining === 'under-way') return
    const { signal } = this.#membership
    if (this.#joining === 'done' && signal === 'none') return
    await this.#revoke(signal === 'lost')
    this.#joining = 'under-way'
    this.#membership
      .join()
      .then((assignment) => {
        this.#joined = assignment
      })
      .catch((error: unknown) => {
        this.#joinFailure = error
      })
      .finally(() => this.#joins.wake())
  }

  async #revoke(lost: boolean): Promise<void> {
    const revoked = this.#assigned
    this.#assigned = []
    this.#fetcher.assign([])
    if (revoked.length > 0) await this.#options.onRevoked?.(revoked, lost)
  }

  /** Waits for the join and takes what it brought: positions first, then `onAssigned`, which may seek. */
  async #adopt(untilMs: number): Promise<void> {
    const { clock } = this.#cluster.options
    while (this.#joining === 'under-way' && this.#joined === undefined) {
      if (this.#joinFailure !== undefined) {
        const failure = this.#joinFailure
        this.#joinFailure = undefined
        this.#joining = 'not-joined'
        throw failure
      }
      const leftMs = untilMs - clock.monotonicMs()
      if (leftMs <= 0 || this.#closed) return
      await this.#joins.sleep(leftMs)
    }
    if (this.#joined === undefined) return
    const { partitions: joined, userData } = this.#joined
    const sought = this.#options.positions === 'sought'
    const positions = sought
      ? joined.map((partition) => ({ ...partition, offset: 0 }))
      : await this.#startPositions(joined)
    this.#joined = undefined
    this.#joining = 'done'
    this.#assigned = joined
    this.#fetcher.assign(positions, sought)
    await this.#options.onAssigned?.(joined, userData ?? new Uint8Array())
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
