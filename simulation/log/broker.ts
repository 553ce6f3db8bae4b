import type {
  CleanupPolicy,
  FetchedBatch,
  Isolation,
  NewTopic,
  TopicDescription,
  TopicPartition,
} from '#streams/log'
import type { SeededRandom } from '../random.ts'
import type { Scheduler } from '../scheduler.ts'
import type { Trace } from '../trace.ts'
import { topicDiffers, unknownTopic } from './errors.ts'
import { Group } from './group.ts'
import { type CommittedOffset, GroupOffsets } from './group-offsets.ts'
import { Network } from './network.ts'
import { Partition } from './partition.ts'
import { TransactionCoordinator } from './transactions.ts'

/** Faults of the log itself, which no correct log has: a simulation that does not notice them proves nothing. */
export interface BrokerFaults {
  readonly fencingOff: boolean
  readonly dedupeRemoved: boolean
  readonly withholdsNothing: boolean
  /** Readers of committed records step over open transactions instead of waiting for them. */
  readonly stableOffsetIgnored: boolean
}

export const NO_BROKER_FAULTS: BrokerFaults = {
  fencingOff: false,
  dedupeRemoved: false,
  withholdsNothing: false,
  stableOffsetIgnored: false,
}

export interface BrokerOptions {
  readonly scheduler: Scheduler
  readonly random: SeededRandom
  readonly trace: Trace
  readonly faults: BrokerFaults
  readonly onCommit: (commit: CommittedOffset) => void
}

export interface FetchPosition {
  readonly from: Partition
  readonly position: number
}

interface Topic {
  readonly description: TopicDescription
  readonly partitions: readonly Partition[]
}

/** The log behind all handles: topics, transactions, groups. What it does is synchronous; `Network` decides when it is asked. */
export class Broker {
  readonly network: Network
  readonly transactions: TransactionCoordinator
  readonly offsets: GroupOffsets
  /** Most records of one answer; small ones make fetches bring parts of what is there. */
  fetchRecordsMax = 1_000
  readonly #options: BrokerOptions
  readonly #topics = new Map<string, Topic>()
  readonly #groups = new Map<string, Group>()
  #groupsAwayMs = Number.NEGATIVE_INFINITY
  #numbers = 0

  constructor(options: BrokerOptions) {
    this.#options = options
    const { scheduler, random, trace, faults, onCommit } = options
    this.network = new Network(scheduler, random.branch('network'), trace)
    this.offsets = new GroupOffsets({
      requireMember: (group, places) => {
        if (!faults.fencingOff) this.group(group.groupId).requireMember(group, places)
      },
      onCommit,
    })
    this.transactions = new TransactionCoordinator({
      scheduler,
      random: random.branch('transactions'),
      trace,
      offsets: this.offsets,
      faults,
    })
  }

  /** Of requests, producers and members: each is used once. */
  nextNumber(): number {
    return ++this.#numbers
  }

  createTopics(topics: readonly NewTopic[]): readonly string[] {
    const created: string[] = []
    for (const topic of topics) {
      const known = this.#topics.get(topic.topic)
      if (known !== undefined) {
        if (known.partitions.length !== topic.partitions) throw topicDiffers(topic.topic)
        continue
      }
      const compacted = isCompacted(topic.cleanup)
      this.#topics.set(topic.topic, {
        description: { replicationFactor: 1, ...topic },
        partitions: Array.from(
          { length: topic.partitions },
          (_, partition) => new Partition(topic.topic, partition, compacted),
        ),
      })
      created.push(topic.topic)
    }
    return created
  }

  deleteTopic(topic: string): void {
    this.#topics.delete(topic)
    this.offsets.deleteTopic(topic)
  }

  topics(): readonly string[] {
    return [...this.#topics.keys()].sort()
  }

  describe(topic: string): TopicDescription {
    return this.#topic(topic).description
  }

  partitions(topic: string): readonly Partition[] {
    return this.#topic(topic).partitions
  }

  partition(at: TopicPartition): Partition {
    const partition = this.#topic(at.topic).partitions[at.partition]
    if (partition === undefined) throw unknownTopic(at)
    return partition
  }

  group(groupId: string): Group {
    const known = this.#groups.get(groupId)
    if (known !== undefined) return known
    const group = new Group({
      groupId,
      scheduler: this.#options.scheduler,
      trace: this.#options.trace,
      partitionCounts: (topics) =>
        new Map(topics.map((topic) => [topic, this.partitions(topic).length])),
      lastAwayMs: () => {
        const { away } = this.network
        return away.has('groups') ? this.#options.scheduler.nowMs : this.#groupsAwayMs
      },
      withholdsNothing: this.#options.faults.withholdsNothing,
    })
    this.#groups.set(groupId, group)
    return group
  }

  groupIds(): readonly string[] {
    const active = [...this.#groups].filter(([, group]) => group.isActive).map(([id]) => id)
    return [...new Set([...active, ...this.offsets.groupIds()])].sort()
  }

  deleteGroup(groupId: string): void {
    this.#groups.delete(groupId)
    this.offsets.deleteGroup(groupId)
  }

  /** Sessions begin anew when the coordinator is back. */
  groupsAreBack(): void {
    this.#groupsAwayMs = this.#options.scheduler.nowMs
  }

  compact(): void {
    for (const { partitions } of this.#topics.values()) {
      for (const partition of partitions) if (partition.compacted) partition.compact()
    }
  }

  /** What is there now; with nothing there, what is there when something came, or after `maxWaitMs`. */
  fetch(
    positions: readonly FetchPosition[],
    request: {
      readonly isolation: Isolation
      readonly recordsMax: number
      readonly maxWaitMs: number
    },
  ): readonly FetchedBatch[] | Promise<readonly FetchedBatch[]> {
    const now = this.#fetchNow(positions, request)
    if (now.length > 0 || request.maxWaitMs <= 0) return now
    return new Promise((resolve) => {
      const finish = () => {
        cancel()
        for (const { from } of positions) from.waiting.delete(finish)
        resolve(this.#fetchNow(positions, request))
      }
      const cancel = this.#options.scheduler.after(request.maxWaitMs, finish)
      for (const { from } of positions) from.waiting.add(finish)
    })
  }

  #fetchNow(
    positions: readonly FetchPosition[],
    { isolation, recordsMax }: { readonly isolation: Isolation; readonly recordsMax: number },
  ): readonly FetchedBatch[] {
    const batches: FetchedBatch[] = []
    let left = Math.min(recordsMax, this.fetchRecordsMax)
    const skipsOpen = this.#options.faults.stableOffsetIgnored
    for (const { from, position } of positions) {
      if (left <= 0) break
      const { topic, partition } = from
      const slice = from.read(position, isolation, left, skipsOpen)
      if (slice.nextOffset === position) continue
      left -= slice.records.length
      batches.push({ topic, partition, ...slice })
    }
    return batches
  }

  #topic(topic: string): Topic {
    const known = this.#topics.get(topic)
    if (known === undefined) throw unknownTopic({ topic })
    return known
  }
}

function isCompacted(cleanup: CleanupPolicy): boolean {
  return cleanup !== 'delete'
}
