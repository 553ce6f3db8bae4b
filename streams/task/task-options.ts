import type { Clock } from '../clock.ts'
import type { OffsetCommit, PartitionAppend } from '../log/log.ts'
import type { Metrics } from '../metrics.ts'
import type { StateStore, TaskStores } from '../store.ts'
import type { SubTopology } from '../topology.ts'
import type { ChangelogAppend } from './changelogs.ts'
import type { DeadLetterEncoder } from './dead-letter.ts'
import type { DeadLetterDropped } from './drop-policy.ts'
import type { FailedRecord, RecordFailure } from './failed-record.ts'
import type { FailureHandlers } from './handlers.ts'
import type { RecordCacheBudget } from './record-cache-budget.ts'
import type { PartitionCounts } from './record-collector.ts'
import type { RecordLog } from './record-log.ts'
import type { RecordRetries } from './record-retries.ts'
import type { ScheduleTarget } from './schedule-recorder.ts'
import type { InputPosition, ScheduledBatch } from './transaction-schedule.ts'

/** Bounds of one transaction; at any of them the task commits. */
export interface TransactionBounds {
  readonly transactionRecordsMax: number
  readonly transactionBytesMax: number
  /** Key and value together, bytes; larger ones go to the production handler. */
  readonly recordBytesMax: number
}

/** Global stores as tasks see them: read-only, changed between batches only. */
export interface GlobalView {
  store(name: string): StateStore | undefined
  /** The same array as long as nothing changes. */
  positions(): readonly InputPosition[]
}

/** Where an input starts. */
export interface TaskInput {
  /** As the log names it. */
  readonly topic: string
  /** As the topology names it. */
  readonly logicalTopic: string
  readonly partition: number
  readonly position: number
  /** Text that was committed with the position. */
  readonly metadata: string | undefined
  readonly endOffset: number
}

export interface StreamTaskOptions {
  readonly applicationId: string
  readonly topologyName: string
  readonly taskId: string
  readonly partition: number
  readonly subTopology: SubTopology
  readonly physicalTopic: (topic: string) => string
  readonly changelogTopic: (store: string) => string
  readonly partitionCounts: PartitionCounts
  readonly inputs: readonly TaskInput[]
  readonly stores: TaskStores
  readonly globals: GlobalView | undefined
  readonly clock: Clock
  readonly handlers: FailureHandlers
  readonly deadLetter: DeadLetterEncoder | undefined
  readonly deadLetterLog?: RecordLog
  /** Failed records that wait for an attempt; it outlives the task where the task is made anew. Default: none may wait. */
  readonly retries?: RecordRetries
  /** What was done since the last commit is taken back: a record has failed half way. */
  readonly onRollback?: () => void
  /** A record failed and will be tried again. */
  readonly onRetry?: (failure: RecordFailure, at: InputPosition) => void
  readonly deadLetterDropped?: DeadLetterDropped
  readonly dropLog?: RecordLog
  readonly metrics: Metrics
  readonly bounds: TransactionBounds
  /** Shared by all tasks of an instance; caches are off without it. */
  readonly recordCacheBudget?: RecordCacheBudget
  /** As in Kafka Streams: -1 never waits for an empty input, 0 waits for what the log is known to hold, more waits that long. */
  readonly maxTaskIdleMs: number
  /** Where the schedule for an exact replay goes; none is written without it. */
  readonly schedule?: ScheduleTarget | undefined
}

/** What one commit writes. */
export interface TaskTransaction {
  readonly outputs: readonly PartitionAppend[]
  readonly changelogs: readonly ChangelogAppend[]
  readonly offsets: readonly OffsetCommit[]
  readonly batches: readonly ScheduledBatch[]
  /** Records that failed, each with what was decided: a replay decides the same (`RecordRetries.decide`). */
  readonly failures: readonly FailedRecord[]
  /** The schedule's record of it, where one is written. */
  readonly schedule: PartitionAppend | undefined
}
