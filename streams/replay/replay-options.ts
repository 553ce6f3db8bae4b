import type { Log } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { StoreBackend, StoreDigest } from '../store.ts'
import type { DeadLetterEncoder } from '../task/dead-letter.ts'
import type { DeadLetterDropped } from '../task/drop-policy.ts'
import type { FailureHandlers } from '../task/handlers.ts'
import type { Timers } from '../timers.ts'
import type { Topology } from '../topology.ts'
import type { OutputComparison, OutputDifference } from './output-report.ts'

export interface ReplayOptions {
  readonly topology: Topology
  /** Of the run that is replayed. */
  readonly applicationId: string
  readonly log: Log
  readonly stores: StoreBackend
  /** Of this replay alone: what an earlier one left in it is deleted. Rebuilt stores stay there. */
  readonly directory: string
  /** As the application was started with: they decide what is written. */
  readonly handlers?: FailureHandlers
  readonly deadLetter?: DeadLetterEncoder
  readonly deadLetterDropped?: DeadLetterDropped
  readonly logger?: Logger
  readonly timers?: Timers
  /** Transactions of earlier wall-clock time are replayed, because state is always rebuilt from the beginning, but neither compared nor written. */
  readonly fromMs?: number
  /** Stops before the first transaction of later wall-clock time. */
  readonly toMs?: number
  /**
   * `auto`, the default: by the schedule, and in timestamp order where it does not tell everything. `schedule`: fails then. `timestamp`: ignores
   * the schedule.
   */
  readonly order?: 'auto' | 'schedule' | 'timestamp'
  /** Outputs are also written to the log, to new topics `<applicationId>-<topic>` of this application id; never to the recorded run's own. */
  readonly shadow?: { readonly applicationId: string }
  /** Differences that are told one by one; all are counted. Default 20. */
  readonly differencesMax?: number
  readonly onProgress?: (progress: ReplayProgress) => void
}

export interface ReplayProgress {
  readonly taskId: string
  readonly transactions: number
}

/** `exact`: as the recorded run went. `timestamp-order`: the same inputs, but what depended on races, timers and commits may differ. */
export type ReplayMode = 'exact' | 'timestamp-order'

export interface ReplayedTask {
  readonly taskId: string
  readonly transactions: number
  /** How often it began: 1 and each restart. */
  readonly starts: number
  readonly records: number
}

export interface ReplayedStore {
  readonly taskId: string
  readonly store: string
  readonly rebuilt: StoreDigest
  /** Of the recorded run's changelog, whole; undefined where there is none, or the replay ended before it. */
  readonly recorded: StoreDigest | undefined
}

export interface ReplayResult {
  readonly mode: ReplayMode
  /** Why it is not exact. */
  readonly reason: string | undefined
  /** No difference in outputs or stores. */
  readonly isEqual: boolean
  readonly tasks: readonly ReplayedTask[]
  readonly outputs: readonly OutputComparison[]
  readonly stores: readonly ReplayedStore[]
  /** The first ones. */
  readonly differences: readonly OutputDifference[]
  /** All of them. */
  readonly differing: number
  /** What the reader of the result should know: what could not be compared, say. */
  readonly notes: readonly string[]
}
