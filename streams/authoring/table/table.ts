import type { Change } from '../../change.ts'
import type { RowMapper } from '../aggregate/group-rows.ts'
import { groupTable } from '../aggregate/group-table.ts'
import type { Grouped } from '../aggregate/grouped.ts'
import type { KGroupedTable } from '../aggregate/grouped-table.ts'
import { stateless } from '../operators.ts'
import type { KeySerdeGiven, Named, NoSerdes } from '../options.ts'
import type { Scope } from '../scope.ts'
import {
  type AnySerdes,
  asSerde,
  type SerdeArguments,
  type SerdesKnown,
  type TypesKnown,
} from '../serdes-known.ts'
import { KStream } from '../stream.ts'
import { addSuppress } from '../suppress/add-suppress.ts'
import type { Suppressed } from '../suppress/suppressed.ts'
import type { ForeignKeyJoinOptions } from '../table-joins/foreign-key/table-joined.ts'
import { addTableJoin, type JoinArguments } from '../table-joins/join-arguments.ts'
import type { TableJoinKind } from '../table-joins/join-side.ts'
import { type Derivation, pureDerivation } from './derivation.ts'
import type { DerivedOptions, RemappedOptions, RowsIn } from './derived-options.ts'
import { addDerivedTable } from './derived-table.ts'
import type { TableNode } from './table-node.ts'
import { type TableTransformer, transformerDerivation } from './transformer.ts'

/**
 * The latest value of each key; a record without a value deletes. Without a store a table passes changes on; with one (`materialized`, under a
 * name) its rows can be asked for.
 *
 * The third parameter says which serdes are known, as for streams.
 */
export class KTable<K, V, S extends SerdesKnown = never> {
  declare readonly '~types'?: TypesKnown<K, V, S>
  readonly #scope: Scope
  readonly #node: TableNode<K, V>

  constructor(scope: Scope, node: TableNode<K, V>) {
    this.#scope = scope
    this.#node = node
  }

  /** @internal */
  get scope(): Scope {
    return this.#scope
  }

  /** @internal */
  get node(): TableNode<K, V> {
    return this.#node
  }

  /** Name of the node that the changes come out of. */
  get name(): string {
    return this.#node.name
  }

  /** The store that has the table's rows, to be asked by this name; undefined where none was named. */
  get queryableStoreName(): string | undefined {
    return this.#node.storeName
  }

  /** Rows that are not accepted are absent: their keys get tombstones. */
  filter<V2 extends V>(
    accepts: (key: K, value: V) => value is V2,
    options?: DerivedOptions<K, V2, S>,
  ): KTable<K, V2, S>
  filter(accepts: (key: K, value: V) => boolean, options?: DerivedOptions<K, V, S>): KTable<K, V, S>
  filter(accepts: (key: K, value: V) => boolean, options: RowsIn<K, V> = {}): unknown {
    return this.#filtered((key, value) => (accepts(key, value) ? value : undefined), options)
  }

  filterNot<V2 extends V>(
    refuses: (key: K, value: V) => value is V2,
    options?: DerivedOptions<K, Exclude<V, V2>, S>,
  ): KTable<K, Exclude<V, V2>, S>
  filterNot(
    refuses: (key: K, value: V) => boolean,
    options?: DerivedOptions<K, V, S>,
  ): KTable<K, V, S>
  filterNot(refuses: (key: K, value: V) => boolean, options: RowsIn<K, V> = {}): unknown {
    return this.#filtered((key, value) => (refuses(key, value) ? undefined : value), options)
  }

  /** A row whose value is made `undefined` is absent. */
  mapValues<V2>(
    mapper: (value: V, key: K) => V2 | undefined,
    options: RemappedOptions<K, V2, S>,
  ): KTable<K, V2, Extract<S, 'key'> | 'value'>
  mapValues<V2>(
    mapper: (value: V, key: K) => V2 | undefined,
    options?: NoSerdes,
  ): KTable<K, V2, Extract<S, 'key'>>
  mapValues<V2>(mapper: (value: V, key: K) => V2 | undefined, options: object = {}): unknown {
    const derivation = pureDerivation<K, V, V2>((key, value) => mapper(value, key), {
      dropsAbsent: false,
    })
    return this.#derived('KTABLE-MAPVALUES-', derivation, options as RowsIn<K, V2>)
  }

