import type { Change } from '../../change.ts'
import type { StreamRecord } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { Materialized } from '../options.ts'
import { ChangeForwarder } from '../table/change-forwarder.ts'
import type { ChangeContext, TableNode } from '../table/table-node.ts'
import { storeWithoutSerde } from '../table/table-source.ts'
import {
  storeViews,
  type TableRows,
  type TableStoreSpec,
  tableRows,
  tableStore,
} from '../table/table-store.ts'

export interface AggregateTableOptions<K, A> {
  readonly storeName: string
  /** The author named the store, and may ask it for rows. */
  readonly isQueryable: boolean
  readonly materialized: Materialized<K, A> | undefined
  /** Used where `materialized` has none. */
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<A> | undefined
}

/**
 * Serdes of an aggregate's store: those of `materialized`, else what the group or the kind of aggregate brings.
 *
 * @throws {StreamsError} TOPOLOGY_STORE_WITHOUT_SERDE
 */
function resultSerdes<K, A>(
  storeName: string,
  materialized: Pick<Materialized<K, A>, 'keySerde' | 'valueSerde'>,
  known: { readonly keySerde: Serde<K> | undefined; readonly valueSerde: Serde<A> | undefined },
): { readonly keySerde: Serde<K>; readonly valueSerde: Serde<A> } {
  const keySerde = materialized.keySerde ?? known.keySerde
  const valueSerde = materialized.valueSerde ?? known.valueSerde
  if (keySerde === undefined) throw storeWithoutSerde(storeName, 'key')
  if (valueSerde === undefined) throw storeWithoutSerde(storeName, 'value')
  return { keySerde, valueSerde }
}

/** The way out for the changes of a table. */
export interface TableChanges<K, A> {
  /** They wait for the commit. */
  readonly isCaching: boolean
  forward(record: StreamRecord<K, unknown>, change: Change<A>): void
}

/** The table that an aggregate keeps: its store, and what the operators below have asked of its changes. */
export class AggregateTable<K, A> {
  readonly spec: TableStoreSpec<K, A>
  readonly caching: boolean
  readonly #isQueryable: boolean
  readonly #keySerde: Serde<K>
  readonly #valueSerde: Serde<A>
  #sendsOldValues = false

  /** @throws {StreamsError} TOPOLOGY_STORE_WITHOUT_SERDE */
  constructor(options: AggregateTableOptions<K, A>) {
    const { storeName, materialized = {} } = options
    const { keySerde, valueSerde } = resultSerdes(storeName, materialized, options)
    this.#isQueryable = options.isQueryable
    this.#keySerde = keySerde
    this.#valueSerde = valueSerde
    this.spec = tableStore(storeName, { keySerde, valueSerde }, materialized)
    this.caching = this.spec.kind !== 'versioned' && materialized.caching !== false
  }

  /** Final when a task begins. */
  get sendsOldValues(): boolean {
    return this.#sendsOldValues
  }

  rows(context: ChangeContext<K, A>): TableRows<K, A> {
    return tableRows(context, this.spec)
  }

  changes(context: ChangeContext<K, A>): TableChanges<K, A> {
    const { spec, caching, sendsOldValues } = this
    return new ChangeForwarder(context, { store: spec, caching, sendsOldValues })
  }

  /** Of a node that shares the table with others: hands everything on to the node below, which knows what to do with it. */
  partChanges(context: ChangeContext<K, A>): TableChanges<K, A> {
    return {
      isCaching: this.caching && context.recordCache<A>() !== undefined,
      forward: ({ key, timestampMs, headers }, value) =>
        context.forward({ key, value, timestampMs, headers }),
    }
  }

  /** Where the table's changes come out. */
  node(name: string, sources: readonly string[]): TableNode<K, A> {
    return {
      name,
      keySerde: this.#keySerde,
      valueSerde: this.#valueSerde,
      sources,
      storeName: this.#isQueryable ? this.spec.name : undefined,
      isVersioned: this.spec.kind === 'versioned',
      sendsOldValues: () => this.#sendsOldValues,
      enableSendingOldValues: () => {
        this.#sendsOldValues = true
        return true
      },
      views: () => storeViews(this.spec),
    }
  }
}
