import type { AppendResult, FetchedBatch } from '../log/log.ts'
import { InputQueues } from './input-queues.ts'
import { OpenTransaction } from './open-transaction.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { RecordAttempts } from './record-attempts.ts'
import type { RecordCollector } from './record-collector.ts'
import { RecordRetries, type RetryWait } from './record-retries.ts'
import { TaskContext } from './task-context.ts'
import { compileGraph, type TaskGraph } from './task-graph.ts'
import type { TaskMetrics } from './task-metrics.ts'
import type { StreamTaskOptions, TaskTransaction } from './task-options.ts'
import type { TaskTime } from './task-time.ts'
import type { InputPosition } from './transaction-schedule.ts'

/** The reading of bounds is spread over this many records. */
const BOUNDS_CHECK_INTERVAL = 16

/**
 * A sub-topology on one partition of its inputs. Everything here is synchronous and free of I/O: the stream thread and the test driver
 * feed it, run it, and write what `takeTransaction` hands out.
 */
export class StreamTask {
  readonly taskId: string
  readonly partition: number
  readonly collector: RecordCollector
  readonly metrics: TaskMetrics
  readonly #options: StreamTaskOptions
  readonly #context: TaskContext
  readonly #time: TaskTime
  readonly #inputs: InputQueues
  readonly #attempts: RecordAttempts
  readonly #transaction: OpenTransaction
  #graph: TaskGraph

