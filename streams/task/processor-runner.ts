import { StreamsError } from '../errors.ts'
import type {
  Cancellable,
  DeadLetterCause,
  DropReason,
  ObservedTime,
  Processor,
  ProcessorContext,
  ProcessorMetrics,
  PunctuationType,
  RecordCache,
  RecordMetadata,
  StreamRecord,
} from '../processor.ts'
import type { ProcessorNode } from '../topology.ts'
import type { RecordReceiver, TaskHost } from './task-host.ts'

/** A processor of one task, and the context that it sees. Children are direct references: a record is forwarded by a plain call. */
export class ProcessorRunner implements RecordReceiver, ProcessorContext<unknown, unknown> {
  readonly name: string
  readonly #host: TaskHost
  readonly #node: ProcessorNode
  readonly #children: readonly RecordReceiver[]
  readonly #onlyChild: RecordReceiver | undefined
  readonly #processor: Processor<unknown, unknown, unknown, unknown>
  readonly #hasStores: boolean
  #count = 0

  constructor(host: TaskHost, node: ProcessorNode, children: readonly RecordReceiver[]) {
    this.name = node.name
    this.#host = host
    this.#node = node
    this.#children = children
    this.#onlyChild = children.length === 1 ? children[0] : undefined
    this.#hasStores = node.stores.length > 0
    this.#processor = node.supplier()
  }

  init(): void {
    this.#host.node = this.name
    this.#processor.init?.(this)
  }

  beforeCommit(): void {
    this.#processor.beforeCommit?.()
  }

  close(): void {
    this.#processor.close?.()
  }

  process(record: StreamRecord<unknown, unknown>): void {
    const host = this.#host
    const previous = host.node
    host.node = this.name
    if (this.#hasStores) host.touchedState = true
    this.#count++
    try {
      this.#processor.process(record)
    } catch (cause) {
      host.processingFailed(this.name, record, cause)
    }
    host.node = previous
  }

  takeCount(): number {
    const count = this.#count
    this.#count = 0
    return count
  }

  get applicationId(): string {
    return this.#host.applicationId
  }

  get taskId(): string {
    return this.#host.taskId
  }

  get partition(): number {
    return this.#host.partition
  }

  get nodeName(): string {
    return this.name
  }

  get metrics(): ProcessorMetrics {
    return this.#host.counts
  }

  forward(record: StreamRecord<unknown, unknown>, childName?: string): void {
    if (childName !== undefined) this.#child(childName).process(record)
    else if (this.#onlyChild !== undefined) this.#onlyChild.process(record)
    else for (const child of this.#children) child.process(record)
  }

  getStateStore<S>(name: string): S {
    const connected = this.#node.stores.includes(name)
    const store = connected ? this.#host.taskStore(name) : this.#host.globalStore(name)
    if (store === undefined) {
      throw new StreamsError(
        'STREAMS_UNKNOWN_STORE',
        `store ${name} is not connected to this node`,
        { node: this.name, store: name, taskId: this.taskId },
        'Name the store where the processor is added to the topology.',
      )
    }
    // The builder checked the store's types against the processor's where it connected the two.
    return store as S
  }

  schedule(
    intervalMs: number,
    type: PunctuationType,
    punctuate: (timestampMs: number) => void,
  ): Cancellable {
    return this.#host.schedule(this.name, intervalMs, type, punctuate)
  }

  currentStreamTimeMs(): number {
    return this.#host.streamTimeMs
  }

  currentSystemTimeMs(): number {
    return this.#host.systemTimeMs
  }

  recordMetadata(): RecordMetadata | undefined {
    return this.#host.metadata()
  }

  deadLetter(cause: DeadLetterCause): void {
    this.#host.deadLetter(this.name, cause)
  }

  drop(reason: DropReason): void {
    this.#host.drop(this.name, reason)
  }

  observedTime(name: string): ObservedTime {
    return this.#host.observedTime(name)
  }

  recordCache<V>(): RecordCache<unknown, V> | undefined {
    return this.#host.recordCache(this)
  }

  commit(): void {
    this.#host.requestCommit()
  }

  #child(name: string): RecordReceiver {
    const child = this.#children.find((one) => one.name === name)
    if (child === undefined) {
      throw new StreamsError(
        'STREAMS_UNKNOWN_CHILD',
        `${this.name} has no child ${name}`,
        { node: this.name, taskId: this.taskId },
        `Its children are: ${this.#children.map((one) => one.name).join(', ') || 'none'}.`,
      )
    }
    return child
  }
}
