import { systemClock } from '../../clock.ts'
import type {
  FetchedBatch,
  GroupConsumer,
  GroupConsumerOptions,
  GroupMetadata,
  OffsetCommit,
  TopicPartition,
} from '../log.ts'
import { BUFFERED_BYTES_DEFAULT, POLLED_RECORDS_DEFAULT } from './embedded-reader.ts'
import type { Group, Seat } from './group.ts'
import { type LogCore, requireOpen, writeAtomically } from './log-core.ts'
import { logClosed, staleMember } from './log-errors.ts'
import { PartitionCursors } from './partition-cursors.ts'
import { eventLoopTurn, Signal } from './signal.ts'

const REBALANCE_TIMEOUT_DEFAULT_MS = 60_000
const NO_USER_DATA = new Uint8Array(0)

/**
 * A member of a group. It takes part in rebalances within `poll` only: between two polls its partitions are its own, unless
 * it does not poll for longer than the rebalance timeout.
 */
export class EmbeddedGroupConsumer implements GroupConsumer {
  readonly #core: LogCore
  readonly #options: GroupConsumerOptions
  readonly #signal = new Signal()
  readonly #cursors: PartitionCursors
  #seat: Seat | undefined
  /** Of `#partitions`. */
  #generation = -1
  #partitions: readonly TopicPartition[] = []
  /** Whether `onAssigned` has been called for `#partitions`. */
  #announced = true
  #closed = false

  constructor(core: LogCore, options: GroupConsumerOptions) {
    this.#core = core
    this.#options = options
    this.#cursors = new PartitionCursors({
      bytesMax: options.bufferedBytesMax ?? BUFFERED_BYTES_DEFAULT,
      wake: () => this.#signal.notify(),
    })
  }

  async poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    const recordsMax = options.recordsMax ?? POLLED_RECORDS_DEFAULT
    // Waiting is a matter of real time, whatever the log's clock says.
    const untilMs = systemClock.monotonicMs() + options.maxWaitMs
    for (;;) {
      this.#requireOpen()
      this.#signal.reset()
      const settled = await this.#takePart()
      const batches = settled ? this.#cursors.poll(recordsMax) : []
      const waitMs = untilMs - systemClock.monotonicMs()
      if (batches.length > 0 || waitMs <= 0) {
        await eventLoopTurn()
        return batches
      }
      await this.#signal.wait(Math.min(waitMs, this.#group().remainingMs() ?? waitMs))
      if (this.#closed) return []
    }
  }

  assignment(): readonly TopicPartition[] {
    return this.#partitions
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#cursors.seek(partition, offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#cursors.setPaused(partition, true)
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#cursors.setPaused(partition, false)
  }

  groupMetadata(): GroupMetadata {
    const { groupId } = this.#options
    return { groupId, memberId: this.#seat?.memberId ?? '', generationId: this.#generation }
  }

  async committed(
    partitions: readonly TopicPartition[],
  ): Promise<readonly (OffsetCommit | undefined)[]> {
    this.#requireOpen()
    return partitions.map((at) => this.#core.offsets.get(this.#options.groupId, at))
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<void> {
    this.#requireOpen()
    const metadata = this.groupMetadata()
    if (metadata.memberId === '') throw staleMember(metadata.groupId, 'without a place')
    this.#core.groups.requireMember(metadata)
    writeAtomically(this.#core, [], this.#core.offsets.checked(metadata.groupId, offsets))
  }

  async rejoin(): Promise<void> {
    this.#requireOpen()
    const seat = this.#seat
    if (seat === undefined || !this.#group().has(seat.memberId)) return
    seat.joined = false
    this.#group().rebalance()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    const seat = this.#seat
    try {
      const lost = seat === undefined || !this.#group().has(seat.memberId)
      if (!this.#core.closed) await this.#revoke(lost)
    } finally {
      this.#closed = true
      this.#cursors.clear()
      if (seat !== undefined) this.#group().leave(seat.memberId)
      this.#signal.notify()
    }
  }

  /** Does what the group asks for; answers whether records may be delivered. */
  async #takePart(): Promise<boolean> {
    const group = this.#group()
    for (;;) {
      this.#requireOpen()
      group.expire()
      const seat = this.#seat
      if (seat === undefined || !group.has(seat.memberId)) {
        await this.#revoke(true)
        this.#enter(group)
      } else if (group.rebalancing && !seat.joined) {
        await this.#revoke(false)
        if (group.has(seat.memberId) && !seat.joined) {
          group.join(seat, this.#options.userData?.() ?? NO_USER_DATA)
        }
      } else if (group.rebalancing) {
        return false
      } else if (this.#generation !== group.generation) {
        this.#adopt(seat, group.generation)
      } else if (!this.#announced) {
        await this.#options.onAssigned?.(this.#partitions, seat.assignedUserData)
        this.#announced = true
      } else {
        return true
      }
    }
  }

  #enter(group: Group): void {
    for (const topic of this.#options.topics) this.#core.topics.topic(topic)
    const seat: Seat = {
      memberId: this.#core.groups.nextMemberId(this.#options.clientId),
      clientId: this.#options.clientId,
      topics: this.#options.topics,
      assignor: this.#options.assignor,
      rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs ?? REBALANCE_TIMEOUT_DEFAULT_MS,
      wake: () => this.#signal.notify(),
      userData: NO_USER_DATA,
      joined: false,
      assignment: [],
      assignedUserData: NO_USER_DATA,
    }
    group.enter(seat)
    this.#seat = seat
  }

  #adopt(seat: Seat, generation: number): void {
    this.#generation = generation
    this.#partitions = seat.assignment
    this.#announced = false
    for (const at of seat.assignment) {
      const log = this.#core.topics.partition(at)
      const committed = this.#core.offsets.get(this.#options.groupId, at)?.offset
      const missing =
        this.#options.onMissingOffset === 'latest' ? log.state.endOffset : log.state.startOffset
      this.#cursors.add(log, committed ?? missing)
    }
  }

  /** Partitions whose assignment was never announced are given up in silence. */
  async #revoke(lost: boolean): Promise<void> {
    const partitions = this.#partitions
    try {
      if (partitions.length > 0 && this.#announced) {
        await this.#options.onRevoked?.(partitions, lost)
      }
    } finally {
      this.#partitions = []
      this.#announced = true
      this.#cursors.clear()
    }
  }

  #group(): Group {
    return this.#core.groups.group(this.#options.groupId)
  }

  #requireOpen(): void {
    requireOpen(this.#core)
    if (this.#closed) throw logClosed()
  }
}
