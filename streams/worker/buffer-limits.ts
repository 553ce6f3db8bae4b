import type { PartitionQueue } from '../task/partition-queue.ts'
import type { ActiveTask } from './active-task.ts'

/** Partitions whose queue is full are not fetched until it is half empty. */
export function limitBuffers(
  tasks: Iterable<ActiveTask>,
  bufferedRecordsMax: number,
  fetching: {
    readonly pause: (queue: PartitionQueue) => void
    readonly resume: (queue: PartitionQueue) => void
  },
): void {
  for (const { task } of tasks) {
    if (task === undefined) continue
    for (const queue of task.queues) {
      if (!queue.paused && queue.buffered >= bufferedRecordsMax) {
        queue.paused = true
        fetching.pause(queue)
      } else if (queue.paused && queue.buffered <= bufferedRecordsMax / 2) {
        queue.paused = false
        fetching.resume(queue)
      }
    }
  }
}
