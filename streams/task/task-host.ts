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
import type { CachingNode } from './record-caches.ts'
import type { RecordCollector } from './record-collector.ts'

/** What takes a record: a node of the compiled graph. */
export interface RecordReceiver {
  readonly name: string
  /** Records taken since the last `takeCount`. */
  process(record: StreamRecord<unknown, unknown>): void
  takeCount(): number
}

/** What the compiled nodes need of their task. */
export interface TaskHost {
  readonly applicationId: string
  readonly taskId: string
  readonly partition: number
  readonly collector: RecordCollector
  readonly recordBytesMax: number
  readonly counts: ProcessorMetrics
  /** Name of the node that is working; failures are attributed to it. */
  node: string
  /** Set by nodes that have stores: the record may have changed one. */
  touchedState: boolean
  readonly streamTimeMs: number
  readonly systemTimeMs: number
  metadata(): RecordMetadata | undefined
  /** A store of this task, or a global one; undefined when there is none of the name. */
  taskStore(name: string): StateStore | undefined
  globalStore(name: string): StateStore | undefined
  schedule(
    node: string,
    intervalMs: number,
    type: PunctuationType,
    punctuate: (timestampMs: number) => void,
  ): Cancellable
  deadLetter(node: string, cause: DeadLetterCause): void
  drop(node: string, reason: DropReason): void
  observedTime(name: string): ObservedTime
  /** Called in `init`, node by node in the order of the topology. */
  recordCache(node: CachingNode): RecordCache<unknown, unknown> | undefined
  requestCommit(): void
  /** Returns when the failing record is to be dropped, else throws. */
  processingFailed(node: string, record: StreamRecord<unknown, unknown>, cause: unknown): void
  productionFailed(
    node: string,
    topic: string,
    record: StreamRecord<unknown, unknown>,
    cause: unknown,
  ): void
}
