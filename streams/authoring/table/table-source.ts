import type { Change } from '../../change.ts'
import { StreamsError } from '../../errors.ts'
import type { Processor, ProcessorSupplier, StreamRecord } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { Materialized } from '../options.ts'
import type { Scope } from '../scope.ts'
import { ChangeForwarder } from './change-forwarder.ts'
import type { ChangeContext, TableNode } from './table-node.ts'
import {
  storeViews,
  type TableRows,
  type TableStoreSpec,
  tableRows,
  tableStore,
} from './table-store.ts'

export interface TableSourceOptions<K, V> {
  readonly name: string
  /** The node that the records come from. */
  readonly parent: string
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
  readonly sources: readonly string[]
  readonly storeName: string
  /** The store's name was given, or history is asked for: rows are kept in any case. */
  readonly keepsRows: boolean
  readonly materialized: Materialized<K, V>
}

/** Turns records into the changes of a table. Rows are kept from the start, or from when an operator below first asks for them. */
export function addTableSource<K, V>(
  scope: Scope,
  options: TableSourceOptions<K, V>,
): TableNode<K, V> {
  const { name, parent, keySerde, valueSerde, sources, storeName, materialized } = options
  const kept: KeptRows<K, V> = { store: undefined, sendsOldValues: false }
  const keepRows = (): TableStoreSpec<K, V> => {
    if (kept.store === undefined) {
      const serdes = storeSerdes(storeName, keySerde, valueSerde)
      kept.store = tableStore(storeName, serdes, materialized)
      scope.builder.addStateStore(kept.store, [name])
    }
    return kept.store
  }
  scope.builder.addProcessor(name, tableSource(kept, materialized.caching), [parent])
  if (options.keepsRows) keepRows()
  return {
    name,
    keySerde,
    valueSerde,
    sources,
    storeName: options.keepsRows ? storeName : undefined,
    isVersioned: materialized.historyRetentionMs !== undefined,
    sendsOldValues: () => kept.sendsOldValues,
    enableSendingOldValues(force) {
      if (kept.store === undefined && !force) return false
      keepRows()
      kept.sendsOldValues = true
      return true
    },
    views: () => storeViews(keepRows()),
  }
}

/** Complete before a task runs. */
interface KeptRows<K, V> {
  store: TableStoreSpec<K, V> | undefined
  sendsOldValues: boolean
}

/** Keyless records are dropped; of a versioned table also those that history no longer reaches. */
function tableSource<K, V>(
  kept: KeptRows<K, V>,
  caching: boolean | undefined,
): ProcessorSupplier<K, V | undefined, K, Change<V>> {
  return () => {
    const { store, sendsOldValues } = kept
    return store === undefined
      ? new UnkeptTable<K, V>()
      : new KeptTable(store, { caching, sendsOldValues })
  }
}

class UnkeptTable<K, V> implements Processor<K, V | undefined, K, Change<V>> {
  #context: ChangeContext<K, V> | undefined

  init(context: ChangeContext<K, V>): void {
    this.#context = context
  }

  process(record: StreamRecord<K, V | undefined>): void {
    const { key, value: newValue, timestampMs, headers } = record
    if (key === undefined) {
      this.#context?.drop('null-key')
      return
    }
    const value = { newValue, oldValue: undefined, isLatest: true }
    this.#context?.forward({ key, value, timestampMs, headers })
  }
}

class KeptTable<K, V> implements Processor<K, V | undefined, K, Change<V>> {
  readonly #spec: TableStoreSpec<K, V>
  readonly #caching: boolean | undefined
  readonly #sendsOldValues: boolean
  #context: ChangeContext<K, V> | undefined
  #rows: TableRows<K, V> | undefined
  #changes: ChangeForwarder<K, V> | undefined

  constructor(
    spec: TableStoreSpec<K, V>,
    options: { readonly caching: boolean | undefined; readonly sendsOldValues: boolean },
  ) {
    this.#spec = spec
    this.#caching = spec.kind === 'versioned' ? false : options.caching
    this.#sendsOldValues = options.sendsOldValues
  }

  init(context: ChangeContext<K, V>): void {
    this.#context = context
    this.#rows = tableRows(context, this.#spec)
    this.#changes = new ChangeForwarder(context, {
      store: this.#spec,
      caching: this.#caching,
      sendsOldValues: this.#sendsOldValues,
    })
  }

  process(record: StreamRecord<K, V | undefined>): void {
    const [context, rows, changes] = [this.#context, this.#rows, this.#changes]
    if (context === undefined || rows === undefined || changes === undefined) return
    const { key, value: newValue, timestampMs } = record
    if (key === undefined) {
      context.drop('null-key')
      return
    }
    const oldValue = changes.needsOldValues ? rows.get(key)?.value : undefined
    const put = rows.put(key, newValue, timestampMs)
    if (put === 'not-put') context.drop('expired')
    else changes.forward(record, { newValue, oldValue, isLatest: put === 'latest' })
  }
}

function storeSerdes<K, V>(
  store: string,
  keySerde: Serde<K> | undefined,
  valueSerde: Serde<V> | undefined,
): { readonly keySerde: Serde<K>; readonly valueSerde: Serde<V> } {
  if (keySerde !== undefined && valueSerde !== undefined) return { keySerde, valueSerde }
  throw storeWithoutSerde(store, keySerde === undefined ? 'key' : 'value')
}

export function storeWithoutSerde(store: string, role: 'key' | 'value'): StreamsError {
  return new StreamsError(
    'TOPOLOGY_STORE_WITHOUT_SERDE',
    `the ${role} serde of the store is not known`,
    { store },
    'Give it with the operator that makes the table; operators that change a type forget its serde.',
  )
}
