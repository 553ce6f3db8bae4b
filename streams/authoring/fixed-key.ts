import { StreamsError } from '../errors.ts'
import type {
  Cancellable,
  DeadLetterCause,
  DropReason,
  ObservedTime,
  Processor,
  ProcessorContext,
  ProcessorMetrics,
  ProcessorSupplier,
  PunctuationType,
  RecordCache,
  RecordMetadata,
  StreamRecord,
} from '../processor.ts'

/** Holds a processor to the key that it was given. Outside of a record (in a punctuation) any key may be handed on. */
export function fixedKey<K, V, VOut>(
  supplier: ProcessorSupplier<K, V, K, VOut>,
): ProcessorSupplier<K, V, K, VOut> {
  return () => new FixedKeyProcessor(supplier())
}

class FixedKeyProcessor<K, V, VOut> implements Processor<K, V, K, VOut> {
  readonly #inner: Processor<K, V, K, VOut>
  #context: FixedKeyContext<K, VOut> | undefined

  constructor(inner: Processor<K, V, K, VOut>) {
    this.#inner = inner
  }

  init(context: ProcessorContext<K, VOut>): void {
    this.#context = new FixedKeyContext(context)
    this.#inner.init?.(this.#context)
  }

  process(record: StreamRecord<K, V>): void {
    const context = this.#context
    if (context === undefined) return
    context.current = record
    try {
      this.#inner.process(record)
    } finally {
      context.current = undefined
    }
  }

  beforeCommit(): void {
    this.#inner.beforeCommit?.()
  }

  close(): void {
    this.#inner.close?.()
  }
}

class FixedKeyContext<K, VOut> implements ProcessorContext<K, VOut> {
  readonly #outer: ProcessorContext<K, VOut>
  current: StreamRecord<K, unknown> | undefined

  constructor(outer: ProcessorContext<K, VOut>) {
    this.#outer = outer
  }

  get applicationId(): string {
    return this.#outer.applicationId
  }
  get taskId(): string {
    return this.#outer.taskId
  }
  get partition(): number {
    return this.#outer.partition
  }
  get nodeName(): string {
    return this.#outer.nodeName
  }
  get metrics(): ProcessorMetrics {
    return this.#outer.metrics
  }

  forward<K2 extends K, V2 extends VOut>(record: StreamRecord<K2, V2>, childName?: string): void {
    if (this.current !== undefined && record.key !== this.current.key) {
      throw new StreamsError(
        'TOPOLOGY_KEY_CHANGED',
        'a processor under processValues handed on another key',
        { node: this.#outer.nodeName, taskId: this.#outer.taskId },
        'Use process() instead, and repartition() after it.',
      )
    }
    this.#outer.forward(record, childName)
  }

  getStateStore<S>(name: string): S {
    return this.#outer.getStateStore<S>(name)
  }
  schedule(
    intervalMs: number,
    type: PunctuationType,
    punctuate: (timestampMs: number) => void,
  ): Cancellable {
    return this.#outer.schedule(intervalMs, type, punctuate)
  }
  currentStreamTimeMs(): number {
    return this.#outer.currentStreamTimeMs()
  }
  currentSystemTimeMs(): number {
    return this.#outer.currentSystemTimeMs()
  }
  recordMetadata(): RecordMetadata | undefined {
    return this.#outer.recordMetadata()
  }
  deadLetter(cause: DeadLetterCause): void {
    this.#outer.deadLetter(cause)
  }
  drop(reason: DropReason): void {
    this.#outer.drop(reason)
  }
  observedTime(name: string): ObservedTime {
    return this.#outer.observedTime(name)
  }
  recordCache<V>(): RecordCache<K, V> | undefined {
    return this.#outer.recordCache<V>()
  }
  commit(): void {
    this.#outer.commit()
  }
}
