import { StreamsError } from '../errors.ts'
import type {
  Cancellable,
  DropReason,
  ObservedTime,
  ProcessorContext,
  ProcessorMetrics,
  RecordMetadata,
} from '../processor.ts'
import type { StateStore } from '../store.ts'

/** What a global store's processor sees: its store and the record's origin. It hands nothing on and has no timers. */
export class GlobalProcessorContext implements ProcessorContext<never, never> {
  readonly applicationId: string
  readonly taskId = 'global'
  readonly nodeName: string
  /** Counted at once: every instance reads the topic. */
  readonly metrics: ProcessorMetrics
  readonly #store: StateStore
  readonly #dropped: (reason: DropReason) => void
  #metadata: RecordMetadata | undefined
  #timestampMs = -1

  constructor(options: {
    readonly applicationId: string
    readonly nodeName: string
    readonly metrics: ProcessorMetrics
    readonly store: StateStore
    readonly dropped: (reason: DropReason) => void
  }) {
    this.applicationId = options.applicationId
    this.nodeName = options.nodeName
    this.metrics = options.metrics
    this.#store = options.store
    this.#dropped = options.dropped
  }

  begin(metadata: RecordMetadata, timestampMs: number): void {
    this.#metadata = metadata
    if (timestampMs > this.#timestampMs) this.#timestampMs = timestampMs
  }

  get partition(): number {
    return this.#metadata?.partition ?? 0
  }

  getStateStore<S>(name: string): S {
    if (name !== this.#store.name) this.#refuse(`reach store ${name}`)
    // The builder checked the store's type against the processor's.
    return this.#store as S
  }

  forward(): void {
    this.#refuse('forward records')
  }

  schedule(): Cancellable {
    return this.#refuse('schedule punctuations')
  }

  currentStreamTimeMs(): number {
    return this.#timestampMs
  }

  /** The time of the record: global stores must not depend on when they are read. */
  currentSystemTimeMs(): number {
    return this.#timestampMs
  }

  recordMetadata(): RecordMetadata | undefined {
    return this.#metadata
  }

  deadLetter(): void {
    this.#refuse('dead-letter records')
  }

  /** Counted only: every instance reads the topic. */
  drop(reason: DropReason): void {
    this.#dropped(reason)
  }

  observedTime(): ObservedTime {
    return this.#refuse('keep a time')
  }

  /** What it puts is forwarded nowhere. */
  recordCache(): undefined {
    return undefined
  }

  commit(): void {}

  #refuse(what: string): never {
    throw new StreamsError(
      'STREAMS_NOT_IN_GLOBAL_STORE',
      `a global store's processor cannot ${what}`,
      { node: this.nodeName, store: this.#store.name },
      'Do it in a processor of a stream; a global one only fills its store.',
    )
  }
}
