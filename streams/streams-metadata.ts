import type { TopicPartition } from './log/log.ts'
import type { RestoreProgress } from './restore/changelog-restorer.ts'
import type { StandbyStatus } from './standby/standby-status.ts'
import type { StandbyProgress } from './standby/standby-task.ts'
import type { StreamsStatus } from './streams-status.ts'
import type { RetryWait } from './task/record-retries.ts'
import type { TaskStatus } from './task/task-status.ts'
import type { ActiveTask } from './worker/active-task.ts'
import type { SchemaWait } from './worker/schema-waits.ts'
import type { StreamThread } from './worker/stream-thread.ts'
import type { ThreadStatus } from './worker/thread-status.ts'

export interface StreamsMetadata {
  readonly applicationId: string
  readonly topology: string
  readonly state: StreamsStatus
  readonly threads: readonly ThreadMetadata[]
  /** Estimated bytes of keys and values of the global stores, by name; empty until they are open. */
  readonly globalStoreBytes: Readonly<Record<string, number>>
}

export interface ThreadMetadata {
  readonly name: string
  readonly state: ThreadStatus
  readonly tasks: readonly TaskMetadata[]
  readonly standbyTasks: readonly StandbyTaskMetadata[]
}

export interface TaskMetadata {
  readonly taskId: string
  readonly state: TaskStatus
  readonly inputs: readonly InputMetadata[]
  readonly stores: readonly string[]
  /** Estimated bytes of keys and values, by store; empty until the task runs. */
  readonly storeBytes: Readonly<Record<string, number>>
  /** Records that each node has taken since the task began, as of its last commit. */
  readonly nodeRecords: Readonly<Record<string, number>>
  /** A record that failed and waits for its next attempt; the task waits with it. */
  readonly retry: RetryWait | undefined
  /** Input partitions whose next record has an unknown schema while the registry does not answer; the others go on. */
  readonly schemaWaits: readonly SchemaWait[]
  /** Stores on their way to their changelog's end; none once the task runs. */
  readonly restore: readonly RestoreProgress[]
}

/** Undefined until the task runs. */
interface InputMetadata extends TopicPartition {
  readonly position: number | undefined
  /** Records from here to the end, as far as the task knows it. */
  readonly lag: number | undefined
}

export interface StandbyTaskMetadata {
  readonly taskId: string
  readonly state: StandbyStatus
  /** How far each store follows its changelog. */
  readonly stores: readonly StandbyProgress[]
}

export interface PartitionLag extends TopicPartition {
  /** Next offset to process. */
  readonly position: number
  readonly endOffset: number
  readonly lag: number
}

export interface StoreChecksum {
  readonly store: string
  readonly partition: number
  readonly entries: number
  /** 32 hex digits; equal contents give equal digests whatever their order of writing. */
  readonly digest: string
  /** Changelog position that the contents correspond to; undefined for a store without a changelog. */
  readonly offset: number | undefined
}

export function describeThread(thread: StreamThread): ThreadMetadata {
  return {
    name: thread.name,
    state: thread.status,
    tasks: thread.tasks().map((task) => ({
      ...describeTask(task, thread.restorer.progress(task.taskId)),
      schemaWaits: thread.schemaWaits(task),
    })),
    standbyTasks: thread.standbys().map((standby) => ({
      taskId: standby.taskId,
      state: standby.status,
      stores: standby.progress(),
    })),
  }
}

function describeTask(
  active: ActiveTask,
  restore: readonly RestoreProgress[],
): Omit<TaskMetadata, 'schemaWaits'> {
  const { taskId, status, inputs, task, stores } = active
  return {
    taskId,
    state: status,
    inputs: inputs.map(({ topic, partition }) => {
      const queue = task?.queueOf(topic, partition)
      return { topic, partition, position: queue?.position, lag: queue?.lag }
    }),
    stores: stores?.names ?? [],
    storeBytes: Object.fromEntries(
      (stores?.names ?? []).map((name) => [name, stores?.get(name).sizeBytes() ?? 0]),
    ),
    nodeRecords: task?.metrics.nodeTotals() ?? {},
    retry: task?.retryWait,
    restore,
  }
}
