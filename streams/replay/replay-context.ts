import type { Log, LogRecord, TopicPartition } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import type { StoreBackend } from '../store.ts'
import type { DeadLetterEncoder } from '../task/dead-letter.ts'
import type { DeadLetterDropped } from '../task/drop-policy.ts'
import type { FailureHandlers } from '../task/handlers.ts'
import type { Timers } from '../timers.ts'
import type { TopologyPlan } from '../worker/topology-plan.ts'

/** What all tasks of one replay have in common. */
export interface ReplayContext {
  readonly plan: TopologyPlan
  readonly log: Log
  readonly stores: StoreBackend
  /** Of this replay alone. */
  readonly directory: string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly timers: Timers
  readonly handlers: FailureHandlers
  readonly deadLetter: DeadLetterEncoder | undefined
  readonly deadLetterDropped: DeadLetterDropped
  /** Records in the place of one that the log holds: itself, unless the replay asks what would have been. */
  change(place: TopicPartition, record: LogRecord): readonly LogRecord[]
}
