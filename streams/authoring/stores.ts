import type { ProcessorContext } from '../processor.ts'
import type { Serde } from '../serde.ts'
import { bytesSerde, timestampedSerde } from '../serdes.ts'
import type {
  KeyValueStore,
  KeyValueStoreSpec,
  ReadOnlyKeyValueStore,
  SessionStore,
  SessionStoreSpec,
  ValueAndTimestamp,
  VersionedKeyValueStore,
  VersionedStoreSpec,
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

/**
 * Declares a key-value store; hand it to `process(..., { stores: [spec] })`, or to `addStateStore`. With `entriesMax` it keeps the most
 * recently used entries only, in memory.
 */
export function keyValueStore<K, V>(
  options: StoreOptions<K, V> & { readonly entriesMax?: number },
): KeyValueStoreSpec<K, V> {
  return { kind: 'key-value', logged: true, persistent: true, ...options }
}

/** Declares a key-value store whose values have a time, as tables have them. */
export function timestampedKeyValueStore<K, V>(
  options: StoreOptions<K, V>,
): KeyValueStoreSpec<K, ValueAndTimestamp<V>> {
  return keyValueStore({ ...options, valueSerde: timestampedSerde(options.valueSerde) })
}

/** Declares a window store. `retentionMs` must cover the window and its grace. */
export function windowStore<K, V>(
  options: StoreOptions<K, V> & { readonly windowSizeMs: number; readonly retentionMs: number },
): WindowStoreSpec<K, V> {
  return { kind: 'window', logged: true, persistent: true, ...options }
}

/** Declares a session store. `retentionMs` must cover the gap and the grace. */
export function sessionStore<K, V>(
  options: StoreOptions<K, V> & { readonly retentionMs: number },
): SessionStoreSpec<K, V> {
  return { kind: 'session', logged: true, persistent: true, ...options }
}

/** Declares a versioned store: what a key held at a time, as far back as the history reaches. */
export function versionedStore<K, V>(
  options: StoreOptions<K, V> & { readonly historyRetentionMs: number },
): VersionedStoreSpec<K, V> {
  return { kind: 'versioned', logged: true, persistent: true, ...options }
}

/** Entries of a custom store, as bytes: transactional, with a changelog, restored and compared like any store's. */
export type StoreEntries = KeyValueStore<Uint8Array, Uint8Array>

/** A store with an interface of its own, `S`, over entries of bytes. */
export interface CustomStoreSpec<S> extends KeyValueStoreSpec<Uint8Array, Uint8Array> {
  readonly open: (entries: StoreEntries) => S
}

/**
 * Declares a store of your own: `open` makes it over its entries, once for each processor of a task that uses it. It must keep nothing in fields
 * that its entries do not have: they alone are committed, restored and shared.
 *
 * ```ts
 * const tags = customStore({ name: 'tags', open: (entries) => new TagIndex(entries) })
 * // in a processor connected to it: customStoreOf(context, tags).add('EUR', 'fx')
 * ```
 */
export function customStore<S>(
  options: Omit<StoreOptions<Uint8Array, Uint8Array>, 'keySerde' | 'valueSerde'> & {
    readonly open: (entries: StoreEntries) => S
  },
): CustomStoreSpec<S> {
  const spec = keyValueStore({ ...options, keySerde: bytesSerde, valueSerde: bytesSerde })
  return { ...spec, open: options.open }
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

/** As `keyValueStoreOf`, for a session store. */
export function sessionStoreOf<K, V>(
  context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
  spec: SessionStoreSpec<K, V>,
): SessionStore<K, V> {
  return context.getStateStore<SessionStore<K, V>>(spec.name)
}

/** As `keyValueStoreOf`, for a versioned store. */
export function versionedStoreOf<K, V>(
  context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
  spec: VersionedStoreSpec<K, V>,
): VersionedKeyValueStore<K, V> {
  return context.getStateStore<VersionedKeyValueStore<K, V>>(spec.name)
}

/** As `keyValueStoreOf`, for a store of your own. */
export function customStoreOf<S>(
  context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
  spec: CustomStoreSpec<S>,
): S {
  return spec.open(context.getStateStore<StoreEntries>(spec.name))
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