  /** As `mapValues`, with stores at hand, and for absent rows too. */
  transformValues<V2>(
    supplier: () => TableTransformer<K, V, V2>,
    options: RemappedOptions<K, V2, S> & { readonly stores?: readonly string[] },
  ): KTable<K, V2, Extract<S, 'key'> | 'value'>
  transformValues<V2>(
    supplier: () => TableTransformer<K, V, V2>,
    options?: NoSerdes & { readonly stores?: readonly string[] },
  ): KTable<K, V2, Extract<S, 'key'>>
  transformValues<V2>(
    supplier: () => TableTransformer<K, V, V2>,
    options: object & { readonly stores?: readonly string[] } = {},
  ): unknown {
    const derivation = transformerDerivation(supplier, options.stores ?? [])
    return this.#derived('KTABLE-TRANSFORMVALUES-', derivation, options as RowsIn<K, V2>)
  }

  /** A row where both tables have one under the key. The time of a result is the later of both. */
  join<VOther, R, SOther extends SerdesKnown>(
    other: KTable<K, VOther, SOther>,
    joiner: (value: V, other: VOther) => R | undefined,
    options: RemappedOptions<K, R, S>,
  ): KTable<K, R, Extract<S, 'key'> | 'value'>
  join<VOther, R, SOther extends SerdesKnown>(
    other: KTable<K, VOther, SOther>,
    joiner: (value: V, other: VOther) => R | undefined,
    options?: NoSerdes,
  ): KTable<K, R, Extract<S, 'key'>>
  /** By a key of the other table that each row leads to; several rows may lead to one. Rows that lead nowhere are dropped. */
  join<KOther, VOther, R, SOther extends SerdesKnown>(
    other: KTable<KOther, VOther, SOther>,
    foreignKey: (key: K, value: V) => KOther | undefined,
    joiner: (value: V, other: VOther) => R | undefined,
    options: ForeignKeyJoinOptions<[K, V, S], [KOther, VOther, SOther], R>,
  ): KTable<K, R, SerdesKnown>
  join<KOther, VOther, R>(...args: JoinArguments<K, V, KOther, VOther, R>): unknown {
    return this.#joined('inner', args)
  }

  /** As `join`, and each row of this table has a result, with the other's value where it has one. */
  leftJoin<VOther, R, SOther extends SerdesKnown>(
    other: KTable<K, VOther, SOther>,
    joiner: (value: V, other: VOther | undefined) => R | undefined,
    options: RemappedOptions<K, R, S>,
  ): KTable<K, R, Extract<S, 'key'> | 'value'>
  leftJoin<VOther, R, SOther extends SerdesKnown>(
    other: KTable<K, VOther, SOther>,
    joiner: (value: V, other: VOther | undefined) => R | undefined,
    options?: NoSerdes,
  ): KTable<K, R, Extract<S, 'key'>>
  leftJoin<KOther, VOther, R, SOther extends SerdesKnown>(
    other: KTable<KOther, VOther, SOther>,
    foreignKey: (key: K, value: V) => KOther | undefined,
    joiner: (value: V, other: VOther | undefined) => R | undefined,
    options: ForeignKeyJoinOptions<[K, V, S], [KOther, VOther, SOther], R>,
  ): KTable<K, R, SerdesKnown>
  leftJoin<KOther, VOther, R>(...args: JoinArguments<K, V, KOther, VOther, R>): unknown {
    return this.#joined('left', args)
  }

  /** As `join`, and each row of either table has a result. */
  outerJoin<VOther, R, SOther extends SerdesKnown>(
    other: KTable<K, VOther, SOther>,
    joiner: (value: V | undefined, other: VOther | undefined) => R | undefined,
    options: RemappedOptions<K, R, S>,
  ): KTable<K, R, Extract<S, 'key'> | 'value'>
  outerJoin<VOther, R, SOther extends SerdesKnown>(
    other: KTable<K, VOther, SOther>,
    joiner: (value: V | undefined, other: VOther | undefined) => R | undefined,
    options?: NoSerdes,
  ): KTable<K, R, Extract<S, 'key'>>
  outerJoin<VOther, R>(...args: JoinArguments<K, V, K, VOther, R>): unknown {
    return this.#joined('outer', args)
  }

