import type { Header } from '../log/log.ts'
import type { FailedRecord, RecordFailure } from './failed-record.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { RecordOutcomes } from './record-outcomes.ts'
import type { RecordRetries, RetryWait } from './record-retries.ts'
import type { TaskContext } from './task-context.ts'
import type { InputPosition } from './transaction-schedule.ts'

export interface RecordAttemptsOptions {
  readonly context: TaskContext
  readonly retries: RecordRetries
  readonly onRetry: ((failure: RecordFailure, at: InputPosition) => void) | undefined
  readonly hasUncommitted: () => boolean
  /** Takes the task to its last commit. */
  readonly rollBack: () => void
}

/** The attempts at the records of a task, and what follows from one that failed: nothing, a wait, or a roll-back, after which it is on its own. */
export class RecordAttempts {
  readonly #options: RecordAttemptsOptions
  readonly #context: TaskContext
  readonly #retries: RecordRetries
  readonly #outcomes: RecordOutcomes

  constructor(options: RecordAttemptsOptions) {
    const { context, retries, onRetry } = options
    this.#options = options
    this.#context = context
    this.#retries = retries
    const { failures, metrics } = context
    this.#outcomes = new RecordOutcomes({ failures, retries, metrics, onRetry })
  }

  /** Whether the head may be processed now: not while it waits for its next attempt, or for the commit of what comes before it. */
  mayTake(queue: PartitionQueue): boolean {
    if (this.#retries.isEmpty) return true
    const at = positionOf(queue)
    if (this.#retries.isAlone(at) && this.#options.hasUncommitted()) {
      this.#context.commitRequested = true
      return false
    }
    return this.#retries.mayTake(at)
  }

  /** False while the head waits for its next attempt. */
  isDue(queue: PartitionQueue): boolean {
    return this.#retries.isEmpty || this.#retries.mayTake(positionOf(queue))
  }

  /** The record that waits for its next attempt. */
  get waiting(): RetryWait | undefined {
    return this.#retries.isEmpty ? undefined : this.#retries.waiting
  }

  /** @returns whether the head is behind us: processed, or given up. Else it stays, or the task was rolled back. */
  take(queue: PartitionQueue): boolean {
    const decided = this.#retries.isEmpty ? undefined : this.#retries.decidedAt(positionOf(queue))
    if (decided === undefined) return this.#try(queue)
    this.#takeDecided(queue, decided)
    return true
  }

  /** Records that failed since the last commit. Forgets them. */
  takeFailed(): readonly FailedRecord[] {
    return this.#outcomes.take()
  }

  committed(offsets: readonly InputPosition[]): void {
    this.#retries.committed(offsets)
    this.#context.failures.committed()
  }

  rolledBack(): void {
    this.#outcomes.rolledBack()
  }

  #try(queue: PartitionQueue): boolean {
    const context = this.#context
    const { failures, time, collector, metrics } = context
    const timestampMs = queue.headTimestampMs
    if (queue.headFailure !== undefined) {
      const current = context.currentRecord()
      if (current === undefined) return true
      const { name } = queue.source
      const failure = failures.deserializationFailed(name, current, queue.headFailure)
      return failure === undefined || this.#failed(queue, failure, false)
    }
    if (timestampMs < 0) {
      context.drop(queue.source.name, 'negative-timestamp')
      return true
    }
    if (timestampMs > time.streamTimeMs) time.streamTimeMs = timestampMs
    const headers: readonly Header[] = queue.head?.headers ?? []
    const { records } = collector
    const { advances } = time.observed
    const { records: dropped } = metrics.dropped
    const { additions } = metrics.counts
    context.touchedState = false
    try {
      queue.source.process({ key: queue.headKey, value: queue.headValue, timestampMs, headers })
    } catch (error) {
      if (!failures.isAbandonment(error)) throw error
    }
    const failure = failures.takeAbandoned()
    if (failure === undefined) {
      if (!this.#retries.isEmpty && this.#outcomes.succeeded(positionOf(queue)))
        context.commitRequested = true
      return true
    }
    const isHalfDone =
      context.touchedState ||
      collector.records > records ||
      time.observed.advances > advances ||
      metrics.dropped.records > dropped ||
      metrics.counts.additions > additions
    return this.#failed(queue, failure, isHalfDone)
  }

  /** A record that leaves half of its effects takes the task back to the last commit; then it is given up, or tried again, on its own. */
  #failed(queue: PartitionQueue, failure: RecordFailure, isHalfDone: boolean): boolean {
    const { systemTimeMs } = this.#context
    const outcome = this.#outcomes.failed(positionOf(queue), failure, isHalfDone, systemTimeMs)
    if (outcome === 'rollback') this.#options.rollBack()
    else if (outcome === 'wait' && this.#options.hasUncommitted())
      this.#context.commitRequested = true
    return outcome === 'passed'
  }

  /** As if it had been tried just now: a record that could be read moves the time. */
  #takeDecided({ headTimestampMs }: PartitionQueue, decided: FailedRecord): void {
    const { time } = this.#context
    if (decided.stage !== 'deserialization')
      time.streamTimeMs = Math.max(time.streamTimeMs, headTimestampMs)
    this.#outcomes.giveUp(decided)
  }
}

function positionOf({ topic, partition, head, position }: PartitionQueue): InputPosition {
  return { topic, partition, offset: head?.offset ?? position }
}
