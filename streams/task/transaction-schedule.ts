import type { TopicPartition } from '../log/log.ts'
import type { FailedRecord } from './failed-record.ts'

/** How far a batch read one input. */
export interface InputPosition extends TopicPartition {
  /** The next offset to take. */
  readonly offset: number
}

/**
 * One turn of the task: records up to `positions`, merged by timestamp, topic and partition, then the wall-clock punctuations due at
 * `readingMs`.
 */
export interface ScheduledBatch {
  /** The only reading of the wall clock that the batch used. */
  readonly readingMs: number
  readonly positions: readonly InputPosition[]
  /** Positions of the global tables that the batch saw; undefined when they are those of the batch before. */
  readonly globalPositions: readonly InputPosition[] | undefined
}

/** An input as the task found it, with the text that was committed with its position. */
export interface ScheduledInput extends InputPosition {
  readonly metadata: string | undefined
}

/** The task was made here, or made anew after a restart, a rebalance or an unknown outcome: its processors were initialised. */
export interface ScheduledStart {
  /** Which topology ran: see `topologyIdentity`. */
  readonly topology: string
  /** The reading of the wall clock that `init` saw: wall-clock punctuations count from it. */
  readonly readingMs: number
  readonly inputs: readonly ScheduledInput[]
  /** Positions of the global tables that `init` saw. */
  readonly globalPositions: readonly InputPosition[]
  /** When the wall-clock punctuations that `init` scheduled were due: after a task was rolled back, not by `readingMs`. */
  readonly wallClockDueMs: readonly number[]
  /** Whether tables had record caches. */
  readonly recordCaches: boolean
  readonly recordBytesMax: number
  /** The stores were new: nothing was ever committed to them. */
  readonly isFresh: boolean
}

/** How many records a transaction wrote to a partition. */
export interface ScheduledOutput extends TopicPartition {
  readonly records: number
}

/** Everything that an exact replay of one transaction needs besides the inputs themselves. */
export interface ScheduledTransaction {
  /** Counted from the start of the task: a gap is a lost record of the schedule. */
  readonly sequence: number
  /** Given for the first transaction after a start. */
  readonly start: ScheduledStart | undefined
  readonly batches: readonly ScheduledBatch[]
  /** Records of inputs that were taken: fewer at a replay have been deleted or compacted away since. */
  readonly inputRecords: number
  /** Positions of the global tables that the flush of record caches saw, where they had moved since the last batch. */
  readonly flushGlobalPositions: readonly InputPosition[] | undefined
  /** Records that failed, with what was decided: they are not tried again. */
  readonly failures: readonly FailedRecord[]
  readonly outputs: readonly ScheduledOutput[]
  /**
   * Where the outputs of the transaction before landed, in their order: only its successor can tell. Empty where that is not known (it is the
   * first after a start).
   */
  readonly priorOffsets: readonly number[]
}

/** Batches beyond this make the task commit, so that memory and the schedule's records stay bounded. */
const SCHEDULED_BATCHES_MAX = 1_000

/**
 * What an exact replay of a transaction needs: which batches it took, in order. The task records here; a commit takes it.
 */
export class TransactionSchedule {
  #batches: ScheduledBatch[] = []

  get length(): number {
    return this.#batches.length
  }

  get isFull(): boolean {
    return this.#batches.length >= SCHEDULED_BATCHES_MAX
  }

  record(batch: ScheduledBatch): void {
    this.#batches.push(batch)
  }

  /** The batches since the last commit. Forgets them. */
  take(): readonly ScheduledBatch[] {
    const batches = this.#batches
    this.#batches = []
    return batches
  }

  clear(): void {
    this.#batches = []
  }
}
