import type { ProcessorContext } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import { timestampedSerde } from '../../serdes.ts'
import type {
  KeyValueStoreSpec,
  TimestampedKeyValueStore,
  ValueAndTimestamp,
  VersionedKeyValueStore,
  VersionedRecord,
  VersionedStoreSpec,
} from '../../store.ts'
import type { Materialized } from '../options.ts'
import type { TableView, TableViewSupplier } from './table-node.ts'

/** What keeps the rows of a table: the latest of each key, or its versions. */
export type TableStoreSpec<K, V> =
  | KeyValueStoreSpec<K, ValueAndTimestamp<V>>
  | VersionedStoreSpec<K, V>

type StoreOptions = Omit<Materialized<unknown, unknown>, 'as' | 'keySerde' | 'valueSerde'>

interface Serdes<K, V> {
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
}

/** The store behind a table: of versions where history is asked for, else of values with their times. */
export function tableStore<K, V>(
  name: string,
  serdes: Serdes<K, V>,
  options: StoreOptions,
): TableStoreSpec<K, V> {
  const { logged = true, persistent = true, historyRetentionMs } = options
  if (historyRetentionMs === undefined) return latestStore(name, serdes, options)
  const { keySerde, valueSerde } = serdes
  return { kind: 'versioned', name, keySerde, valueSerde, logged, persistent, historyRetentionMs }
}

/** Values with their times, one a key. */
export function latestStore<K, V>(
  name: string,
  serdes: Serdes<K, V>,
  options: StoreOptions,
): KeyValueStoreSpec<K, ValueAndTimestamp<V>> {
  const { logged = true, persistent = true, entriesMax } = options
  const { keySerde } = serdes
  const valueSerde = timestampedSerde(serdes.valueSerde)
  const spec = { kind: 'key-value' as const, name, keySerde, valueSerde, logged, persistent }
  return entriesMax === undefined ? spec : { ...spec, persistent: false, entriesMax }
}

/** Rows of a table, written by one node; both kinds of stores look the same. */
export interface TableRows<K, V> extends TableView<K, V> {
  /** Undefined deletes. A version may be older than the latest, or too old to be kept at all. */
  put(key: K, value: V | undefined, timestampMs: number): 'latest' | 'older' | 'not-put'
}

export function tableRows<K, V>(
  context: Pick<ProcessorContext<never, never>, 'getStateStore'>,
  spec: TableStoreSpec<K, V>,
): TableRows<K, V> {
  return spec.kind === 'versioned'
    ? new VersionedRows(context.getStateStore<VersionedKeyValueStore<K, V>>(spec.name))
    : new LatestRows(context.getStateStore<TimestampedKeyValueStore<K, V>>(spec.name))
}

/** The view of a table that has a store. */
export function storeViews<K, V>(spec: TableStoreSpec<K, V>): TableViewSupplier<K, V> {
  return {
    stores: [spec.name],
    isVersioned: spec.kind === 'versioned',
    historyRetentionMs: spec.kind === 'versioned' ? spec.historyRetentionMs : undefined,
    view: (context) => tableRows(context, spec),
  }
}

class LatestRows<K, V> implements TableRows<K, V> {
  readonly #store: TimestampedKeyValueStore<K, V>

  constructor(store: TimestampedKeyValueStore<K, V>) {
    this.#store = store
  }

  get(key: K): ValueAndTimestamp<V> | undefined {
    return this.#store.get(key)
  }

  put(key: K, value: V | undefined, timestampMs: number): 'latest' {
    if (value === undefined) this.#store.delete(key)
    else this.#store.put(key, { value, timestampMs })
    return 'latest'
  }
}

class VersionedRows<K, V> implements TableRows<K, V> {
  readonly #store: VersionedKeyValueStore<K, V>

  constructor(store: VersionedKeyValueStore<K, V>) {
    this.#store = store
  }

  get(key: K): VersionedRecord<V> | undefined {
    return this.#store.get(key)
  }

  getAsOf(key: K, asOfMs: number): VersionedRecord<V> | undefined {
    return this.#store.get(key, asOfMs)
  }

  put(key: K, value: V | undefined, timestampMs: number): 'latest' | 'older' | 'not-put' {
    const until = this.#store.put(key, value, timestampMs)
    return typeof until === 'number' ? 'older' : until
  }
}
