import type { TopicPartition } from './log/log.ts'
import type { StreamsStatus } from './streams-status.ts'
import type { RetryWait } from './task/record-retries.ts'
import type { TaskStatus } from './task/task-status.ts'
import type { ActiveTask } from './worker/active-task.ts'
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
}

export interface TaskMetadata {
  readonly taskId: string
  readonly state: TaskStatus
  /** `position` is undefined until the task runs. */
  readonly inputs: readonly (TopicPartition & { readonly position: number | undefined })[]
  readonly stores: readonly string[]
  /** A record that failed and waits for its next attempt; the task waits with it. */
  readonly retry: RetryWait | undefined
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

export function describeTask({ taskId, status, inputs, task, stores }: ActiveTask): TaskMetadata {
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
  }
}
