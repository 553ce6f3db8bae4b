import type { Change } from '../../change.ts'
import type { ProcessorContext } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { ValueAndTimestamp, VersionedRecord } from '../../store.ts'

/** Reads a table from another node: joins, foreign-key joins and aggregates of tables look rows up with it. */
export interface TableView<K, V> {
  get(key: K): ValueAndTimestamp<V> | undefined
  /** Of a versioned table: what held at that time. */
  getAsOf?(key: K, asOfMs: number): VersionedRecord<V> | undefined
}

/** How another node comes to a table's rows: by the stores that it connects to, and what it reads in them. */
export interface TableViewSupplier<K, V> {
  /** Names of stores that the reading node must be connected to. */
  readonly stores: readonly string[]
  readonly isVersioned: boolean
  /** Of a versioned table: versions are kept so long. */
  readonly historyRetentionMs?: number | undefined
  view(context: Pick<ProcessorContext<never, never>, 'getStateStore'>): TableView<K, V>
}

/**
 * What the builder knows of a table's node. The graph is complete before a task runs, so a later operator may still ask for old values,
 * or for a store to read from.
 */
export interface TableNode<K, V> {
  /** Its processor. Forwards `Change<V>` records. */
  readonly name: string
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
  /** Sources above it, for co-partitioning. */
  readonly sources: readonly string[]
  /** The store that a user may query; undefined for a table that is derived record by record, or whose source nobody asked to keep. */
  readonly storeName: string | undefined
  /** Of a windowed table: how long after its end a window still takes records (grace; sessions: gap and grace). Derived tables pass it on. */
  readonly windowCloseMs?: number | undefined
  /** Its changes are those of a versioned table: what is older than the latest says so. Left out: no. */
  readonly isVersioned?: boolean
  /** Old values are in its changes. */
  readonly sendsOldValues: () => boolean
  /**
   * From now on old values are in its changes, as in Kafka Streams' `enableSendingOldValues`. Without `force`, a table without a store stays
   * without; answers whether old values will be sent.
   */
  enableSendingOldValues(force: boolean): boolean
  /** Makes the source keep its rows, if nothing on the way does. */
  views(): TableViewSupplier<K, V>
}

/** A change record between table nodes. */
export type ChangeContext<K, V> = ProcessorContext<K, Change<V>>