  constructor(options: StreamTaskOptions) {
    this.#options = options
    this.taskId = options.taskId
    this.partition = options.partition
    const retries = options.retries ?? new RecordRetries(noTimer, () => {})
    const context = new TaskContext(options, retries)
    this.#context = context
    this.#time = context.time
    this.collector = context.collector
    this.metrics = context.metrics
    this.#graph = compileGraph(options.subTopology, context, options.physicalTopic)
    this.#inputs = new InputQueues(options.inputs, this.#graph, options.maxTaskIdleMs)
    this.#transaction = new OpenTransaction(options, context, this.#inputs)
    this.#attempts = new RecordAttempts({
      context,
      retries,
      onRetry: options.onRetry,
      hasUncommitted: () => this.hasUncommitted,
      rollBack: () => this.#rollBack(),
    })
    this.metrics.recordCacheBytes(() => context.caches.bytes)
    this.metrics.eventTimeLag(() => {
      const { streamTimeMs, systemTimeMs } = this.#time
      return streamTimeMs < 0 ? undefined : systemTimeMs - streamTimeMs
    })
    this.metrics.retryWaiting(() => (this.retryWait === undefined ? 0 : 1))
    for (const queue of this.queues) {
      this.metrics.lag(queue.topic, queue.partition, () => queue.lag)
    }
  }

  get queues(): readonly PartitionQueue[] {
    return this.#inputs.all
  }

  /** -1 before the first record. */
  get streamTimeMs(): number {
    return this.#time.streamTimeMs
  }

  /** A processor, a bound or a failed record asks for a commit; until then no record is taken. */
  get commitRequested(): boolean {
    return this.#context.commitRequested
  }

  set commitRequested(requested: boolean) {
    this.#context.commitRequested = requested
  }

  /** Starts the processors, with time as it stood at the last commit. */
  init(): void {
    this.#time.resume(this.queues, () => this.#initProcessors())
    this.#transaction.taskStarted()
  }

  /** Due times of wall-clock punctuations that `init` scheduled, as a recorded run had them. */
  resumeWallClockAt(dueMs: readonly number[]): void {
    this.#time.resumeWallClockAt(dueMs)
  }

  /** @returns false when the partition is not an input of this task */
  enqueue(batch: FetchedBatch): boolean {
    const queue = this.queueOf(batch.topic, batch.partition)
    if (queue === undefined) return false
    queue.add(batch)
    return true
  }

  queueOf(topic: string, partition: number): PartitionQueue | undefined {
    return this.#inputs.find(topic, partition)
  }

  /**
   * One batch: a reading of the wall clock, up to `recordsMax` records, the wall-clock punctuations that are due. Stops early when the
   * transaction reaches a bound. @returns the number of records and punctuations
   */
  run(recordsMax: number): number {
    const readingMs = this.#options.clock.nowMs()
    const { wallClock } = this.#time.punctuations
    const ready = this.#inputs.isReady(readingMs)
    if (!ready && readingMs < wallClock.nextDueMs) return 0
    this.#time.systemTimeMs = readingMs
    const records = ready ? this.#processUpTo(recordsMax) : 0
    const punctuations = wallClock.run(readingMs)
    if (punctuations > 0) this.metrics.punctuated('wall-clock', punctuations)
    this.#transaction.endBatch(readingMs, records + punctuations)
    return records + punctuations
  }

  /** A batch of one record, that of the given input: the test driver chooses among the inputs of all tasks. */
  runHead(queue: PartitionQueue): void {
    const readingMs = this.#options.clock.nowMs()
    this.#time.systemTimeMs = readingMs
    this.#processHead(queue)
    this.#transaction.endBatch(readingMs, 1)
  }

  /** Whether `run` would take a record now. */
  isReady(): boolean {
    if (!this.#inputs.isReady(this.#options.clock.nowMs())) return false
    const next = this.#inputs.smallestHead()
    return next === undefined || this.#attempts.isDue(next)
  }

  /** Whether the head may be processed now: not while it waits for its next attempt, or for the commit of what comes before it. */
  mayTake(queue: PartitionQueue): boolean {
    return this.#attempts.mayTake(queue)
  }

  /** The record that waits for its next attempt. */
  get retryWait(): RetryWait | undefined {
    return this.#attempts.waiting
  }

  /** When `run` has something to do although no record comes; Infinity for never. */
  get nextWallClockDueMs(): number {
    return this.#time.punctuations.wallClock.nextDueMs
  }

  get hasBuffered(): boolean {
    return this.#inputs.hasBuffered
  }

  get hasUncommitted(): boolean {
    return this.#transaction.isDirty
  }

  /** Forwards what waits in record caches, and has put-off writes written: they belong to the transaction that is about to be taken. @throws {StreamsError} what stops the task */
  flushCaches(): void {
    this.#transaction.flushCaches()
    for (const processor of this.#graph.processors) processor.beforeCommit()
  }

  /** Everything since the last commit; `flushCaches` comes before. Partition counts of all topics must be resolved. Call `committed` once it is written. */
  takeTransaction(): TaskTransaction {
    return this.#transaction.take(() => this.#attempts.takeFailed())
  }

  /** The transaction was written, with these offsets; what it appended landed as `results` say. */
  committed(transaction: TaskTransaction, results: readonly AppendResult[] = []): void {
    this.metrics.records.add(this.#transaction.records)
    this.#transaction.committed(transaction, results)
    this.#attempts.committed(transaction.offsets)
    this.#time.committed()
    this.metrics.dropped.committed()
    this.metrics.counts.committed()
    this.metrics.reportNodes(this.#graph.receivers)
    this.metrics.reportRecordCache(this.#context.caches)
    this.#options.deadLetterLog?.sayDue()
    this.#options.dropLog?.sayDue()
  }

  /** Of every input, the next offset after the last commit. */
  committedPositions(): InputPosition[] {
    return this.#inputs.committedPositions()
  }

  /** Stops the processors. Their `close` must not fail; the first failure is returned. */
  close(): unknown {
    const failure = this.#stopProcessors()
    this.#inputs.clear()
    this.#transaction.clear()
    this.metrics.remove()
    return failure
  }

  #processUpTo(recordsMax: number): number {
    let records = 0
    while (records < recordsMax) {
      const queue = this.#inputs.smallestHead()
      if (queue === undefined || !this.#attempts.mayTake(queue)) break
      this.#processHead(queue)
      records++
      if (queue.head === undefined && !this.#inputs.isReady(this.#time.systemTimeMs)) break
      if (records % BOUNDS_CHECK_INTERVAL === 0 && this.#transaction.isFull) break
    }
    return records
  }

  #processHead(queue: PartitionQueue): void {
    const time = this.#time
    queue.decodeHead()
    this.#context.current = queue
    this.#context.node = queue.source.name
    const isBehind = this.#attempts.take(queue)
    this.#context.current = undefined
    if (!isBehind) return
    queue.pop()
    this.#transaction.records++
    if (time.streamTimeMs >= time.punctuations.streamTime.nextDueMs) {
      const ran = time.punctuations.streamTime.run(time.streamTimeMs)
      this.metrics.punctuated('stream-time', ran)
    }
  }

  /** State, time, outputs and inputs as of the last commit, with processors made anew: as after a restart, without the log. */
  #rollBack(): void {
    const { subTopology, physicalTopic, stores, onRollback } = this.#options
    this.#stopProcessors()
    this.#transaction.clear()
    this.#context.rolledBack()
    stores.discard()
    this.#attempts.rolledBack()
    this.metrics.dropped.rolledBack()
    this.metrics.counts.rolledBack()
    this.metrics.rollbacks.add(1)
    onRollback?.()
    this.#graph = compileGraph(subTopology, this.#context, physicalTopic)
    this.#inputs.rollBack(this.#graph)
    this.#time.rollBack(this.queues, () => this.#initProcessors())
    this.#transaction.taskStarted()
  }

  #initProcessors(): void {
    for (const processor of this.#graph.processors) processor.init()
  }

  #stopProcessors(): unknown {
    let failure: unknown
    this.#time.punctuations.clear()
    for (const processor of this.#graph.processors) {
      try {
        processor.close()
      } catch (cause) {
        failure ??= cause
      }
    }
    return failure
  }
}

/** Without an owner that waits, a record is due at once. */
function noTimer(_delayMs: number, callback: () => void): () => void {
  callback()
  return () => {}
}
