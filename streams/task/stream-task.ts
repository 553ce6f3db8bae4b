import type { Clock } from '../clock.ts'
import { StreamsError } from '../errors.ts'
import type { FetchedBatch, Header, OffsetCommit, PartitionAppend } from '../log/log.ts'
import type { Metrics } from '../metrics.ts'
import type {
  Cancellable,
  DeadLetterCause,
  PunctuationType,
  RecordMetadata,
  StreamRecord,
} from '../processor.ts'
import type { ManagedStore, StateStore, TaskStores } from '../store.ts'
import type { SubTopology } from '../topology.ts'
import type { DeadLetterEncoder } from './dead-letter.ts'
import type { DeadLetterLog } from './dead-letter-log.ts'
import { type CurrentRecord, FailurePolicy } from './failure-policy.ts'
import type { FailureHandlers } from './handlers.ts'
import { decodeTimeProgress, encodeTimeProgress } from './offset-metadata.ts'
import { PartitionQueue } from './partition-queue.ts'
import { PunctuationQueue } from './punctuation.ts'
import { type PartitionCounts, RecordCollector } from './record-collector.ts'
import { compileGraph, type TaskGraph } from './task-graph.ts'
import type { TaskHost } from './task-host.ts'
import { TaskMetrics } from './task-metrics.ts'
import {
  type InputPosition,
  type ScheduledBatch,
  TransactionSchedule,
} from './transaction-schedule.ts'

// Over 400 lines with its options: the per-record path is one class so that it stays free of indirection.

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
  readonly deadLetterLog?: DeadLetterLog
  readonly metrics: Metrics
  readonly bounds: TransactionBounds
  /** As in Kafka Streams: -1 never waits for an empty input, 0 waits for what the log is known to hold, more waits that long. */
  readonly maxTaskIdleMs: number
}

