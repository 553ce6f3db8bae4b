import { StreamsError } from '../errors.ts'
import type { Cancellable, ProcessorContext, RecordMetadata } from '../processor.ts'
import type { StateStore } from '../store.ts'

/** What a global store's processor sees: its store and the record's origin. It hands nothing on and has no timers. */
export class GlobalProcessorContext implements ProcessorContext<never, never> {
  readonly applicationId: string
  readonly taskId = 'global'
  readonly nodeName: string
  readonly #store: StateStore
  #metadata: RecordMetadata | undefined
  #timestampMs = -1

  constructor(applicationId: string, nodeName: string, store: StateStore) {
    this.applicationId = applicationId
    this.nodeName = nodeName
    this.#store = store
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
