import type { Serde } from '../../serde.ts'
import { longSerde } from '../../serdes.ts'
import type { WindowedKey } from '../../store.ts'
import type { AggregateResult } from '../aggregate/aggregate-result.ts'
import {
  type Aggregator,
  aggregateFold,
  type Initializer,
  type Reducer,
} from '../aggregate/fold.ts'
import type { GroupNode } from '../aggregate/group.ts'
import type { TableResult } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { SerdesKnown } from '../serdes-known.ts'
import type { KTable } from '../table/table.ts'
import { addWindowedAggregate } from './add-windowed.ts'
import { EmitStrategy } from './emit-strategy.ts'
import {
  type Merger,
  mergingFold,
  type SessionFold,
  sessionCountFold,
  sessionReduceFold,
} from './session-fold.ts'
import { sessionParts } from './window-nodes.ts'
import type { SessionWindows } from './windows.ts'

/**
 * Records of a stream by key and session. A record joins every session of its key that is at most the gap away: tombstones of those come out first,
 * then the session that they became. A session takes records until stream time has passed its end, gap and grace; what comes later is
 * dropped as `late`. A row carries the session's end as its timestamp.
 */
export class SessionWindowedKStream<K, V> {
  readonly #scope: Scope
  readonly #group: GroupNode<K, V>
  readonly #windows: SessionWindows
  readonly #emit: EmitStrategy

  constructor(
    scope: Scope,
    group: GroupNode<K, V>,
    windows: SessionWindows,
    emit: EmitStrategy = EmitStrategy.onWindowUpdate(),
  ) {
    this.#scope = scope
    this.#group = group
    this.#windows = windows
    this.#emit = emit
  }

  /** When results come out; with every record unless told. */
  emitStrategy(strategy: EmitStrategy): SessionWindowedKStream<K, V> {
    return new SessionWindowedKStream(this.#scope, this.#group, this.#windows, strategy)
  }

  /** How many records each session had. */
  count(options: TableResult<K, number> = {}): KTable<WindowedKey<K>, number, SerdesKnown> {
    this.#scope.names.setAsideForUnnamedStore(options)
    return this.#table('KSTREAM-AGGREGATE-', sessionCountFold, options, longSerde)
  }

  /** Values of a session into one of the same type; merges sessions as well. */
  reduce(
    reducer: Reducer<V>,
    options: TableResult<K, V> = {},
  ): KTable<WindowedKey<K>, V, SerdesKnown> {
    const { valueSerde } = this.#group
    return this.#table('KSTREAM-REDUCE-', sessionReduceFold(reducer), options, valueSerde)
  }

  /**
   * Values of a session into something else. Each record starts from `initial`, each session that it joins is merged in with `merger`, and its
   * value is added last.
   */
  aggregate<A>(
    initial: Initializer<A>,
    adder: Aggregator<K, V, A>,
    merger: Merger<K, A>,
    options: AggregateResult<K, A>,
  ): KTable<WindowedKey<K>, A, SerdesKnown> {
    const fold = mergingFold(aggregateFold(initial, adder), merger)
    return this.#table('KSTREAM-AGGREGATE-', fold, options, undefined)
  }

  #table<A>(
    prefix: string,
    fold: SessionFold<K, V, A>,
    options: TableResult<K, A>,
    valueSerde: Serde<A> | undefined,
  ): KTable<WindowedKey<K>, A, SerdesKnown> {
    const node = addWindowedAggregate<K, V, A, SessionFold<K, V, A>>(this.#scope, {
      prefix,
      group: this.#group,
      emit: this.#emit,
      options,
      valueSerde,
      fold,
      partsOf: (made) => sessionParts(this.#windows, made),
    })
    return this.#scope.newTable(node)
  }
}
