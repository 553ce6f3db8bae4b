import type {
  Cancellable,
  DeadLetterCause,
  DropReason,
  ObservedTime,
  ProcessorMetrics,
  PunctuationType,
  RecordCache,
  RecordMetadata,
  StreamRecord,
} from '../processor.ts'
import type { StateStore } from '../store.ts'
import { DropPolicy } from './drop-policy.ts'
import { type CurrentRecord, FailurePolicy } from './failure-policy.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { type CachingNode, RecordCaches } from './record-caches.ts'
import { RecordCollector } from './record-collector.ts'
import type { RecordRetries } from './record-retries.ts'
import type { TaskHost } from './task-host.ts'
import { TaskMetrics } from './task-metrics.ts'
import type { StreamTaskOptions } from './task-options.ts'
import { TaskTime } from './task-time.ts'

/** What the nodes of a task reach of it: the record at hand, time, stores, outputs, and where failed and dropped records go. */
export class TaskContext implements TaskHost {
  readonly applicationId: string
  readonly taskId: string
  readonly partition: number
  readonly recordBytesMax: number
  readonly collector: RecordCollector
  readonly metrics: TaskMetrics
  readonly time: TaskTime
  readonly caches: RecordCaches
  readonly failures: FailurePolicy
  node = ''
  touchedState = false
  commitRequested = false
  /** The input whose head is being processed; undefined in punctuations and flushes. */
  current: PartitionQueue | undefined
  readonly #options: StreamTaskOptions
  readonly #drops: DropPolicy

  constructor(options: StreamTaskOptions, retries: RecordRetries) {
    const { taskId, partition, topologyName, deadLetterDropped = [] } = options
    this.#options = options
    this.applicationId = options.applicationId
    this.taskId = taskId
    this.partition = partition
    this.recordBytesMax = options.bounds.recordBytesMax
    this.collector = new RecordCollector(options.partitionCounts)
    this.metrics = new TaskMetrics(options.metrics, options.applicationId, taskId)
    this.time = new TaskTime(taskId, options.clock.nowMs(), (node, punctuate, timestampMs) =>
      this.#punctuate(node, punctuate, timestampMs),
    )
    this.caches = new RecordCaches(options.recordCacheBudget, (node) => {
      this.node = node
    })
    this.failures = new FailurePolicy({
      taskId,
      partition,
      topologyName,
      handlers: options.handlers,
      deadLetter: options.deadLetter,
      deadLetterLog: options.deadLetterLog,
      collector: this.collector,
      metrics: this.metrics,
      retries,
      current: () => this.currentRecord(),
      nowMs: () => this.systemTimeMs,
    })
    this.#drops = new DropPolicy({
      taskId,
      topologyName,
      deadLetterDropped,
      log: options.dropLog,
      counts: this.metrics.dropped,
      failures: this.failures,
      current: () => this.currentRecord(),
    })
  }

  get counts(): ProcessorMetrics {
    return this.metrics.counts
  }

  get streamTimeMs(): number {
    return this.time.streamTimeMs
  }

  get systemTimeMs(): number {
    return this.time.systemTimeMs
  }

  currentRecord(): CurrentRecord | undefined {
    const queue = this.current
    const record = queue?.head
    if (queue === undefined || record === undefined) return undefined
    const { topic, partition, headTimestampMs: timestampMs } = queue
    return { topic, partition, offset: record.offset, record, timestampMs }
  }

  metadata(): RecordMetadata | undefined {
    const queue = this.current
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
    return this.time.punctuations.schedule(node, options, punctuate)
  }

  deadLetter(node: string, cause: DeadLetterCause): void {
    this.failures.deadLetter(node, cause)
  }

  drop(node: string, reason: DropReason): void {
    this.#drops.drop(node, reason)
  }

  observedTime(name: string): ObservedTime {
    return this.time.observed.of(name)
  }

  recordCache(node: CachingNode): RecordCache<unknown, unknown> | undefined {
    return this.caches.open(node)
  }

  requestCommit(): void {
    this.commitRequested = true
  }

  processingFailed(node: string, record: StreamRecord<unknown, unknown>, cause: unknown): void {
    this.failures.processingFailed(node, record, cause)
  }

  productionFailed(
    node: string,
    topic: string,
    record: StreamRecord<unknown, unknown>,
    cause: unknown,
  ): void {
    this.failures.productionFailed(node, topic, record, cause)
  }

  /** The nodes are made anew. */
  rolledBack(): void {
    this.caches.reset()
    this.current = undefined
    this.commitRequested = false
  }

  #punctuate(node: string, callback: (timestampMs: number) => void, timestampMs: number): void {
    this.node = node
    try {
      callback(timestampMs)
    } catch (cause) {
      this.failures.processingFailed(node, undefined, cause)
    }
  }
}
