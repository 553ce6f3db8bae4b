import type { OffsetCommit } from '../log/log.ts'
import { ObservedTimes } from './observed-times.ts'
import { decodeTimeProgress, encodeTimeProgress } from './offset-metadata.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { type NodePunctuator, TaskPunctuations } from './task-punctuations.ts'

/** Tasks that never took a record have no stream time. */
const NO_TIME = -1

/** What a task knows of time: its stream time, its reading of the wall clock, its operators' stream times, what is due; and how that is kept with the offsets. */
export class TaskTime {
  /** -1 before the first record. */
  streamTimeMs = NO_TIME
  /** The reading of the batch. */
  systemTimeMs: number
  /** Of the operators. */
  observed: ObservedTimes
  readonly punctuations: TaskPunctuations
  readonly #taskId: string
  /** As of the last commit. */
  #wallClockDueMs: readonly number[] = []

  constructor(taskId: string, systemTimeMs: number, punctuate: NodePunctuator) {
    this.#taskId = taskId
    this.systemTimeMs = systemTimeMs
    this.observed = new ObservedTimes(taskId)
    this.punctuations = new TaskPunctuations(taskId, punctuate)
  }

  /** Time as it stood when these positions were committed. Operators ask for theirs in `init`, where punctuations are scheduled. */
  resume(queues: readonly PartitionQueue[], initProcessors: () => void): void {
    let streamTimeMs = NO_TIME
    let dueMs: readonly number[] = []
    for (const queue of queues) {
      const progress = decodeTimeProgress(queue.metadata)
      if (progress === undefined) continue
      this.observed.resume(progress.observedTimes)
      if (progress.streamTimeMs < streamTimeMs) continue
      streamTimeMs = progress.streamTimeMs
      dueMs = progress.punctuationDueMs
    }
    initProcessors()
    this.streamTimeMs = streamTimeMs
    this.punctuations.streamTime.resumeAt(dueMs)
    this.committed()
  }

  /** Due times of the wall-clock punctuations that `init` scheduled. */
  resumeWallClockAt(dueMs: readonly number[]): void {
    this.punctuations.wallClock.resumeAt(dueMs)
    this.committed()
  }

  /** As `resume`, with wall-clock punctuations due when they were after the last commit: they do not start anew. */
  rollBack(queues: readonly PartitionQueue[], initProcessors: () => void): void {
    const wallClockDueMs = this.#wallClockDueMs
    this.observed = new ObservedTimes(this.#taskId)
    this.streamTimeMs = NO_TIME
    this.resume(queues, initProcessors)
    this.punctuations.wallClock.resumeAt(wallClockDueMs)
    this.#wallClockDueMs = wallClockDueMs
  }

  /** Where these inputs are, with the time that `resume` takes up. */
  offsets(queues: readonly PartitionQueue[]): OffsetCommit[] {
    if (queues.length === 0) return []
    const time = {
      streamTimeMs: this.streamTimeMs,
      observedTimes: this.observed.times(),
      punctuationDueMs: this.punctuations.streamTime.dueTimes(),
    }
    return queues.map(({ topic, partition, position: offset, partitionTimeMs }) => {
      const metadata = encodeTimeProgress({ ...time, partitionTimeMs })
      return { topic, partition, offset, metadata }
    })
  }

  /** For records that a task writes of itself: stream time, or the wall clock before there is any. */
  get recordTimeMs(): number {
    return this.streamTimeMs === NO_TIME ? this.systemTimeMs : this.streamTimeMs
  }

  committed(): void {
    this.#wallClockDueMs = this.punctuations.wallClock.dueTimes()
  }
}
