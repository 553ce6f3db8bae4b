import { systemClock } from '../../clock.ts'
import type { StreamsError } from '../../errors.ts'
import type {
  FetchedBatch,
  GroupConsumer,
  GroupMetadata,
  OffsetCommit,
  TopicPartition,
} from '../log.ts'
import { without } from '../ownership.ts'
import { BUFFERED_BYTES_DEFAULT, POLLED_RECORDS_DEFAULT } from './embedded-reader.ts'
import type { Group } from './group.ts'
import { type LogCore, requireOpen, writeAtomically } from './log-core.ts'
import { instanceFenced, logClosed, staleMember } from './log-errors.ts'
import type { MemberOptions } from './member-options.ts'
import { PartitionCursors } from './partition-cursors.ts'
import { Seat } from './seat.ts'
import { eventLoopTurn, Signal } from './signal.ts'

const NO_USER_DATA = new Uint8Array(0)

/**
 * A member of a group. It takes part in rebalances within `poll` only: between two polls its partitions are its own, unless
 * it does not poll for longer than the rebalance timeout. Under cooperative rebalancing it goes on delivering what it holds meanwhile.
 */
export class EmbeddedGroupConsumer implements GroupConsumer {
  readonly #core: LogCore
  readonly #options: MemberOptions
  readonly #signal = new Signal()
  readonly #cursors: PartitionCursors
  #seat: Seat | undefined
  /** Of `#partitions`. */
  #generation = -1
  #partitions: readonly TopicPartition[] = []
  /** The generation in which each of `#partitions` was assigned. */
  readonly #heldSince = new Map<string, number>()
  /** Those of `#partitions` for which `onAssigned` has not been called yet; `undefined` when it has been called for all. */
  #unannounced: readonly TopicPartition[] | undefined
  /** Partitions were given up that the group waits for. */
  #followUp = false
  #closed = false

  constructor(core: LogCore, options: MemberOptions) {
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
    const { groupInstanceId } = this.#options
    const memberId = this.#seat?.memberId ?? ''
    const metadata = { groupId, memberId, generationId: this.#generation }
    return groupInstanceId === undefined ? metadata : { ...metadata, groupInstanceId }
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
    this.#core.groups.requireMember(metadata, offsets)
    writeAtomically(this.#core, [], this.#core.offsets.checked(metadata.groupId, offsets))
  }

  async rejoin(): Promise<void> {
    this.#requireOpen()
    const seat = this.#seat
    if (seat === undefined || !this.#group().has(seat.memberId)) return
    seat.joined = false
    this.#group().rebalance()
  }

  async close(options: { readonly leaveGroup?: boolean } = {}): Promise<void> {
    if (this.#closed) return
    const seat = this.#seat
    try {
      const lost = seat === undefined || !this.#group().has(seat.memberId)
      if (!this.#core.closed) await this.#giveUp(this.#partitions, lost)
    } finally {
      this.#closed = true
      this.#cursors.clear()
      if (seat !== undefined && options.leaveGroup === false) this.#group().vacate(seat.memberId)
      else if (seat !== undefined) this.#group().leave(seat.memberId)
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
      const failure = seat?.takeFailure()
      if (failure !== undefined) throw failure.error
      if (seat === undefined || !group.has(seat.memberId)) {
        await this.#giveUp(this.#partitions, true)
        if (seat?.fenced === true) throw this.#fenced()
        this.#enter(group)
      } else if (this.#cooperative) {
        if (!(await this.#nextStep(group, seat))) return true
      } else if (group.rebalancing && !seat.joined) {
        await this.#giveUp(this.#partitions, false)
        await this.#join(group, seat)
      } else if (group.rebalancing) {
        return false
      } else if (!(await this.#nextStep(group, seat))) {
        return true
      }
    }
  }

  /** What a rebalance decided is carried out before the next one is joined. Answers whether there was something to do. */
  async #nextStep(group: Group, seat: Seat): Promise<boolean> {
    if (seat.generation > this.#generation) {
      await this.#adopt(group, seat)
    } else if (this.#unannounced !== undefined) {
      await this.#options.onAssigned?.(this.#unannounced, seat.assignedUserData)
      this.#unannounced = undefined
    } else if (this.#followUp) {
      this.#followUp = false
      if (!group.rebalancing && group.has(seat.memberId)) group.rebalance()
    } else if (group.rebalancing && !seat.joined) {
      await this.#join(group, seat)
    } else {
      return false
    }
    return true
  }

  #enter(group: Group): void {
    for (const topic of this.#options.topics) this.#core.topics.topic(topic)
    const seat = new Seat({
      memberId: this.#core.groups.nextMemberId(this.#options.clientId),
      consumer: this.#options,
      wake: () => this.#signal.notify(),
      heldSince: ({ topic, partition }) => this.#heldSince.get(`${topic}-${partition}`),
    })
    group.enter(seat)
    this.#seat = seat
    this.#generation = -1
    this.#followUp = false
  }

  async #join(group: Group, seat: Seat): Promise<void> {
    if (!group.has(seat.memberId) || seat.joined) return
    const said = this.#options.userData?.() ?? NO_USER_DATA
    const userData = said instanceof Promise ? await said : said
    if (this.#closed || !group.has(seat.memberId) || seat.joined) return
    group.join(seat, userData, this.#partitions)
  }

  async #adopt(group: Group, seat: Seat): Promise<void> {
    const gone = without(this.#partitions, seat.assignment)
    if (gone.length > 0) {
      this.#followUp = true
      await this.#giveUp(gone, false)
      if (!group.has(seat.memberId)) return
    }
    const added = without(seat.assignment, this.#partitions)
    this.#generation = seat.generation
    this.#partitions = seat.assignment
    this.#unannounced = added
    for (const at of added) {
      const log = this.#core.topics.partition(at)
      this.#heldSince.set(`${at.topic}-${at.partition}`, seat.generation)
      const committed = this.#core.offsets.get(this.#options.groupId, at)?.offset
      const missing =
        this.#options.onMissingOffset === 'latest' ? log.state.endOffset : log.state.startOffset
      this.#cursors.add(log, committed ?? missing)
    }
  }

  /** Partitions whose assignment was never announced are given up in silence. */
  async #giveUp(partitions: readonly TopicPartition[], lost: boolean): Promise<void> {
    const announced = without(partitions, this.#unannounced ?? [])
    try {
      if (announced.length > 0) await this.#options.onRevoked?.(announced, lost)
    } finally {
      this.#partitions = without(this.#partitions, partitions)
      if (this.#unannounced !== undefined) {
        const rest = without(this.#unannounced, partitions)
        this.#unannounced = this.#cooperative && !lost ? rest : undefined
      }
      for (const at of partitions) {
        this.#cursors.remove(at)
        this.#heldSince.delete(`${at.topic}-${at.partition}`)
      }
    }
  }

  get #cooperative(): boolean {
    return this.#options.rebalance === 'cooperative'
  }

  #fenced(): StreamsError {
    return instanceFenced(this.#options.groupId, this.#options.groupInstanceId ?? '')
  }

  #group(): Group {
    return this.#core.groups.group(this.#options.groupId)
  }

  #requireOpen(): void {
    requireOpen(this.#core)
    if (this.#closed) throw logClosed()
  }
}
