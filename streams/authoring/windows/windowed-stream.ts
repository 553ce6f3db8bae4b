import { StreamsError } from '../../errors.ts'
import type { Serde } from '../../serde.ts'
import { longSerde } from '../../serdes.ts'
import type { WindowedKey } from '../../store.ts'
import type { AggregateResult } from '../aggregate/aggregate-result.ts'
import {
  type Aggregator,
  aggregateFold,
  countFold,
  type Fold,
  type Initializer,
  type Reducer,
  reduceFold,
} from '../aggregate/fold.ts'
import type { GroupNode } from '../aggregate/group.ts'
import type { TableResult } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { SerdesKnown } from '../serdes-known.ts'
import type { KTable } from '../table/table.ts'
import { addWindowedAggregate } from './add-windowed.ts'
import { EmitStrategy } from './emit-strategy.ts'
import { type FixedWindows, fixedWindowParts } from './window-nodes.ts'

/** Options of an aggregate of fixed windows. */
export interface Sliced<K, A> {
  /**
   * Hopping windows, emitted on close, whose size is a multiple of their advance: the store keeps one slice an advance instead of all windows, and
   * closed windows are put together from slices with this function. A record then costs one update, whatever size / advance is. It has to be
   * associative, and the initial value neutral to it; slices come in the order of time. The store answers slices, and not windows.
   */
  slices?(key: K, left: A, right: A): A | undefined
}

/**
 * Records of a stream by key and window. A window takes records until stream time (the largest timestamp that this operator saw) has reached its end and grace;
 * what comes later is dropped as `late`, records without a key as `null-key`. A row carries the largest timestamp of its records.
 *
 * The store keeps windows for size and grace (sliding: twice the time difference and grace) unless `materialized.retentionMs` says longer.
 */
export class TimeWindowedKStream<K, V> {
  readonly #scope: Scope
  readonly #group: GroupNode<K, V>
  readonly #windows: FixedWindows
  readonly #emit: EmitStrategy

  constructor(
    scope: Scope,
    group: GroupNode<K, V>,
    windows: FixedWindows,
    emit: EmitStrategy = EmitStrategy.onWindowUpdate(),
  ) {
    this.#scope = scope
    this.#group = group
    this.#windows = windows
    this.#emit = emit
  }

  /** When results come out; with every record unless told. @throws {StreamsError} TOPOLOGY_INVALID_WINDOW: unlimited windows do not close */
  emitStrategy(strategy: EmitStrategy): TimeWindowedKStream<K, V> {
    if (this.#windows.kind === 'unlimited' && strategy.kind === 'window-close') {
      throw new StreamsError(
        'TOPOLOGY_INVALID_WINDOW',
        'unlimited windows do not close',
        { node: this.#group.name },
        'Emit on window update.',
      )
    }
    return new TimeWindowedKStream(this.#scope, this.#group, this.#windows, strategy)
  }

  /** How many records each window had. */
  count(
    options: TableResult<K, number> & Sliced<K, number> = {},
  ): KTable<WindowedKey<K>, number, SerdesKnown> {
    // Kafka Streams counts them alike, but for sliding windows.
    if (this.#windows.kind !== 'sliding') this.#scope.names.setAsideForUnnamedStore(options)
    return this.#table('KSTREAM-AGGREGATE-', countFold, options, longSerde)
  }

  /** Values of a window into one of the same type, beginning with the first. */
  reduce(
    reducer: Reducer<V>,
    options: TableResult<K, V> & Sliced<K, V> = {},
  ): KTable<WindowedKey<K>, V, SerdesKnown> {
    return this.#table('KSTREAM-REDUCE-', reduceFold(reducer), options, this.#group.valueSerde)
  }

  /** Values of a window into something else, beginning with `initial`. */
  aggregate<A>(
    initial: Initializer<A>,
    adder: Aggregator<K, V, A>,
    options: AggregateResult<K, A> & Sliced<K, A>,
  ): KTable<WindowedKey<K>, A, SerdesKnown> {
    return this.#table('KSTREAM-AGGREGATE-', aggregateFold(initial, adder), options, undefined)
  }

  #table<A>(
    prefix: string,
    fold: Fold<K, V, A>,
    options: TableResult<K, A> & Sliced<K, A>,
    valueSerde: Serde<A> | undefined,
  ): KTable<WindowedKey<K>, A, SerdesKnown> {
    const node = addWindowedAggregate<K, V, A, Fold<K, V, A>>(this.#scope, {
      prefix,
      group: this.#group,
      emit: this.#emit,
      options,
      valueSerde,
      fold,
      partsOf: (made) => fixedWindowParts(this.#windows, made, options.slices),
    })
    return this.#scope.newTable(node)
  }
}
