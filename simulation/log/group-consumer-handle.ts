import type {
  FetchedBatch,
  GroupConsumer,
  GroupConsumerOptions,
  GroupMetadata,
  OffsetCommit,
  TopicPartition,
} from '#streams/log'
import type { Machine } from '../machine.ts'
import type { Broker } from './broker.ts'
import { Cursors } from './cursors.ts'
import { closed, instanceFenced } from './errors.ts'
import type { Beat, Joined } from './group.ts'
import { placeName } from './place.ts'
import { spreadAssignor } from './spread-assignor.ts'

const DEFAULTS = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, recordsMax: 5_000 }
const HEARTBEAT_MS_MAX = 500
const NO_USER_DATA = new Uint8Array(0)

/** What a member has to do before it reads on. */
type Due = 'nothing' | 'join' | 'join-anew'

/** A member as Kafka's clients are one: heartbeats and joins go on beside, and what they bring is carried out within `poll`. */
export class GroupConsumerHandle implements GroupConsumer {
  readonly #broker: Broker
  readonly #machine: Machine
  readonly #options: GroupConsumerOptions
  readonly #cursors = new Cursors()
  #memberId: string
  #generation = -1
  #assigned: readonly TopicPartition[] = []
  #due: Due = 'join'
  #joining: 'no' | 'under-way' | 'done' = 'no'
  #joined: Joined | undefined
  #joinFailure: unknown
  #isFenced = false
  #isClosed = false
  #beats: (() => void) | undefined
  #wake: (() => void) | undefined
  #polls = 0

  constructor(broker: Broker, machine: Machine, options: GroupConsumerOptions) {
    this.#broker = broker
    this.#machine = machine
    this.#options = options
    this.#memberId = this.#newMemberId()
  }

  async poll(options: {
    readonly maxWaitMs: number
    readonly recordsMax?: number
  }): Promise<readonly FetchedBatch[]> {
    if (this.#isClosed) throw closed('the consumer')
    if (this.#isFenced) {
      await this.#revoke(this.#assigned, true)
      throw instanceFenced(this.#options.groupInstanceId ?? '')
    }
    const { clock } = this.#machine
    const untilMs = clock.monotonicMs() + options.maxWaitMs
    const leftMs = () => Math.max(0, untilMs - clock.monotonicMs())
    await this.#startJoin()
    if (this.#joining === 'under-way' && !this.#isCooperative) await this.#wait(leftMs())
    await this.#adopt()
    if (this.#isClosed || (this.#joining === 'under-way' && !this.#isCooperative)) return []
    return this.#fetch(leftMs(), options.recordsMax ?? DEFAULTS.recordsMax)
  }

  assignment(): readonly TopicPartition[] {
    return this.#assigned
  }

  seek(partition: TopicPartition, offset: number): void {
    this.#cursors.seek(partition, offset)
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#cursors.setPaused(at, true)
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#cursors.setPaused(at, false)
    this.#wake?.()
  }

  groupMetadata(): GroupMetadata {
    const { groupId, groupInstanceId } = this.#options
    return {
      groupId,
      memberId: this.#generation < 0 ? '' : this.#memberId,
      generationId: this.#generation,
      ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
    }
  }

  committed(partitions: readonly TopicPartition[]): Promise<readonly (OffsetCommit | undefined)[]> {
    return this.#broker.network.call(
      this.#machine,
      'groups',
      'committed',
      () => this.#broker.offsets.stable(this.#options.groupId, partitions),
      { isRead: true },
    )
  }

  async commit(offsets: readonly OffsetCommit[]): Promise<void> {
    const metadata = this.groupMetadata()
    const { groupId } = metadata
    await this.#broker.network.call(this.#machine, 'groups', 'commit offsets', () => {
      this.#broker.offsets.requireMember(metadata, offsets)
      this.#broker.offsets.commit(groupId, offsets, undefined)
    })
  }

  async rejoin(): Promise<void> {
    if (this.#due === 'nothing') this.#due = 'join'
    this.#wake?.()
  }

  async close({ leaveGroup = true }: { readonly leaveGroup?: boolean } = {}): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wake?.()
    try {
      await this.#revoke(this.#assigned, this.#due === 'join-anew' || this.#isFenced)
      this.#beats?.()
      if (leaveGroup && !this.#isFenced) await this.#leave()
    } finally {
      this.#beats?.()
      this.#cursors.clear()
    }
  }

  get #isCooperative(): boolean {
    return this.#options.rebalance === 'cooperative'
  }

  #newMemberId(): string {
    return `${this.#options.clientId}-${this.#broker.nextNumber()}`
  }

  async #leave(): Promise<void> {
    const memberId = this.#memberId
    const group = this.#broker.group(this.#options.groupId)
    await this.#broker.network
      .call(this.#machine, 'groups', 'leave', () => group.leave(memberId))
      // The session ends in its stead.
      .catch(() => {})
  }

