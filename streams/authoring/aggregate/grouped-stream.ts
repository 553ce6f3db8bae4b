import type { Serde } from '../../serde.ts'
import { longSerde } from '../../serdes.ts'
import type { TableResult } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { SerdesKnown } from '../serdes-known.ts'
import type { KTable } from '../table/table.ts'
import { SessionWindowedKStream } from '../windows/session-windowed-stream.ts'
import type { FixedWindows } from '../windows/window-nodes.ts'
import { TimeWindowedKStream } from '../windows/windowed-stream.ts'
import type { SessionWindows } from '../windows/windows.ts'
import type { AggregateResult } from './aggregate-result.ts'
import { AggregateTable } from './aggregate-table.ts'
import { CogroupedKStream } from './cogrouped-stream.ts'
import {
  type Aggregator,
  aggregateFold,
  countFold,
  type Fold,
  type Initializer,
  type Reducer,
  reduceFold,
} from './fold.ts'
import type { GroupNode } from './group.ts'
import { placeGroup } from './place-group.ts'
import { streamAggregate } from './stream-aggregate.ts'

/**
 * Records of a stream that are about to be aggregated by their key. Every aggregate drops records without a key (`null-key`) or a value
 * (`null-value`). A row carries the largest timestamp of its records.
 *
 * ```ts
 * const perWord = words.groupByKey().count({ as: 'count' })
 * const total = fills.groupBy((_id, fill) => fill.account, { as: 'by-account', keySerde: stringSerde })
 *   .aggregate(() => 0, (_account, fill, lots) => lots + fill.lots, { as: 'lots', materialized: { valueSerde: longSerde } })
 * ```
 */
export class KGroupedStream<K, V> {
  readonly #scope: Scope
  readonly #group: GroupNode<K, V>

  constructor(scope: Scope, group: GroupNode<K, V>) {
    this.#scope = scope
    this.#group = group
  }

  /** @internal */
  get scope(): Scope {
    return this.#scope
  }

  /** @internal */
  get group(): GroupNode<K, V> {
    return this.#group
  }

  /** How many records each key had. */
  count(options: TableResult<K, number> = {}): KTable<K, number, SerdesKnown> {
    this.#scope.names.setAsideForUnnamedStore(options)
    return this.#table('KSTREAM-AGGREGATE-', countFold, options, longSerde)
  }

  /** Values of a key into one of the same type, beginning with the first. */
  reduce(reducer: Reducer<V>, options: TableResult<K, V> = {}): KTable<K, V, SerdesKnown> {
    return this.#table('KSTREAM-REDUCE-', reduceFold(reducer), options, this.#group.valueSerde)
  }

  /** Values of a key into something else, beginning with `initial`. */
  aggregate<A>(
    initial: Initializer<A>,
    adder: Aggregator<K, V, A>,
    options: AggregateResult<K, A>,
  ): KTable<K, A, SerdesKnown> {
    return this.#table('KSTREAM-AGGREGATE-', aggregateFold(initial, adder), options, undefined)
  }

  /** Aggregates by key and window. */
  windowedBy(windows: FixedWindows): TimeWindowedKStream<K, V>
  windowedBy(windows: SessionWindows): SessionWindowedKStream<K, V>
  windowedBy(
    windows: FixedWindows | SessionWindows,
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    return windows.kind === 'session'
      ? new SessionWindowedKStream(this.#scope, this.#group, windows)
      : new TimeWindowedKStream(this.#scope, this.#group, windows)
  }

  /** Begins an aggregate that other groups of the same keys add to as well. */
  cogroup<A>(adder: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.#scope, [{ group: this.#group, adder }])
  }

  #table<A>(
    prefix: string,
    fold: Fold<K, V, A>,
    options: TableResult<K, A>,
    valueSerde: Serde<A> | undefined,
  ): KTable<K, A, SerdesKnown> {
    const { names, builder } = this.#scope
    const { as, materialized } = options
    const given = materialized?.as ?? as
    const storeName = names.store(given, prefix)
    const name = names.node(as, prefix)
    const table = new AggregateTable<K, A>({
      storeName,
      isQueryable: given !== undefined,
      materialized,
      keySerde: this.#group.keySerde,
      valueSerde,
    })
    const placed = placeGroup(this.#scope, this.#group, storeName)
    builder.addProcessor(name, streamAggregate(table, fold), [placed.name], [table.spec])
    return this.#scope.newTable(table.node(name, placed.sources))
  }
}
