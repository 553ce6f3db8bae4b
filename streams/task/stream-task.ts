import type {
  AppendResult,
  FetchedBatch,
  Header,
  OffsetCommit,
  PartitionAppend,
} from '../log/log.ts'
import type {
  Cancellable,
  DeadLetterCause,
  DropReason,
  ObservedTime,
  PunctuationType,
  RecordCache,
  RecordMetadata,
  StreamRecord,
} from '../processor.ts'
import type { ManagedStore, StateStore } from '../store.ts'
import { changelogAppends } from './changelogs.ts'
import { DropPolicy } from './drop-policy.ts'
import type { FailedRecord, RecordFailure } from './failed-record.ts'
import { type CurrentRecord, FailurePolicy } from './failure-policy.ts'
import { InputQueues } from './input-queues.ts'
import { ObservedTimes } from './observed-times.ts'
import { decodeTimeProgress, encodeTimeProgress } from './offset-metadata.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { type CachingNode, RecordCaches } from './record-caches.ts'
import { RecordCollector } from './record-collector.ts'
import { RecordOutcomes } from './record-outcomes.ts'
import { RecordRetries, type RetryWait } from './record-retries.ts'
import { ScheduleRecorder } from './schedule-recorder.ts'
import { compileGraph, type TaskGraph } from './task-graph.ts'
import type { TaskHost } from './task-host.ts'
import { TaskMetrics } from './task-metrics.ts'
import type { StreamTaskOptions, TaskTransaction } from './task-options.ts'
import { TaskPunctuations } from './task-punctuations.ts'
import { type InputPosition, TransactionSchedule } from './transaction-schedule.ts'

/** The reading of bounds is spread over this many records. */
const BOUNDS_CHECK_INTERVAL = 16
/** Tasks that never took a record have no stream time. */
const NO_TIME = -1

/**
 * A sub-topology on one partition of its inputs. Everything here is synchronous and free of I/O: the stream thread and the test driver
 * feed it, run it, and write what `takeTransaction` hands out.
 */
export class StreamTask implements TaskHost {
  readonly applicationId: string
  readonly taskId: string
  readonly partition: number
  readonly collector: RecordCollector
  readonly recordBytesMax: number
  readonly metrics: TaskMetrics
  node = ''
  touchedState = false
  streamTimeMs = NO_TIME
  systemTimeMs: number
  commitRequested = false
  readonly #options: StreamTaskOptions
  #graph: TaskGraph
  readonly #inputs: InputQueues
  readonly #failures: FailurePolicy
  readonly #retries: RecordRetries
  readonly #outcomes: RecordOutcomes
  readonly #drops: DropPolicy
  #times: ObservedTimes
  readonly #caches: RecordCaches
  readonly #punctuations: TaskPunctuations
  readonly #schedule = new TransactionSchedule()
  readonly #recorder: ScheduleRecorder | undefined
  readonly #changing: readonly ManagedStore[]
  #current: PartitionQueue | undefined
  #uncommittedRecords = 0
  /** As of the last commit. */
  #wallClockDueMs: readonly number[] = []
  #lastGlobals: readonly InputPosition[] | undefined
  #flushGlobals: readonly InputPosition[] | undefined

