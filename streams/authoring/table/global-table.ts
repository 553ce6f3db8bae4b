import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../processor.ts'
import type { KeyValueStoreSpec, TimestampedKeyValueStore, ValueAndTimestamp } from '../../store.ts'

/** Every partition of a topic on every instance. Streams join it by any key; processors that name its store may read it. */
export class GlobalKTable<K, V> {
  /** Values with the times of their records; `globalStoreOf` reads the values alone. */
  readonly store: KeyValueStoreSpec<K, ValueAndTimestamp<V>>

  constructor(store: KeyValueStoreSpec<K, ValueAndTimestamp<V>>) {
    this.store = store
  }

  get storeName(): string {
    return this.store.name
  }
}

/** Fills the store of a global table. Records without a key are dropped; one without a value deletes. */
export function globalTableSource<K, V>(
  spec: KeyValueStoreSpec<K, ValueAndTimestamp<V>>,
): ProcessorSupplier<K, V | undefined, never, never> {
  return () => new GlobalTableSource(spec)
}

class GlobalTableSource<K, V> implements Processor<K, V | undefined, never, never> {
  readonly #spec: KeyValueStoreSpec<K, ValueAndTimestamp<V>>
  #context: ProcessorContext<never, never> | undefined
  #store: TimestampedKeyValueStore<K, V> | undefined

  constructor(spec: KeyValueStoreSpec<K, ValueAndTimestamp<V>>) {
    this.#spec = spec
  }

  init(context: ProcessorContext<never, never>): void {
    this.#context = context
    this.#store = context.getStateStore(this.#spec.name)
  }

  process({ key, value, timestampMs }: StreamRecord<K, V | undefined>): void {
    if (key === undefined) this.#context?.drop('null-key')
    else if (value === undefined) this.#store?.delete(key)
    else this.#store?.put(key, { value, timestampMs })
  }
}
