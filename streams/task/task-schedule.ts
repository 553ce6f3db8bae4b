import type { AppendResult, PartitionAppend } from '../log/log.ts'
import type { ManagedStore } from '../store.ts'
import type { FailedRecord } from './failed-record.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { ScheduleRecorder } from './schedule-recorder.ts'
import type { StreamTaskOptions, TaskTransaction } from './task-options.ts'
import type { TaskTime } from './task-time.ts'
import {
  type InputPosition,
  type ScheduledBatch,
  TransactionSchedule,
} from './transaction-schedule.ts'

/** The schedule of one task: its starts, the batches of the open transaction, what they saw of the global tables, and the record of each commit. */
export class TaskSchedule {
  readonly #options: StreamTaskOptions
  readonly #time: TaskTime
  readonly #stores: readonly ManagedStore[]
  readonly #batches = new TransactionSchedule()
  readonly #recorder: ScheduleRecorder | undefined
  #lastGlobals: readonly InputPosition[] | undefined
  #flushGlobals: readonly InputPosition[] | undefined

  constructor(options: StreamTaskOptions, time: TaskTime, stores: readonly ManagedStore[]) {
    this.#options = options
    this.#time = time
    this.#stores = stores
    const { schedule, taskId, partition } = options
    if (schedule !== undefined)
      this.#recorder = new ScheduleRecorder(schedule.topic, taskId, partition)
  }

  /** The task has to commit before it takes another batch. */
  get isFull(): boolean {
    return this.#batches.isFull
  }

  /** The task's processors were made and initialised. */
  started(queues: readonly PartitionQueue[]): void {
    const { schedule, globals, bounds, recordCacheBudget } = this.#options
    if (schedule === undefined) return
    this.#lastGlobals = globals?.positions()
    this.#recorder?.started({
      topology: schedule.topology,
      readingMs: this.#time.systemTimeMs,
      inputs: queues.map(({ topic, partition, position: offset, metadata }) => ({
        topic,
        partition,
        offset,
        metadata,
      })),
      globalPositions: this.#lastGlobals ?? [],
      wallClockDueMs: this.#time.punctuations.wallClock.dueTimes(),
      recordCaches: recordCacheBudget !== undefined && recordCacheBudget.bytesMax > 0,
      recordBytesMax: bounds.recordBytesMax,
      isFresh:
        queues.every(({ metadata }) => metadata === undefined) &&
        this.#stores.every((store) => !store.spec.logged || (store.checkpoint() ?? 0) === 0),
    })
  }

  batch(readingMs: number, positions: readonly InputPosition[]): void {
    this.#batches.record({ readingMs, positions, globalPositions: this.#movedGlobals() })
  }

  /** Record caches are about to be flushed. */
  flushing(): void {
    this.#flushGlobals = this.#movedGlobals() ?? this.#flushGlobals
  }

  /** The batches since the last commit. Forgets them. */
  take(): readonly ScheduledBatch[] {
    return this.#batches.take()
  }

  /** The schedule's record of a transaction; undefined where none is written, or nothing happened. */
  record(
    transaction: Pick<TaskTransaction, 'outputs' | 'changelogs' | 'batches'> & {
      readonly failures: readonly FailedRecord[]
      readonly inputRecords: number
    },
  ): PartitionAppend | undefined {
    const { outputs, changelogs, batches, failures, inputRecords } = transaction
    const flushGlobalPositions = this.#flushGlobals
    this.#flushGlobals = undefined
    if (this.#recorder === undefined) return undefined
    if (batches.length === 0 && outputs.length === 0 && changelogs.length === 0) return undefined
    return this.#recorder.record(
      { batches, inputRecords, flushGlobalPositions, failures, outputs },
      this.#time.systemTimeMs,
    )
  }

  /** What was recorded last was written, and landed there. */
  written(results: readonly AppendResult[]): void {
    this.#recorder?.written(results)
  }

  clear(): void {
    this.#batches.clear()
  }

  /** Positions of the global tables, where they are not those that were seen last. */
  #movedGlobals(): readonly InputPosition[] | undefined {
    const globals = this.#options.globals?.positions()
    if (globals === this.#lastGlobals) return undefined
    this.#lastGlobals = globals
    return globals
  }
}
