import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { RestoreListener } from '../restore/changelog-restorer.ts'
import type { CommitProbe } from '../task/commit-point.ts'
import type { DeadLetterEncoder } from '../task/dead-letter.ts'
import type { DeadLetterDropped } from '../task/drop-policy.ts'
import type { FailureHandlers } from '../task/handlers.ts'
import type { RecordCacheBudget } from '../task/record-cache-budget.ts'
import type { RecordLog } from '../task/record-log.ts'
import type { ScheduleTarget } from '../task/schedule-recorder.ts'
import type { GlobalView, TransactionBounds } from '../task/task-options.ts'
import type { Timers } from '../timers.ts'
import type { GroupView } from './group-view.ts'
import type { StateDirectory } from './state-directory.ts'
import type { AssignmentLimits } from './task-assignor.ts'
import type { TopologyPlan } from './topology-plan.ts'

export type Guarantee = 'exactly_once' | 'at_least_once'

/** Bounds and intervals of the stream threads, defaults applied. */
export interface ThreadLimits extends TransactionBounds, AssignmentLimits {
  readonly commitIntervalMs: number
  readonly drainedCommitSpacingMs: number
  readonly maxTaskIdleMs: number
  readonly bufferedRecordsMax: number
  readonly pollRecordsMax: number
  readonly batchRecordsMax: number
  readonly overlayBytesMax: number
  readonly transactionTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly probingRebalanceIntervalMs: number
}

/** What all threads of an application have in common. */
export interface ThreadContext {
  readonly plan: TopologyPlan
  /** In front of the names of threads. */
  readonly clientId: string
  readonly log: Log
  /** Of all tasks of this process. */
  readonly state: StateDirectory
  /** What the last assignment told of the group. */
  readonly group: GroupView
  readonly globals: GlobalView | undefined
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly metrics: Metrics
  readonly guarantee: Guarantee
  readonly limits: ThreadLimits
  readonly handlers: FailureHandlers
  readonly deadLetter: DeadLetterEncoder | undefined
  readonly deadLetterLog: RecordLog
  readonly deadLetterDropped: DeadLetterDropped
  readonly dropLog: RecordLog
  readonly recordCacheBudget: RecordCacheBudget
  readonly restoreListener: RestoreListener | undefined
  readonly probe: CommitProbe | undefined
  /** Undefined where no schedule is written. */
  readonly schedule: ScheduleTarget | undefined
}
