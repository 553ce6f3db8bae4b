import type { AppendResult } from '../log/log.ts'
import type { ManagedStore } from '../store.ts'
import { changelogAppends } from './changelogs.ts'
import type { FailedRecord } from './failed-record.ts'
import type { InputQueues } from './input-queues.ts'
import type { TaskContext } from './task-context.ts'
import type { StreamTaskOptions, TaskTransaction } from './task-options.ts'
import { TaskSchedule } from './task-schedule.ts'

/** What a task has done since its last commit, when that is enough, and what a commit writes of it. */
export class OpenTransaction {
  /** Input records taken. */
  records = 0
  readonly #options: StreamTaskOptions
  readonly #context: TaskContext
  readonly #inputs: InputQueues
  readonly #changing: readonly ManagedStore[]
  readonly #schedule: TaskSchedule

  constructor(options: StreamTaskOptions, context: TaskContext, inputs: InputQueues) {
    this.#options = options
    this.#context = context
    this.#inputs = inputs
    this.#changing = options.stores.names.map((name) => options.stores.get(name))
    this.#schedule = new TaskSchedule(options, context.time, this.#changing)
  }

  /** There is something to commit. */
  get isDirty(): boolean {
    const { collector, time, caches } = this.#context
    if (this.records > 0 || collector.records > 0) return true
    if (time.observed.hasChanged || !caches.isEmpty) return true
    for (const store of this.#changing) if (store.changeCount > 0) return true
    return this.#schedule.isFull
  }

  /** At one of its bounds: no further record is taken. */
  get isFull(): boolean {
    const { transactionBytesMax, transactionRecordsMax } = this.#options.bounds
    const { collector, caches } = this.#context
    return (
      collector.bytes >= transactionBytesMax ||
      collector.records >= transactionRecordsMax ||
      this.records >= transactionRecordsMax ||
      this.#options.stores.overlayFull ||
      caches.isFull
    )
  }

  /** The task's processors were made and initialised. */
  taskStarted(): void {
    this.#schedule.started(this.#inputs.all)
  }

  /** A batch is over, in which something was `done`. At a bound a commit is asked for. */
  endBatch(readingMs: number, done: number): void {
    if (done > 0) this.#schedule.batch(readingMs, this.#inputs.positions())
    if (this.isFull || this.#schedule.isFull) this.#context.commitRequested = true
    const { counts, dropped } = this.#context.metrics
    if ((dropped.records === 0 && counts.additions === 0) || this.isDirty) return
    // Of punctuations that did nothing else: no commit need follow.
    dropped.committed()
    counts.committed()
  }

  /** Forwards what waits in record caches. */
  flushCaches(): void {
    const { caches } = this.#context
    if (caches.isEmpty) return
    this.#schedule.flushing()
    caches.flush()
  }

  /** All of it, as a commit writes it. */
  take(takeFailed: () => readonly FailedRecord[]): TaskTransaction {
    const { time, collector } = this.#context
    const moved = this.#inputs.moved()
    // Times that a timer advanced are kept as well, where no input moved.
    const kept =
      moved.length === 0 && time.observed.hasChanged ? this.#inputs.all.slice(0, 1) : moved
    const offsets = time.offsets(kept)
    time.observed.kept()
    const changelogs = this.#takeChangelogs()
    const outputs = collector.drain()
    const batches = this.#schedule.take()
    const failures = takeFailed()
    const inputRecords = this.records
    const schedule = this.#schedule.record({ outputs, changelogs, batches, failures, inputRecords })
    return { outputs, changelogs, offsets, batches, schedule, failures }
  }

  committed(transaction: TaskTransaction, results: readonly AppendResult[]): void {
    if (transaction.schedule !== undefined) this.#schedule.written(results)
    this.#inputs.committed(transaction.offsets)
    this.records = 0
    this.#context.commitRequested = false
  }

  /** Forgets it, but for what stores hold. */
  clear(): void {
    const { caches, collector } = this.#context
    caches.clear()
    collector.clear()
    this.#schedule.clear()
    this.records = 0
  }

  #takeChangelogs() {
    const { changelogTopic, partition } = this.#options
    return changelogAppends(this.#changing, {
      topicOf: changelogTopic,
      partition,
      timestampMs: this.#context.time.recordTimeMs,
      positions: this.#inputs.positions(),
    })
  }
}
