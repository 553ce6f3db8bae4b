import type { TopicPartition } from '../log/log.ts'

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