  constructor(options: StreamTaskOptions) {
    this.#options = options
    this.applicationId = options.applicationId
    this.taskId = options.taskId
    this.partition = options.partition
    this.recordBytesMax = options.bounds.recordBytesMax
    this.systemTimeMs = options.clock.nowMs()
    this.collector = new RecordCollector(options.partitionCounts)
    this.metrics = new TaskMetrics(options.metrics, options.applicationId, options.taskId)
    this.#retries = options.retries ?? new RecordRetries(noTimer, () => {})
    this.#failures = new FailurePolicy({
      taskId: options.taskId,
      partition: options.partition,
      topologyName: options.topologyName,
      handlers: options.handlers,
      deadLetter: options.deadLetter,
      deadLetterLog: options.deadLetterLog,
      collector: this.collector,
      metrics: this.metrics,
      retries: this.#retries,
      current: () => this.#currentRecord(),
      nowMs: () => this.systemTimeMs,
    })
    this.#outcomes = new RecordOutcomes({
      failures: this.#failures,
      retries: this.#retries,
      metrics: this.metrics,
      onRetry: options.onRetry,
    })
    this.#drops = new DropPolicy({
      taskId: options.taskId,
      topologyName: options.topologyName,
      deadLetterDropped: options.deadLetterDropped ?? [],
      log: options.dropLog,
      counts: this.metrics.dropped,
      failures: this.#failures,
      current: () => this.#currentRecord(),
    })
    this.#punctuations = new TaskPunctuations(options.taskId, (node, punctuate, timestampMs) =>
      this.#punctuate(node, punctuate, timestampMs),
    )
    this.#times = new ObservedTimes(options.taskId)
    this.#caches = new RecordCaches(options.recordCacheBudget, (node) => {
      this.node = node
    })
    this.metrics.recordCacheBytes(() => this.#caches.bytes)
    this.metrics.retryWaiting(() => (this.retryWait === undefined ? 0 : 1))
    this.#changing = options.stores.names.map((name) => options.stores.get(name))
    this.#graph = compileGraph(options.subTopology, this, options.physicalTopic)
    this.#inputs = new InputQueues(options.inputs, this.#graph, options.maxTaskIdleMs)
    const { schedule, taskId, partition } = options
    if (schedule !== undefined)
      this.#recorder = new ScheduleRecorder(schedule.topic, taskId, partition)
    for (const queue of this.queues) {
      this.metrics.lag(queue.topic, queue.partition, () => queue.lag)
    }
  }

  get queues(): readonly PartitionQueue[] {
    return this.#inputs.all
  }

  /** Starts the processors, with time as it stood at the last commit. */
  init(): void {
    let streamTimeMs = NO_TIME
    let latest: readonly number[] = []
    for (const queue of this.queues) {
      const progress = decodeTimeProgress(queue.metadata)
      if (progress === undefined) continue
      this.#times.resume(progress.observedTimes)
      if (progress.streamTimeMs < streamTimeMs) continue
      streamTimeMs = progress.streamTimeMs
      latest = progress.punctuationDueMs
    }
    for (const processor of this.#graph.processors) processor.init()
    this.streamTimeMs = streamTimeMs
    this.#punctuations.streamTime.resumeAt(latest)
    this.#wallClockDueMs = this.#punctuations.wallClock.dueTimes()
    this.#recordStart()
  }

  /** Due times of wall-clock punctuations that `init` scheduled, as a recorded run had them. */
  resumeWallClockAt(dueMs: readonly number[]): void {
    this.#punctuations.wallClock.resumeAt(dueMs)
    this.#wallClockDueMs = this.#punctuations.wallClock.dueTimes()
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
    const ready = this.#inputs.isReady(readingMs)
    if (!ready && readingMs < this.#punctuations.wallClock.nextDueMs) return 0
    this.systemTimeMs = readingMs
    const records = ready ? this.#processUpTo(recordsMax) : 0
    const punctuations = this.#punctuations.wallClock.run(readingMs)
    if (punctuations > 0) this.metrics.punctuated('wall-clock', punctuations)
    this.#endBatch(readingMs, records + punctuations)
    return records + punctuations
  }

  /** A batch of one record, that of the given input: the test driver chooses among the inputs of all tasks. */
  runHead(queue: PartitionQueue): void {
    this.systemTimeMs = this.#options.clock.nowMs()
    this.#processHead(queue)
    this.#endBatch(this.systemTimeMs, 1)
  }

  /** Whether `run` would take a record now. */
  isReady(): boolean {
    if (!this.#inputs.isReady(this.#options.clock.nowMs())) return false
    if (this.#retries.isEmpty) return true
    const next = this.#inputs.smallestHead()
    return next === undefined || this.#retries.mayTake(positionOf(next))
  }

  /** Whether the head may be processed now: not while it waits for its next attempt, or for the commit of what comes before it. */
  mayTake(queue: PartitionQueue): boolean {
    if (this.#retries.isEmpty) return true
    const at = positionOf(queue)
    if (this.#retries.isAlone(at) && this.hasUncommitted) {
      this.commitRequested = true
      return false
    }
    return this.#retries.mayTake(at)
  }

  /** The record that waits for its next attempt. */
  get retryWait(): RetryWait | undefined {
    return this.#retries.isEmpty ? undefined : this.#retries.waiting
  }

  /** When `run` has something to do although no record comes; Infinity for never. */
  get nextWallClockDueMs(): number {
    return this.#punctuations.wallClock.nextDueMs
  }

  get hasBuffered(): boolean {
    return this.#inputs.hasBuffered
  }

  get hasUncommitted(): boolean {
    if (this.#uncommittedRecords > 0 || this.collector.records > 0) return true
    if (this.#times.hasChanged || !this.#caches.isEmpty) return true
    for (const store of this.#changing) if (store.changeCount > 0) return true
    return this.#schedule.isFull
  }

  /** Forwards what waits in record caches: it belongs to the transaction that is about to be taken. @throws {StreamsError} what stops the task */
  flushCaches(): void {
    if (this.#caches.isEmpty) return
    this.#flushGlobals = this.#movedGlobals() ?? this.#flushGlobals
    this.#caches.flush()
  }

  /** Everything since the last commit; `flushCaches` comes before. Partition counts of all topics must be resolved. Call `committed` once it is written. */
  takeTransaction(): TaskTransaction {
    const moved = this.#inputs.moved()
    // Times that a timer advanced are kept as well, where no input moved.
    const kept = moved.length === 0 && this.#times.hasChanged ? this.queues.slice(0, 1) : moved
    const offsets = this.#offsets(kept)
    this.#times.kept()
    const changelogs = this.#takeChangelogs()
    const outputs = this.collector.drain()
    const batches = this.#schedule.take()
    const failures = this.#outcomes.take()
    const schedule = this.#takeSchedule({ outputs, changelogs, batches, failures })
    return { outputs, changelogs, offsets, batches, schedule, failures }
  }

  /** The transaction was written, with these offsets; what it appended landed as `results` say. */
  committed(transaction: TaskTransaction, results: readonly AppendResult[] = []): void {
    if (transaction.schedule !== undefined) this.#recorder?.written(results)
    this.#inputs.committed(transaction.offsets)
    this.#retries.committed(transaction.offsets)
    this.#failures.committed()
    this.#wallClockDueMs = this.#punctuations.wallClock.dueTimes()
    this.metrics.records.add(this.#uncommittedRecords)
    this.metrics.reportNodes(this.#graph.receivers)
    this.metrics.reportRecordCache(this.#caches)
    this.#options.deadLetterLog?.sayDue()
    this.#options.dropLog?.sayDue()
    this.#uncommittedRecords = 0
    this.commitRequested = false
  }

  /** Of every input, the next offset after the last commit. */
  committedPositions(): InputPosition[] {
    return this.#inputs.committedPositions()
  }

  /** Stops the processors. Their `close` must not fail; the first failure is returned. */
  close(): unknown {
    const failure = this.#stopProcessors()
    this.#inputs.clear()
    this.#caches.clear()
    this.collector.clear()
    this.#schedule.clear()
    this.metrics.remove()
    return failure
  }

  #stopProcessors(): unknown {
    let failure: unknown
    this.#punctuations.clear()
    for (const processor of this.#graph.processors) {
      try {
        processor.close()
      } catch (cause) {
        failure ??= cause
      }
    }
    return failure
  }

  metadata(): RecordMetadata | undefined {
    const queue = this.#current
    const head = queue?.head
    if (queue === undefined || head === undefined) return undefined
    return { topic: queue.topic, partition: queue.partition, offset: head.offset }
  }

  taskStore(name: string): StateStore | undefined {
    const { stores } = this.#options
    return stores.names.includes(name) ? stores.get(name).store : undefined
  }

  globalStore(name: string): StateStore | undefined {
    return this.#options.globals?.store(name)
  }

  schedule(
    node: string,
    intervalMs: number,
    type: PunctuationType,
    punctuate: (timestampMs: number) => void,
  ): Cancellable {
    const options = { intervalMs, type, systemTimeMs: this.systemTimeMs }
    return this.#punctuations.schedule(node, options, punctuate)
  }

  deadLetter(node: string, cause: DeadLetterCause): void {
    this.#failures.deadLetter(node, cause)
  }

  drop(node: string, reason: DropReason): void {
    this.#drops.drop(node, reason)
  }

  observedTime(name: string): ObservedTime {
    return this.#times.of(name)
  }

  recordCache(node: CachingNode): RecordCache<unknown, unknown> | undefined {
    return this.#caches.open(node)
  }

  requestCommit(): void {
    this.commitRequested = true
  }

  processingFailed(node: string, record: StreamRecord<unknown, unknown>, cause: unknown): void {
    this.#failures.processingFailed(node, record, cause)
  }

  productionFailed(
    node: string,
    topic: string,
    record: StreamRecord<unknown, unknown>,
    cause: unknown,
  ): void {
    this.#failures.productionFailed(node, topic, record, cause)
  }

  #processUpTo(recordsMax: number): number {
    let records = 0
    while (records < recordsMax) {
      const queue = this.#inputs.smallestHead()
      if (queue === undefined || !this.mayTake(queue)) break
      this.#processHead(queue)
      records++
      if (queue.head === undefined && !this.#inputs.isReady(this.systemTimeMs)) break
      if (records % BOUNDS_CHECK_INTERVAL === 0 && this.#isBeyondBounds()) break
    }
    return records
  }

  #processHead(queue: PartitionQueue): void {
    queue.decodeHead()
    this.#current = queue
    this.node = queue.source.name
    const decided = this.#retries.isEmpty ? undefined : this.#retries.decidedAt(positionOf(queue))
    if (decided !== undefined) this.#takeDecided(queue, decided)
    else if (!this.#tryHead(queue)) {
      this.#current = undefined
      return
    }
    this.#current = undefined
    queue.pop()
    this.#uncommittedRecords++
    if (this.streamTimeMs >= this.#punctuations.streamTime.nextDueMs) {
      const ran = this.#punctuations.streamTime.run(this.streamTimeMs)
      this.metrics.punctuated('stream-time', ran)
    }
  }

  /** @returns whether the record is behind us: processed, or given up without a trace. Else it stays, or the task was rolled back. */
  #tryHead(queue: PartitionQueue): boolean {
    const timestampMs = queue.headTimestampMs
    if (queue.headFailure !== undefined) {
      const current = this.#currentRecord()
      if (current === undefined) return true
      const { name } = queue.source
      const failure = this.#failures.deserializationFailed(name, current, queue.headFailure)
      return failure === undefined || this.#recordFailed(queue, failure, false)
    }
    if (timestampMs < 0) {
      this.drop(queue.source.name, 'negative-timestamp')
      return true
    }
    if (timestampMs > this.streamTimeMs) this.streamTimeMs = timestampMs
    const headers: readonly Header[] = queue.head?.headers ?? []
    const { records } = this.collector
    const { advances } = this.#times
    this.touchedState = false
    try {
      queue.source.process({ key: queue.headKey, value: queue.headValue, timestampMs, headers })
    } catch (error) {
      if (!this.#failures.isAbandonment(error)) throw error
    }
    const failure = this.#failures.takeAbandoned()
    if (failure === undefined) {
      if (this.#outcomes.succeeded(positionOf(queue))) this.commitRequested = true
      return true
    }
    const isHalfDone =
      this.touchedState || this.collector.records > records || this.#times.advances > advances
    return this.#recordFailed(queue, failure, isHalfDone)
  }

  /** A record that leaves half of its effects takes the task back to the last commit; then it is given up, or tried again, on its own. */
  #recordFailed(queue: PartitionQueue, failure: RecordFailure, isHalfDone: boolean): boolean {
    const at = positionOf(queue)
    const outcome = this.#outcomes.failed(at, failure, isHalfDone, this.systemTimeMs)
    if (outcome === 'rollback') this.#rollBack()
    else if (outcome === 'wait' && this.hasUncommitted) this.commitRequested = true
    return outcome === 'passed'
  }

  /** As if it had been tried just now: a record that could be read moves the time. */
  #takeDecided({ headTimestampMs }: PartitionQueue, decided: FailedRecord): void {
    if (decided.stage !== 'deserialization')
      this.streamTimeMs = Math.max(this.streamTimeMs, headTimestampMs)
    this.#outcomes.giveUp(decided)
  }

  /** State, time, outputs and inputs as of the last commit, with processors made anew: as after a restart, without the log. */
  #rollBack(): void {
    this.#stopProcessors()
    this.#caches.reset()
    this.collector.clear()
    this.#schedule.clear()
    this.#options.stores.discard()
    this.#times = new ObservedTimes(this.taskId)
    this.#uncommittedRecords = 0
    this.#current = undefined
    this.commitRequested = false
    this.#outcomes.rolledBack()
    this.metrics.rollbacks.add(1)
    this.#options.onRollback?.()
    this.#graph = compileGraph(this.#options.subTopology, this, this.#options.physicalTopic)
    this.#inputs.rollBack(this.#graph)
    const wallClockDueMs = this.#wallClockDueMs
    this.init()
    this.#punctuations.wallClock.resumeAt(wallClockDueMs)
    this.#wallClockDueMs = wallClockDueMs
    this.#recordStart()
  }

  #punctuate(node: string, callback: (timestampMs: number) => void, timestampMs: number): void {
    this.node = node
    try {
      callback(timestampMs)
    } catch (cause) {
      this.#failures.processingFailed(node, undefined, cause)
    }
  }

  #currentRecord(): CurrentRecord | undefined {
    const queue = this.#current
    const record = queue?.head
    if (queue === undefined || record === undefined) return undefined
    const { topic, partition, headTimestampMs: timestampMs } = queue
    return { topic, partition, offset: record.offset, record, timestampMs }
  }

  #endBatch(readingMs: number, done: number): void {
    if (done > 0) this.#recordBatch(readingMs)
    if (this.#isBeyondBounds() || this.#schedule.isFull) this.commitRequested = true
  }

  #isBeyondBounds(): boolean {
    const { transactionBytesMax, transactionRecordsMax } = this.#options.bounds
    return (
      this.collector.bytes >= transactionBytesMax ||
      this.collector.records >= transactionRecordsMax ||
      this.#uncommittedRecords >= transactionRecordsMax ||
      this.#options.stores.overlayFull ||
      this.#caches.isFull
    )
  }

  #recordBatch(readingMs: number): void {
    const positions = this.#inputs.positions()
    this.#schedule.record({ readingMs, positions, globalPositions: this.#movedGlobals() })
  }

  /** Positions of the global tables, where they are not those that were seen last. */
  #movedGlobals(): readonly InputPosition[] | undefined {
    const globals = this.#options.globals?.positions()
    if (globals === this.#lastGlobals) return undefined
    this.#lastGlobals = globals
    return globals
  }

  #recordStart(): void {
    const { schedule, globals, bounds, recordCacheBudget } = this.#options
    if (schedule === undefined) return
    this.#lastGlobals = globals?.positions()
    this.#recorder?.started({
      topology: schedule.topology,
      readingMs: this.systemTimeMs,
      inputs: this.queues.map(({ topic, partition, position: offset, metadata }) => ({
        topic,
        partition,
        offset,
        metadata,
      })),
      globalPositions: this.#lastGlobals ?? [],
      wallClockDueMs: this.#punctuations.wallClock.dueTimes(),
      recordCaches: recordCacheBudget !== undefined && recordCacheBudget.bytesMax > 0,
      recordBytesMax: bounds.recordBytesMax,
      isFresh:
        this.queues.every(({ metadata }) => metadata === undefined) &&
        this.#changing.every((store) => !store.spec.logged || (store.checkpoint() ?? 0) === 0),
    })
  }

  #takeSchedule(
    transaction: {
      readonly failures: readonly FailedRecord[]
    } & Pick<TaskTransaction, 'outputs' | 'changelogs' | 'batches'>,
  ): PartitionAppend | undefined {
    const { outputs, changelogs, batches, failures } = transaction
    const flushGlobalPositions = this.#flushGlobals
    this.#flushGlobals = undefined
    if (this.#recorder === undefined) return undefined
    if (batches.length === 0 && outputs.length === 0 && changelogs.length === 0) return undefined
    const inputRecords = this.#uncommittedRecords
    return this.#recorder.record(
      { batches, inputRecords, flushGlobalPositions, failures, outputs },
      this.systemTimeMs,
    )
  }

  #takeChangelogs() {
    const { changelogTopic } = this.#options
    const timestampMs = this.streamTimeMs === NO_TIME ? this.systemTimeMs : this.streamTimeMs
    return changelogAppends(this.#changing, {
      topicOf: changelogTopic,
      partition: this.partition,
      timestampMs,
      positions: this.#inputs.positions(),
    })
  }

  #offsets(queues: readonly PartitionQueue[]): OffsetCommit[] {
    if (queues.length === 0) return []
    const time = {
      streamTimeMs: this.streamTimeMs,
      observedTimes: this.#times.times(),
      punctuationDueMs: this.#punctuations.streamTime.dueTimes(),
    }
    return queues.map(({ topic, partition, position: offset, partitionTimeMs }) => {
      const metadata = encodeTimeProgress({ ...time, partitionTimeMs })
      return { topic, partition, offset, metadata }
    })
  }
}

function positionOf({ topic, partition, head, position }: PartitionQueue): InputPosition {
  return { topic, partition, offset: head?.offset ?? position }
}

/** Without an owner that waits, a record is due at once. */
function noTimer(_delayMs: number, callback: () => void): () => void {
  callback()
  return () => {}
}