/** What one commit writes. */
export interface TaskTransaction {
  readonly outputs: readonly PartitionAppend[]
  readonly changelogs: readonly (PartitionAppend & { readonly store: string })[]
  readonly offsets: readonly OffsetCommit[]
  readonly batches: readonly ScheduledBatch[]
}

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
  readonly queues: readonly PartitionQueue[]
  readonly metrics: TaskMetrics
  node = ''
  streamTimeMs = NO_TIME
  systemTimeMs: number
  commitRequested = false
  readonly #options: StreamTaskOptions
  readonly #graph: TaskGraph
  readonly #failures: FailurePolicy
  readonly #streamTime = new PunctuationQueue('stream-time')
  readonly #wallClock = new PunctuationQueue('wall-clock')
  readonly #schedule = new TransactionSchedule()
  readonly #changing: readonly ManagedStore[]
  readonly #committed = new Map<PartitionQueue, number>()
  #current: PartitionQueue | undefined
  #uncommittedRecords = 0
  #lastGlobals: readonly InputPosition[] | undefined

  constructor(options: StreamTaskOptions) {
    this.#options = options
    this.applicationId = options.applicationId
    this.taskId = options.taskId
    this.partition = options.partition
    this.recordBytesMax = options.bounds.recordBytesMax
    this.systemTimeMs = options.clock.nowMs()
    this.collector = new RecordCollector(options.partitionCounts)
    this.metrics = new TaskMetrics(options.metrics, options.applicationId, options.taskId)
    this.#failures = new FailurePolicy({
      taskId: options.taskId,
      partition: options.partition,
      topologyName: options.topologyName,
      handlers: options.handlers,
      deadLetter: options.deadLetter,
      deadLetterLog: options.deadLetterLog,
      collector: this.collector,
      metrics: this.metrics,
      current: () => this.#currentRecord(),
    })
    this.#changing = options.stores.names.map((name) => options.stores.get(name))
    this.#graph = compileGraph(options.subTopology, this, options.physicalTopic)
    this.queues = this.#makeQueues(options.inputs)
    for (const queue of this.queues) this.#committed.set(queue, queue.position)
    for (const queue of this.queues) {
      this.metrics.lag(queue.topic, queue.partition, () => queue.lag)
    }
  }

  /** Starts the processors, with time as it stood at the last commit. */
  init(): void {
    for (const processor of this.#graph.processors) processor.init()
    let latest: readonly number[] = []
    for (const input of this.#options.inputs) {
      const progress = decodeTimeProgress(input.metadata)
      if (progress === undefined || progress.streamTimeMs < this.streamTimeMs) continue
      this.streamTimeMs = progress.streamTimeMs
      latest = progress.punctuationDueMs
    }
    this.#streamTime.resumeAt(latest)
  }

  /** @returns false when the partition is not an input of this task */
  enqueue(batch: FetchedBatch): boolean {
    const queue = this.queueOf(batch.topic, batch.partition)
    if (queue === undefined) return false
    queue.add(batch)
    return true
  }

  queueOf(topic: string, partition: number): PartitionQueue | undefined {
    return this.queues.find((queue) => queue.topic === topic && queue.partition === partition)
  }

  /**
   * One batch: a reading of the wall clock, up to `recordsMax` records, the wall-clock punctuations that are due. Stops early when the
   * transaction reaches a bound. @returns the number of records and punctuations
   */
  run(recordsMax: number): number {
    const readingMs = this.#options.clock.nowMs()
    const ready = this.#isReady(readingMs)
    if (!ready && readingMs < this.#wallClock.nextDueMs) return 0
    this.systemTimeMs = readingMs
    const records = ready ? this.#processUpTo(recordsMax) : 0
    const punctuations = this.#wallClock.run(readingMs)
    if (punctuations > 0) this.metrics.punctuated('wall-clock', punctuations)
    if (records + punctuations > 0) this.#recordBatch(readingMs)
    if (this.#isBeyondBounds() || this.#schedule.isFull) this.commitRequested = true
    return records + punctuations
  }

  /** Whether `run` would take a record now. */
  isReady(): boolean {
    return this.#isReady(this.#options.clock.nowMs())
  }

  /** When `run` has something to do although no record comes; Infinity for never. */
  get nextWallClockDueMs(): number {
    return this.#wallClock.nextDueMs
  }

  get hasBuffered(): boolean {
    for (const queue of this.queues) if (queue.head !== undefined) return true
    return false
  }

  get hasUncommitted(): boolean {
    if (this.#uncommittedRecords > 0 || this.collector.records > 0) return true
    for (const store of this.#changing) if (store.changeCount > 0) return true
    return this.#schedule.isFull
  }

  /** Everything since the last commit. Partition counts of all topics must be resolved. Call `committed` once it is written. */
  takeTransaction(): TaskTransaction {
    const offsets: OffsetCommit[] = []
    for (const queue of this.queues) {
      if (queue.position === this.#committed.get(queue)) continue
      const { topic, partition, position: offset } = queue
      offsets.push({ topic, partition, offset, metadata: this.#timeProgress(queue) })
    }
    const changelogs = this.#takeChangelogs()
    return { outputs: this.collector.drain(), changelogs, offsets, batches: this.#schedule.take() }
  }

  /** The transaction was written, with these offsets. */
  committed(transaction: TaskTransaction): void {
    for (const { topic, partition, offset } of transaction.offsets) {
      const queue = this.queueOf(topic, partition)
      if (queue !== undefined) this.#committed.set(queue, offset)
    }
    this.metrics.records.add(this.#uncommittedRecords)
    this.metrics.reportNodes(this.#graph.receivers)
    this.#options.deadLetterLog?.sayDue()
    this.#uncommittedRecords = 0
    this.commitRequested = false
  }

  /** Of every input, the next offset after the last commit. */
  committedPositions(): InputPosition[] {
    return this.queues.map((queue) => {
      const { topic, partition } = queue
      return { topic, partition, offset: this.#committed.get(queue) ?? 0 }
    })
  }

  /** Stops the processors. Their `close` must not fail; the first failure is returned. */
  close(): unknown {
    let failure: unknown
    this.#streamTime.clear()
    this.#wallClock.clear()
    for (const processor of this.#graph.processors) {
      try {
        processor.close()
      } catch (cause) {
        failure ??= cause
      }
    }
    for (const queue of this.queues) queue.clear()
    this.collector.clear()
    this.#schedule.clear()
    this.metrics.remove()
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
    if (!(intervalMs >= 1)) {
      throw new StreamsError(
        'STREAMS_INVALID_INTERVAL',
        `a punctuation every ${intervalMs} ms`,
        { node, taskId: this.taskId },
        'Schedule with an interval of at least 1 ms.',
      )
    }
    const run = (callback: (timestampMs: number) => void, timestampMs: number) =>
      this.#punctuate(node, callback, timestampMs)
    if (type === 'stream-time') {
      return this.#streamTime.schedule({ firstDueMs: 0, intervalMs }, run, punctuate)
    }
    const firstDueMs = this.systemTimeMs + intervalMs
    return this.#wallClock.schedule({ firstDueMs, intervalMs }, run, punctuate)
  }

  deadLetter(node: string, cause: DeadLetterCause): void {
    this.#failures.deadLetter(node, cause)
  }

  drop(reason: string): void {
    this.metrics.dropped(reason)
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
      const queue = this.#smallestHead()
      if (queue === undefined) break
      this.#processHead(queue)
      records++
      if (queue.head === undefined && !this.#isReady(this.systemTimeMs)) break
      if (records % BOUNDS_CHECK_INTERVAL === 0 && this.#isBeyondBounds()) break
    }
    this.#uncommittedRecords += records
    return records
  }

  /** Queues are in the order of topic and partition, which decides between equal timestamps. */
  #smallestHead(): PartitionQueue | undefined {
    let smallest: PartitionQueue | undefined
    for (const queue of this.queues) {
      if (queue.head === undefined) continue
      if (smallest === undefined || queue.headTimestampMs < smallest.headTimestampMs)
        smallest = queue
    }
    return smallest
  }

  #processHead(queue: PartitionQueue): void {
    queue.decodeHead()
    this.#current = queue
    this.node = queue.source.name
    const timestampMs = queue.headTimestampMs
    if (queue.headFailure !== undefined) {
      this.#deserializationFailed(queue)
    } else if (timestampMs < 0) {
      this.drop('negative-timestamp')
    } else {
      if (timestampMs > this.streamTimeMs) this.streamTimeMs = timestampMs
      const headers: readonly Header[] = queue.head?.headers ?? []
      queue.source.process({ key: queue.headKey, value: queue.headValue, timestampMs, headers })
    }
    this.#current = undefined
    queue.pop()
    if (this.streamTimeMs >= this.#streamTime.nextDueMs) {
      const ran = this.#streamTime.run(this.streamTimeMs)
      this.metrics.punctuated('stream-time', ran)
    }
  }

  #deserializationFailed(queue: PartitionQueue): void {
    const current = this.#currentRecord()
    if (current === undefined) return
    this.#failures.deserializationFailed(queue.source.name, current, queue.headFailure)
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

  #isReady(nowMs: number): boolean {
    const { maxTaskIdleMs } = this.#options
    if (maxTaskIdleMs < 0 || this.queues.length === 1) return this.hasBuffered
    let buffered = false
    let waits = false
    for (const queue of this.queues) {
      if (queue.head !== undefined) {
        buffered = true
        continue
      }
      if (queue.unfetched > 0) {
        waits = true
        continue
      }
      queue.idleSinceMs ??= nowMs
      if (nowMs - queue.idleSinceMs < maxTaskIdleMs) waits = true
    }
    return buffered && !waits
  }

  #isBeyondBounds(): boolean {
    const { transactionBytesMax, transactionRecordsMax } = this.#options.bounds
    return (
      this.collector.bytes >= transactionBytesMax ||
      this.collector.records >= transactionRecordsMax ||
      this.#options.stores.overlayFull
    )
  }

  #recordBatch(readingMs: number): void {
    const positions = this.queues.map(({ topic, partition, position }) => ({
      topic,
      partition,
      offset: position,
    }))
    const globals = this.#options.globals?.positions()
    const globalPositions = globals === this.#lastGlobals ? undefined : globals
    this.#lastGlobals = globals
    this.#schedule.record({ readingMs, positions, globalPositions })
  }

  #takeChangelogs(): (PartitionAppend & { readonly store: string })[] {
    const timestampMs = this.streamTimeMs === NO_TIME ? this.systemTimeMs : this.streamTimeMs
    const appends: (PartitionAppend & { readonly store: string })[] = []
    for (const managed of this.#changing) {
      const { name, logged } = managed.spec
      if (!logged || managed.changeCount === 0) continue
      const records = []
      for (const { key, value } of managed.changes()) records.push({ key, value, timestampMs })
      const topic = this.#options.changelogTopic(name)
      appends.push({ store: name, topic, partition: this.partition, records })
    }
    return appends
  }

  #timeProgress(queue: PartitionQueue): string {
    return encodeTimeProgress({
      partitionTimeMs: queue.partitionTimeMs,
      streamTimeMs: this.streamTimeMs,
      punctuationDueMs: this.#streamTime.dueTimes(),
    })
  }

  #makeQueues(inputs: readonly TaskInput[]): PartitionQueue[] {
    const queues = inputs.map((input) => {
      const source = this.#graph.sources.get(input.logicalTopic)
      if (source === undefined) throw new Error(`no source reads ${input.logicalTopic}`)
      const { topic, partition, position, endOffset } = input
      const partitionTimeMs = decodeTimeProgress(input.metadata)?.partitionTimeMs ?? NO_TIME
      return new PartitionQueue({ topic, partition, source, position, partitionTimeMs, endOffset })
    })
    const order = (a: PartitionQueue, b: PartitionQueue) =>
      a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition
    return queues.sort(order)
  }
}
