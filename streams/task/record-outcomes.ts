import type { FailedRecord, RecordFailure } from './failed-record.ts'
import type { FailurePolicy } from './failure-policy.ts'
import type { RecordRetries } from './record-retries.ts'
import type { TaskMetrics } from './task-metrics.ts'
import type { InputPosition } from './transaction-schedule.ts'

export interface RecordOutcomesOptions {
  readonly failures: FailurePolicy
  readonly retries: RecordRetries
  readonly metrics: TaskMetrics
  readonly onRetry: ((failure: RecordFailure, at: InputPosition) => void) | undefined
}

/** What became of the records of one transaction that failed. */
export class RecordOutcomes {
  readonly #options: RecordOutcomesOptions
  #failed: FailedRecord[] = []

  constructor(options: RecordOutcomesOptions) {
    this.#options = options
  }

  /** The record was processed. @returns whether it had failed before */
  succeeded(at: InputPosition): boolean {
    const { retries } = this.#options
    if (retries.isEmpty) return false
    const outcome = retries.outcome(at, 'processed')
    if (outcome === undefined) return false
    this.#failed.push(outcome)
    return true
  }

  /**
   * The record failed; `isHalfDone`: and has left effects.
   * @returns `rollback` before anything else is done, `wait` for its next attempt, `passed` when it was given up without a trace
   */
  failed(
    at: InputPosition,
    failure: RecordFailure,
    isHalfDone: boolean,
    nowMs: number,
  ): 'rollback' | 'wait' | 'passed' {
    const { retries, metrics, onRetry } = this.#options
    retries.failed(at, failure, nowMs)
    if (failure.decision === 'retry') {
      metrics.retries.add(1)
      onRetry?.(failure, at)
    }
    if (isHalfDone) return 'rollback'
    if (failure.decision === 'retry') return 'wait'
    const decided = retries.decidedAt(at)
    if (decided !== undefined) this.giveUp(decided)
    retries.forgetFirst(at)
    return 'passed'
  }

  giveUp(decided: FailedRecord): void {
    this.#options.failures.giveUp(decided)
    this.#failed.push(decided)
  }

  /** Since the last commit. Forgets them. */
  take(): readonly FailedRecord[] {
    const failed = this.#failed
    this.#failed = []
    return failed
  }

  rolledBack(): void {
    this.#failed = []
    this.#options.failures.rolledBack()
  }
}
