import type { Change } from './change.ts'
import type { Header } from './log/log.ts'
import type { Metrics } from './metrics.ts'

/** A record between the nodes of a topology. */
export interface StreamRecord<K, V> {
  readonly key: K
  readonly value: V
  readonly timestampMs: number
  readonly headers: readonly Header[]
}

/** Where the record that is being processed came from; undefined inside a punctuation. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface Processor<KIn, VIn, KOut, VOut> {
  init?(context: ProcessorContext<KOut, VOut>): void
  process(record: StreamRecord<KIn, VIn>): void
  /**
   * Before each commit, once record caches have forwarded what waited in them: writes to the node's stores that were put off. What is written must
   * not depend on when commits come, and nothing may be forwarded.
   */
  beforeCommit?(): void
  close?(): void
}

/** Called once a task: processors hold per-task state in fields and must not share it. */
export type ProcessorSupplier<KIn, VIn, KOut, VOut> = () => Processor<KIn, VIn, KOut, VOut>

export type PunctuationType = 'stream-time' | 'wall-clock'

/** A punctuation, in the hands of whoever scheduled it. */
export interface Cancellable {
  cancel(): void
  /**
   * Not before this time: a timer whose work is known to lie ahead costs nothing until then. `Infinity`: until told otherwise. The interval goes
   * on bounding how often it runs. The time has to follow from the stores: `init` gives it anew.
   */
  holdUntil(timestampMs: number): void
}

/** A refusal that puts the current record on the dead-letter topic, in the same transaction as everything else. */
export interface DeadLetterCause {
  /** Stable code, e.g. `MARKET_DATA_MALFORMED`. */
  readonly code: string
  readonly what: string
  readonly remedy: string
}

/** Why the runtime and its operators leave a record out; processors of an application may have reasons of their own. */
export type DropReason =
  | 'null-key'
  | 'null-value'
  | 'null-join-key'
  | 'null-foreign-key'
  | 'late'
  | 'expired'
  | 'out-of-order'
  | 'outdated-response'
  | 'negative-timestamp'
  | (string & {})

/** A time that only advances, of one operator; kept with the committed offsets, so that it survives a restart with the transaction. */
export interface ObservedTime {
  /** -1 before the first. */
  readonly ms: number
  /** Takes the later of both; true when that is the given one. */
  advance(toMs: number): boolean
}

/**
 * Updates of a table that wait for the commit: one a key, with the value that held before the first and the one after the last. Flushed in
 * the order of the last updates, node by node in the order of the topology.
 */
export interface RecordCache<K, V> {
  /** @param id the key, serialised: see `byteString` of the store's key */
  put(id: string, record: StreamRecord<K, Change<V>>): void
}

/**
 * Counters of a processor's own, looked up once, in `init`. What is added counts when the transaction is committed, so a record that is taken
 * again counts once. They bear the labels that are given and no others: tasks that count under the same add up. Nothing can be read from them.
 */
export type ProcessorMetrics = Pick<Metrics, 'counter'>

export interface ProcessorContext<KOut, VOut> {
  readonly applicationId: string
  /** `<sub-topology>_<partition>`, as in Kafka Streams. */
  readonly taskId: string
  readonly partition: number
  readonly nodeName: string
  readonly metrics: ProcessorMetrics
  /** Hands on to every child, or to the named one, before it returns (depth first). */
  forward<K extends KOut, V extends VOut>(record: StreamRecord<K, V>, childName?: string): void
  /** @throws {StreamsError} STREAMS_UNKNOWN_STORE when the store is not connected to this node */
  getStateStore<S>(name: string): S
  /** Stream time: first at the first record, then at multiples of the interval. Wall clock: at most once an advance. */
  schedule(
    intervalMs: number,
    type: PunctuationType,
    punctuate: (timestampMs: number) => void,
  ): Cancellable
  /** Largest record timestamp that the task has seen. */
  currentStreamTimeMs(): number
  /** The task's wall clock: one reading a batch, so that a replay can repeat it. */
  currentSystemTimeMs(): number
  recordMetadata(): RecordMetadata | undefined
  deadLetter(cause: DeadLetterCause): void
  /** Counts the current record as dropped by design; where the application asks for it, it goes to the dead-letter topic as well. */
  drop(reason: DropReason): void
  /** The time of this name in this task: the operators of one join share one. */
  observedTime(name: string): ObservedTime
  /** Called once, in `init`. Undefined where the record cache is off. What is put is forwarded to every child at the commit. */
  recordCache<V>(): RecordCache<KOut, V> | undefined
  /** Asks for a commit at the end of the batch. */
  commit(): void
}
