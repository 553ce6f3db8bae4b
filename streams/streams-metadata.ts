import type { TopicPartition } from './log/log.ts'
import type { RestoreProgress } from './restore/changelog-restorer.ts'
import type { StandbyStatus } from './standby/standby-status.ts'
import type { StandbyProgress } from './standby/standby-task.ts'
import type { StreamsStatus } from './streams-status.ts'
import type { RetryWait } from './task/record-retries.ts'
import type { TaskStatus } from './task/task-status.ts'
import type { ActiveTask } from './worker/active-task.ts'
import type { StreamThread } from './worker/stream-thread.ts'
import type { ThreadStatus } from './worker/thread-status.ts'

export interface StreamsMetadata {
  readonly applicationId: string
  readonly topology: string
  readonly state: StreamsStatus
  readonly threads: readonly ThreadMetadata[]
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
  /** `position` is undefined until the task runs. */
  readonly inputs: readonly (TopicPartition & { readonly position: number | undefined })[]
  readonly stores: readonly string[]
  /** A record that failed and waits for its next attempt; the task waits with it. */
  readonly retry: RetryWait | undefined
  /** Stores on their way to their changelog's end; none once the task runs. */
  readonly restore: readonly RestoreProgress[]
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
    tasks: thread.tasks().map((task) => describeTask(task, thread.restorer.progress(task.taskId))),
    standbyTasks: thread.standbys().map((standby) => ({
      taskId: standby.taskId,
      state: standby.status,
      stores: standby.progress(),
    })),
  }
}

function describeTask(active: ActiveTask, restore: readonly RestoreProgress[]): TaskMetadata {
  const { taskId, status, inputs, task, stores } = active
  return {
    taskId,
    state: status,
    inputs: inputs.map(({ topic, partition }) => ({
      topic,
      partition,
      position: task?.queueOf(topic, partition)?.position,
    })),
    stores: stores?.names ?? [],
    retry: task?.retryWait,
    restore,
  }
}
