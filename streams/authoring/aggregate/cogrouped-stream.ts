import type { Scope } from '../scope.ts'
import type { SerdesKnown } from '../serdes-known.ts'
import type { KTable } from '../table/table.ts'
import type { FixedWindows } from '../windows/window-nodes.ts'
import {
  SessionWindowedCogroupedKStream,
  TimeWindowedCogroupedKStream,
} from '../windows/windowed-cogroup.ts'
import type { SessionWindows } from '../windows/windows.ts'
import type { AggregateResult } from './aggregate-result.ts'
import { AggregateTable } from './aggregate-table.ts'
import { addCogroup, type CogroupPart, withPart } from './cogroup.ts'
import { type Aggregator, aggregateFold, type Initializer } from './fold.ts'
import type { KGroupedStream } from './grouped-stream.ts'
import { cogroupChanges, cogroupPart } from './stream-aggregate.ts'

/**
 * Groups of several streams with the same keys, and how the values of each are added to one aggregate. Cheaper than aggregating each and
 * joining the tables: one store, one update a record.
 *
 * ```ts
 * const activity = orders.groupByKey().cogroup(addOrder).cogroup(fills.groupByKey(), addFill)
 *   .aggregate(() => idle, { as: 'activity', materialized: { valueSerde: activitySerde } })
 * ```
 */
export class CogroupedKStream<K, A> {
  readonly #scope: Scope
  readonly #parts: readonly CogroupPart<K, A>[]

  constructor(scope: Scope, parts: readonly CogroupPart<K, A>[]) {
    this.#scope = scope
    this.#parts = parts
  }

  /** @internal */
  get scope(): Scope {
    return this.#scope
  }

  /** @internal */
  get parts(): readonly CogroupPart<K, A>[] {
    return this.#parts
  }

  /** One more group. A group that is there already gets the new adder. */
  cogroup<V>(grouped: KGroupedStream<K, V>, adder: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    const parts = withPart(this.#parts, { group: grouped.group, adder })
    return new CogroupedKStream(this.#scope, parts)
  }

  /** Aggregates by key and window. */
  windowedBy(windows: FixedWindows): TimeWindowedCogroupedKStream<K, A>
  windowedBy(windows: SessionWindows): SessionWindowedCogroupedKStream<K, A>
  windowedBy(
    windows: FixedWindows | SessionWindows,
  ): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    return windows.kind === 'session'
      ? new SessionWindowedCogroupedKStream(this.#scope, this.#parts, windows)
      : new TimeWindowedCogroupedKStream(this.#scope, this.#parts, windows)
  }

  /** The aggregate of all groups, beginning with `initial`. */
  aggregate(initial: Initializer<A>, options: AggregateResult<K, A>): KTable<K, A, SerdesKnown> {
    const { as, materialized } = options
    const given = materialized.as ?? as
    const storeName = this.#scope.names.store(given, 'COGROUPKSTREAM-AGGREGATE-')
    const table = new AggregateTable<K, A>({
      storeName,
      isQueryable: given !== undefined,
      materialized,
      keySerde: this.#parts[0]?.group.keySerde,
      valueSerde: undefined,
    })
    const placed = addCogroup(this.#scope, {
      parts: this.#parts,
      store: table.spec,
      as,
      supplierOf: (part) => cogroupPart(table, aggregateFold(initial, part.adder)),
      merge: cogroupChanges(table),
    })
    return this.#scope.newTable(table.node(placed.name, placed.sources))
  }
}
