import type {
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../processor.ts'
import type { WindowStore, WindowStoreSpec } from '../../store.ts'
import { windowStoreOf } from '../stores.ts'
import { isPresent } from './presence.ts'

/** Hands each record on, then keeps it for the other side: it must not find itself when a stream is joined with itself. */
export function joinWindow<K, V>(store: WindowStoreSpec<K, V>): ProcessorSupplier<K, V, K, V> {
  return () => new JoinWindow(store)
}

class JoinWindow<K, V> implements Processor<K, V, K, V> {
  readonly #spec: WindowStoreSpec<K, V>
  #context: ProcessorContext<K, V> | undefined
  #window: WindowStore<K, V> | undefined

  constructor(spec: WindowStoreSpec<K, V>) {
    this.#spec = spec
  }

  init(context: ProcessorContext<K, V>): void {
    this.#context = context
    this.#window = windowStoreOf(context, this.#spec)
  }

  process(record: StreamRecord<K, V>): void {
    this.#context?.forward(record)
    const { key, value, timestampMs } = record
    if (isPresent(key) && isPresent(value)) this.#window?.put(key, value, timestampMs)
  }
}
