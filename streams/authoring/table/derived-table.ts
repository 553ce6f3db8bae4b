import type { Change } from '../../change.ts'
import type { Processor, StreamRecord } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { Materialized } from '../options.ts'
import type { Scope } from '../scope.ts'
import { ChangeForwarder } from './change-forwarder.ts'
import { type Derivation, type Derive, derivedViews } from './derivation.ts'
import type { ChangeContext, TableNode } from './table-node.ts'
import { storeWithoutSerde } from './table-source.ts'
import {
  storeViews,
  type TableRows,
  type TableStoreSpec,
  tableRows,
  tableStore,
} from './table-store.ts'

export interface DerivedTableOptions<K, V, V2> {
  readonly name: string
  readonly parent: TableNode<K, V>
  readonly derivation: Derivation<K, V, V2>
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V2> | undefined
  /** Undefined: rows are derived when they are asked for. */
  readonly storeName: string | undefined
  /** Given at all, even without a name, it says whether the result is versioned: Kafka Streams asks the table above only where it is left out. */
  readonly materialized: Omit<Materialized<unknown, unknown>, 'keySerde' | 'valueSerde'> | undefined
}

/** A table whose rows follow from those of another: `filter`, `mapValues`, `transformValues`. */
export function addDerivedTable<K, V, V2>(
  scope: Scope,
  options: DerivedTableOptions<K, V, V2>,
): TableNode<K, V2> {
  const { name, parent, derivation, keySerde, valueSerde, storeName, materialized } = options
  const spec = storeName === undefined ? undefined : derivedStore(storeName, options)
  // Where the table above keeps its rows anyway, old values spare the nodes below tombstones of what was never there.
  let sendsOldValues = derivation.dropsAbsent && parent.enableSendingOldValues(false)
  const stores = [...derivation.stores, ...(spec === undefined ? [] : [spec])]
  const supplier = () => {
    const shared = { derivation, sendsOldValues }
    return spec === undefined
      ? new DerivedChanges(shared)
      : new DerivedRows(shared, spec, materialized?.caching)
  }
  scope.builder.addProcessor(name, supplier, [parent.name], stores)
  return {
    name,
    keySerde,
    valueSerde,
    sources: parent.sources,
    storeName,
    windowCloseMs: parent.windowCloseMs,
    isVersioned:
      materialized === undefined ? parent.isVersioned === true : spec?.kind === 'versioned',
    sendsOldValues: () => sendsOldValues,
    enableSendingOldValues(force) {
      if (spec !== undefined || parent.enableSendingOldValues(force)) sendsOldValues = true
      return sendsOldValues
    },
    views: () => (spec === undefined ? derivedViews(parent.views(), derivation) : storeViews(spec)),
  }
}

function derivedStore<K, V, V2>(
  storeName: string,
  options: DerivedTableOptions<K, V, V2>,
): TableStoreSpec<K, V2> {
  const { keySerde, valueSerde, materialized } = options
  if (keySerde === undefined || valueSerde === undefined) {
    throw storeWithoutSerde(storeName, keySerde === undefined ? 'key' : 'value')
  }
  return tableStore(storeName, { keySerde, valueSerde }, materialized ?? {})
}

interface Shared<K, V, V2> {
  readonly derivation: Derivation<K, V, V2>
  readonly sendsOldValues: boolean
}

/** Without a store: the old value is derived from that of the table above. */
class DerivedChanges<K, V, V2> implements Processor<K, Change<V>, K, Change<V2>> {
  readonly #shared: Shared<K, V, V2>
  #context: ChangeContext<K, V2> | undefined
  #derive: Derive<K, V, V2> | undefined

  constructor(shared: Shared<K, V, V2>) {
    this.#shared = shared
  }

  init(context: ChangeContext<K, V2>): void {
    this.#context = context
    this.#derive = this.#shared.derivation.open(context)
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const [context, derive] = [this.#context, this.#derive]
    if (context === undefined || derive === undefined) return
    const { key, value: change, timestampMs, headers } = record
    const { sendsOldValues, derivation } = this.#shared
    const newValue = derive(key, change.newValue)
    const oldValue = sendsOldValues ? derive(key, change.oldValue) : undefined
    const absent = newValue === undefined && oldValue === undefined
    if (absent && sendsOldValues && derivation.dropsAbsent) return
    const value = { newValue, oldValue, isLatest: change.isLatest }
    context.forward({ key, value, timestampMs, headers })
  }
}

/** With a store: the old value is the row that it replaces. */
class DerivedRows<K, V, V2> implements Processor<K, Change<V>, K, Change<V2>> {
  readonly #shared: Shared<K, V, V2>
  readonly #spec: TableStoreSpec<K, V2>
  readonly #caching: boolean | undefined
  #context: ChangeContext<K, V2> | undefined
  #derive: Derive<K, V, V2> | undefined
  #rows: TableRows<K, V2> | undefined
  #changes: ChangeForwarder<K, V2> | undefined

  constructor(shared: Shared<K, V, V2>, spec: TableStoreSpec<K, V2>, caching: boolean | undefined) {
    this.#shared = shared
    this.#spec = spec
    this.#caching = spec.kind === 'versioned' ? false : caching
  }

  init(context: ChangeContext<K, V2>): void {
    this.#context = context
    this.#derive = this.#shared.derivation.open(context)
    this.#rows = tableRows(context, this.#spec)
    this.#changes = new ChangeForwarder(context, {
      store: this.#spec,
      caching: this.#caching,
      sendsOldValues: this.#shared.sendsOldValues,
    })
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const [rows, changes] = [this.#rows, this.#changes]
    if (rows === undefined || changes === undefined) return
    const { key, value: change, timestampMs } = record
    const { sendsOldValues, derivation } = this.#shared
    const newValue = this.#derive?.(key, change.newValue)
    const oldValue = changes.needsOldValues ? rows.get(key)?.value : undefined
    const absent = newValue === undefined && oldValue === undefined
    if (absent && sendsOldValues && derivation.dropsAbsent) return
    const put = rows.put(key, newValue, timestampMs)
    if (put === 'not-put') this.#context?.drop('expired')
    else changes.forward(record, { newValue, oldValue, isLatest: put === 'latest' })
  }
}