  /** Gives up what has to go first, then joins in the background. */
  async #startJoin(): Promise<void> {
    if (this.#joining !== 'no' && this.#due === 'nothing') return
    if (this.#joining === 'under-way' || this.#joined !== undefined) return
    const isLost = this.#due === 'join-anew'
    if (isLost || !this.#isCooperative) await this.#revoke(this.#assigned, isLost)
    if (isLost) {
      this.#memberId = this.#newMemberId()
      this.#generation = -1
    }
    if (this.#isClosed) return
    this.#joining = 'under-way'
    this.#due = 'nothing'
    this.#beats?.()
    this.#join()
  }

  #join(): void {
    const { groupId, clientId, groupInstanceId, topics, rebalance = 'eager' } = this.#options
    const request = {
      memberId: this.#memberId,
      clientId,
      groupInstanceId,
      topics,
      assignor: this.#options.assignor ?? spreadAssignor,
      rebalance,
      sessionTimeoutMs: this.#options.sessionTimeoutMs ?? DEFAULTS.sessionTimeoutMs,
      rebalanceTimeoutMs: this.#options.rebalanceTimeoutMs ?? DEFAULTS.rebalanceTimeoutMs,
      userData: this.#options.userData?.() ?? NO_USER_DATA,
      owned: this.#isCooperative ? this.#assigned : [],
      generation: this.#generation,
      request: this.#broker.nextNumber(),
    }
    const group = this.#broker.group(groupId)
    void this.#broker.network
      .call(this.#machine, 'groups', `join ${request.memberId}`, () => {
        for (const topic of topics) this.#broker.partitions(topic)
        return group.join(request)
      })
      .then((joined) => {
        this.#joined = joined
        // Others take its offsets for those of this generation from now on.
        if (joined.generation >= 0) this.#generation = joined.generation
      })
      .catch((error: unknown) => {
        this.#joinFailure = error
      })
      .finally(() => {
        this.#joining = 'done'
        this.#scheduleBeat()
        this.#wake?.()
      })
  }

  async #adopt(): Promise<void> {
    if (this.#joinFailure !== undefined) {
      const failure = this.#joinFailure
      this.#joinFailure = undefined
      this.#joining = 'no'
      this.#due = 'join'
      throw failure
    }
    const joined = this.#joined
    if (joined === undefined || this.#isClosed) return
    this.#joined = undefined
    if (joined.generation < 0) {
      this.#due = 'join-anew'
      this.#joining = 'no'
      return
    }
    const wanted = new Set(joined.partitions.map(placeName))
    const gone = this.#assigned.filter((at) => !wanted.has(placeName(at)))
    await this.#revoke(gone, false)
    if (this.#isClosed) return
    // Who has given up something asks for the rebalance that hands it out.
    if (gone.length > 0 && this.#due === 'nothing') this.#due = 'join'
    const had = new Set(this.#assigned.map(placeName))
    const added = joined.partitions.filter((at) => !had.has(placeName(at)))
    await this.#place(added)
    this.#assigned = [...this.#assigned, ...added]
    await this.#options.onAssigned?.(added, joined.userData)
  }

  async #place(added: readonly TopicPartition[]): Promise<void> {
    const partitions = added.map((at) => this.#broker.partition(at))
    if (this.#options.positions === 'sought') {
      for (const partition of partitions) this.#cursors.add(partition, undefined)
      return
    }
    const committed = added.length === 0 ? [] : await this.committed(added)
    for (const [index, partition] of partitions.entries()) {
      const missing =
        this.#options.onMissingOffset === 'latest' ? partition.endOffset : partition.startOffset
      this.#cursors.add(partition, committed[index]?.offset ?? missing)
    }
  }

  async #revoke(gone: readonly TopicPartition[], lost: boolean): Promise<void> {
    if (gone.length === 0) return
    const names = new Set(gone.map(placeName))
    for (const at of gone) this.#cursors.remove(at)
    try {
      await this.#options.onRevoked?.(gone, lost)
    } finally {
      this.#assigned = this.#assigned.filter((at) => !names.has(placeName(at)))
    }
  }

  async #fetch(maxWaitMs: number, recordsMax: number): Promise<readonly FetchedBatch[]> {
    const plan = this.#cursors.plan(this.#polls++)
    if (plan.positions.length === 0) {
      await this.#wait(maxWaitMs)
      return []
    }
    const { isolation = 'read_committed' } = this.#options
    const batches = await this.#broker.network.call(
      this.#machine,
      'data',
      'fetch',
      () => this.#broker.fetch(plan.positions, { isolation, recordsMax, maxWaitMs }),
      { isRead: true },
    )
    return this.#isClosed ? [] : this.#cursors.take(batches, plan)
  }

  #wait(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel()
        this.#wake = undefined
        resolve()
      }
      const cancel = this.#machine.timers.after(maxWaitMs, done)
      this.#wake = done
    })
  }

  #scheduleBeat(): void {
    if (this.#isClosed) return
    const { sessionTimeoutMs = DEFAULTS.sessionTimeoutMs, groupId } = this.#options
    const everyMs = Math.min(HEARTBEAT_MS_MAX, sessionTimeoutMs / 3)
    const [memberId, generation] = [this.#memberId, this.#generation]
    const group = this.#broker.group(groupId)
    this.#beats?.()
    this.#beats = this.#machine.timers.after(everyMs, () => {
      void this.#broker.network
        .call(this.#machine, 'groups', 'beat', () => group.beat(memberId, generation), {
          isRead: true,
        })
        // Whether it still belongs is known when the coordinator answers again.
        .catch((): Beat => 'fine')
        .then((beat) => {
          if (memberId !== this.#memberId || generation !== this.#generation) return
          if (this.#joining === 'under-way') return
          this.#judge(beat)
          if (this.#due !== 'join-anew') this.#scheduleBeat()
        })
    })
  }

  #judge(beat: Beat): void {
    if (beat === 'fine') return
    if (beat === 'rebalance') {
      if (this.#due === 'nothing') this.#due = 'join'
    } else {
      this.#due = 'join-anew'
      this.#isFenced = beat === 'instance-fenced'
    }
    this.#wake?.()
  }
}
