import type {
  DeadLetterCause,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../processor.ts'
import type { KeyValueStore, KeyValueStoreSpec } from '../store.ts'
import { keyValueStoreOf } from './stores.ts'

/** What a step decided: the key's next state (undefined: none), and what to say. */
export interface StepResult<S, VOut> {
  readonly state: S | undefined
  readonly emit: readonly VOut[]
  /** The record is refused: put on the dead-letter topic with this cause. */
  readonly deadLetter?: DeadLetterCause
}

/** A decision: one key's state and one record in, the next state and what to emit out. No clock, no I/O, nothing kept between calls. */
export type Step<S, K, VIn, VOut> = (
  state: S | undefined,
  record: StreamRecord<K, VIn>,
) => StepResult<S, VOut>

/**
 * Makes a processor of a pure step: reads the key's state, writes it back when the step returned another object, hands on what it
 * emitted under the record's key, time and headers. Connect the store: `process(step(spec, pure), { as, stores: [spec] })`.
 */
export function step<S, K, VIn, VOut>(
  spec: KeyValueStoreSpec<K, S>,
  pure: Step<S, K, VIn, VOut>,
): ProcessorSupplier<K, VIn, K, VOut> {
  return () => new StepProcessor(spec, pure)
}

class StepProcessor<S, K, VIn, VOut> implements Processor<K, VIn, K, VOut> {
  readonly #spec: KeyValueStoreSpec<K, S>
  readonly #pure: Step<S, K, VIn, VOut>
  #context: ProcessorContext<K, VOut> | undefined
  #store: KeyValueStore<K, S> | undefined

  constructor(spec: KeyValueStoreSpec<K, S>, pure: Step<S, K, VIn, VOut>) {
    this.#spec = spec
    this.#pure = pure
  }

  init(context: ProcessorContext<K, VOut>): void {
    this.#context = context
    this.#store = keyValueStoreOf(context, this.#spec)
  }

  process(record: StreamRecord<K, VIn>): void {
    const [context, store] = [this.#context, this.#store]
    if (context === undefined || store === undefined) return
    const { key, timestampMs, headers } = record
    const before = store.get(key)
    const result = this.#pure(before, record)
    if (result.state === undefined) {
      if (before !== undefined) store.delete(key)
    } else if (result.state !== before) {
      store.put(key, result.state)
    }
    for (const value of result.emit) context.forward({ key, value, timestampMs, headers })
    if (result.deadLetter !== undefined) context.deadLetter(result.deadLetter)
  }
}
