import type { Change } from '../../change.ts'
import type { Serde } from '../../serde.ts'
import { longSerde } from '../../serdes.ts'
import type { TableResult } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { SerdesKnown } from '../serdes-known.ts'
import type { KTable } from '../table/table.ts'
import type { AggregateResult } from './aggregate-result.ts'
import { AggregateTable } from './aggregate-table.ts'
import { changeSerde } from './change-serde.ts'
import {
  type Aggregator,
  aggregateFold,
  countFold,
  type Initializer,
  type Reducer,
  type ReversibleFold,
  reduceFold,
} from './fold.ts'
import { tableAggregate } from './table-aggregate.ts'

/** Rows of a table under the keys of their groups: where they stand in the graph. */
export interface TableGroupNode<K, V> {
  /** The node that maps rows to their groups. */
  readonly name: string
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
  /** `Grouped.as`: names the repartition topic. */
  readonly repartitionName: string | undefined
}

/**
 * Rows of a table that are about to be aggregated by the key of their group. What a row added is subtracted again when the row changes or
 * goes, so an aggregate is always that of the rows that are there.
 *
 * ```ts
 * const exposure = positions.groupBy((_id, position) => [position.account, position], Grouped.with(stringSerde, positionSerde))
 *   .aggregate(() => 0, addNotional, subtractNotional, { as: 'exposure', materialized: { valueSerde: longSerde } })
 * ```
 */
export class KGroupedTable<K, V> {
  readonly #scope: Scope
  readonly #group: TableGroupNode<K, V>
  /** The source behind the repartition that all aggregates share, where the group has a name. */
  #shared: string | undefined

  constructor(scope: Scope, group: TableGroupNode<K, V>) {
    this.#scope = scope
    this.#group = group
  }

  /** How many rows each group has. A group that had rows and has none keeps its row, with 0. */
  count(options: TableResult<K, number> = {}): KTable<K, number, SerdesKnown> {
    return this.#table('KTABLE-AGGREGATE-', countFold, options, longSerde)
  }

  /** Values of a group into one of the same type. */
  reduce(
    adder: Reducer<V>,
    subtractor: Reducer<V>,
    options: TableResult<K, V> = {},
  ): KTable<K, V, SerdesKnown> {
    const subtract: Aggregator<K, V, V> = (_key, value, aggregate) => subtractor(aggregate, value)
    const fold = { ...reduceFold<K, V>(adder), subtract }
    return this.#table('KTABLE-REDUCE-', fold, options, this.#group.valueSerde)
  }

  /** Values of a group into something else, beginning with `initial`. */
  aggregate<A>(
    initial: Initializer<A>,
    adder: Aggregator<K, V, A>,
    subtractor: Aggregator<K, V, A>,
    options: AggregateResult<K, A>,
  ): KTable<K, A, SerdesKnown> {
    const fold = { ...aggregateFold(initial, adder), subtract: subtractor }
    return this.#table('KTABLE-AGGREGATE-', fold, options, undefined)
  }

  #table<A>(
    prefix: string,
    fold: ReversibleFold<K, V, A>,
    options: TableResult<K, A>,
    valueSerde: Serde<A> | undefined,
  ): KTable<K, A, SerdesKnown> {
    const { names, builder } = this.#scope
    const { as, materialized } = options
    const given = materialized?.as ?? as
    const storeName = names.store(given, 'KTABLE-AGGREGATE-')
    const sink = names.nodeWithSuffix(as, '-sink', 'KSTREAM-SINK-')
    const source = names.nodeWithSuffix(as, '-source', 'KSTREAM-SOURCE-')
    const name = names.node(as, prefix)
    const table = new AggregateTable<K, A>({
      storeName,
      isQueryable: given !== undefined,
      materialized,
      keySerde: this.#group.keySerde,
      valueSerde,
    })
    const placed = this.#shared ?? this.#repartitioned({ storeName, sink, source })
    builder.addProcessor(name, tableAggregate(table, fold), [placed], [table.spec])
    return this.#scope.newTable(table.node(name, [placed]))
  }

  /** Always: the group's key is another than the row's. Answers the source. */
  #repartitioned(nodes: {
    readonly storeName: string
    readonly sink: string
    readonly source: string
  }): string {
    const { builder } = this.#scope
    const { name, keySerde, repartitionName } = this.#group
    const { sink, source } = nodes
    // The runtime puts the suffix behind; one that is there already is not doubled.
    const topic = (repartitionName ?? nodes.storeName).replace(/-repartition$/, '')
    const valueSerde: Serde<Change<V>> = changeSerde(this.#group.valueSerde)
    builder.addRepartitionTopic({ name: topic, partitions: undefined })
    builder.addSink(sink, { topic, keySerde, valueSerde }, [name])
    builder.addSource(source, { topics: [topic], keySerde, valueSerde })
    if (repartitionName !== undefined) this.#shared = source
    return source
  }
}
