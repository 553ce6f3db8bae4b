import type { ProcessorContext } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type {
  KeyValueStore,
  KeyValueStoreSpec,
  ReadOnlyKeyValueStore,
  ValueAndTimestamp,
  WindowStore,
  WindowStoreSpec,
} from '../store.ts'
import { ValuesOnly } from './values-only.ts'

interface StoreOptions<K, V> {
  /** Never changes: it names the changelog topic. */
  readonly name: string
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
  /** Default true: with a changelog topic. */
  readonly logged?: boolean
  /** Default true: on disk. */
  readonly persistent?: boolean
}

/** Declares a key-value store; hand it to `process(..., { stores: [spec] })`, or to `addStateStore`. */
export function keyValueStore<K, V>(options: StoreOptions<K, V>): KeyValueStoreSpec<K, V> {
  return { kind: 'key-value', logged: true, persistent: true, ...options }
}

/** Declares a window store. `retentionMs` must cover the window and its grace. */
export function windowStore<K, V>(
  options: StoreOptions<K, V> & { readonly windowSizeMs: number; readonly retentionMs: number },
): WindowStoreSpec<K, V> {
  return { kind: 'window', logged: true, persistent: true, ...options }
}

/** The store that a specification declared, with its types. @throws {StreamsError} STREAMS_UNKNOWN_STORE when it is not connected */
export function keyValueStoreOf<K, V>(
  context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
  spec: KeyValueStoreSpec<K, V>,
): KeyValueStore<K, V> {
  return context.getStateStore<KeyValueStore<K, V>>(spec.name)
}

/** As `keyValueStoreOf`, for a window store. */
export function windowStoreOf<K, V>(
  context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
  spec: WindowStoreSpec<K, V>,
): WindowStore<K, V> {
  return context.getStateStore<WindowStore<K, V>>(spec.name)
}

/** The read-only store of a global table: its values, without their times. */
export function globalStoreOf<K, V>(
  context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
  spec: KeyValueStoreSpec<K, ValueAndTimestamp<V>>,
): ReadOnlyKeyValueStore<K, V> {
  return new ValuesOnly(
    context.getStateStore<ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>>(spec.name),
  )
}