  /** Rows under the keys of their groups, to be aggregated; a row without a key or a value is in no group. Always behind a repartition. */
  groupBy<K2, V2>(
    mapper: RowMapper<K, V, K2, V2>,
    grouped: Grouped<K2, V2>,
  ): KGroupedTable<K2, V2> {
    return groupTable(this.#scope, this.#node, mapper, grouped)
  }

  /**
   * Holds updates back: until their window is closed, or for a time. What waits is in a store of its own, which spills to disk; see `whyHeld`.
   * @throws {StreamsError} TOPOLOGY_NOT_WINDOWED, TOPOLOGY_VERSIONED_TABLE
   */
  suppress(
    suppressed: Suppressed<K>,
    ...serdes: SerdeArguments<K, V, S, object>
  ): KTable<K, V, SerdesKnown> {
    const given: AnySerdes<K, V> = serdes[0] ?? {}
    return new KTable(this.#scope, addSuppress(this.#scope, this.#node, suppressed, given))
  }

  /** The changes as a stream: the value that holds now, `undefined` for a deletion. */
  toStream(options?: Named): KStream<K, V | undefined, S>
  /** The same under another key. */
  toStream<K2>(
    selector: (key: K, value: V | undefined) => K2,
    options: KeySerdeGiven<K2>,
  ): KStream<K2, V | undefined, 'key' | Extract<S, 'value'>>
  toStream<K2>(
    selector: (key: K, value: V | undefined) => K2,
    options?: NoSerdes,
  ): KStream<K2, V | undefined, Extract<S, 'value'>>
  toStream<K2>(
    first: Named | ((key: K, value: V | undefined) => K2) = {},
    second: Named & AnySerdes<K2, V> = {},
  ): unknown {
    if (typeof first !== 'function') return this.#stream(first.as)
    const { as, ...serdes } = second
    return this.#stream(as).selectKey(first, serdes as KeySerdeGiven<K2>)
  }

  #joined<KOther, VOther, R>(
    kind: TableJoinKind,
    args: JoinArguments<K, V, KOther, VOther, R>,
  ): KTable<K, R> {
    return new KTable(this.#scope, addTableJoin(this.#scope, kind, this.#node, args))
  }

  #stream(as: string | undefined): KStream<K, V | undefined> {
    const name = this.#scope.names.node(as, 'KTABLE-TOSTREAM-')
    const newValues = stateless<K, Change<V>, K, V | undefined>((record, context) => {
      const { key, timestampMs, headers } = record
      context.forward({ key, value: record.value.newValue, timestampMs, headers })
    })
    this.#scope.builder.addProcessor(name, newValues, [this.name])
    const { keySerde, valueSerde, sources } = this.#node
    return new KStream<K, V | undefined>(this.#scope, {
      name,
      keySerde,
      // A serde never sees what is absent.
      valueSerde: asSerde<V | undefined>(valueSerde),
      repartitionRequired: false,
      sources,
    })
  }

  #filtered(kept: (key: K, value: V) => V | undefined, options: RowsIn<K, V>): KTable<K, V> {
    const dropsAbsent = this.#node.isVersioned !== true
    const { valueSerde } = this.#node
    const serde = valueSerde === undefined ? {} : { valueSerde }
    return this.#derived('KTABLE-FILTER-', pureDerivation(kept, { dropsAbsent }), {
      ...serde,
      ...options,
    })
  }

  #derived<V2>(
    prefix: string,
    derivation: Derivation<K, V, V2>,
    options: RowsIn<K, V2>,
  ): KTable<K, V2> {
    const { names } = this.#scope
    const { materialized } = options
    const storeName = this.#storeName(prefix, options)
    return new KTable(
      this.#scope,
      addDerivedTable(this.#scope, {
        name: names.node(options.as, prefix),
        parent: this.#node,
        derivation,
        keySerde: asSerde(materialized?.keySerde) ?? this.#node.keySerde,
        valueSerde: asSerde(materialized?.valueSerde ?? options.valueSerde),
        storeName,
        materialized,
      }),
    )
  }

  /** As in Kafka Streams, only a name makes a store, and options without one use up a number. */
  #storeName(
    prefix: string,
    { materialized }: Pick<RowsIn<K, never>, 'materialized'>,
  ): string | undefined {
    const { names } = this.#scope
    if (materialized === undefined) return undefined
    if (materialized.as !== undefined) return names.store(materialized.as, prefix)
    if (materialized.historyRetentionMs !== undefined) return names.store(undefined, prefix)
    if (prefix !== 'KTABLE-TRANSFORMVALUES-') names.setAside()
    return undefined
  }
}
