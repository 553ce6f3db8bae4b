import type { WindowedKey } from '../../store.ts'
import type { AggregateResult } from '../aggregate/aggregate-result.ts'
import type { CogroupPart } from '../aggregate/cogroup.ts'
import { aggregateFold, type Initializer } from '../aggregate/fold.ts'
import type { Scope } from '../scope.ts'
import type { SerdesKnown } from '../serdes-known.ts'
import type { KTable } from '../table/table.ts'
import { addWindowedCogroup } from './add-windowed.ts'
import { type Merger, mergingFold } from './session-fold.ts'
import { type FixedWindows, fixedWindowParts, sessionParts } from './window-nodes.ts'
import type { SessionWindows } from './windows.ts'

/** Groups of several streams by key and window, added to one aggregate. Stream time is kept for each group, as in Kafka Streams. */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #scope: Scope
  readonly #parts: readonly CogroupPart<K, A>[]
  readonly #windows: FixedWindows

  constructor(scope: Scope, parts: readonly CogroupPart<K, A>[], windows: FixedWindows) {
    this.#scope = scope
    this.#parts = parts
    this.#windows = windows
  }

  /** The aggregate of all groups, each window beginning with `initial`. */
  aggregate(
    initial: Initializer<A>,
    options: AggregateResult<K, A>,
  ): KTable<WindowedKey<K>, A, SerdesKnown> {
    const node = addWindowedCogroup(this.#scope, {
      parts: this.#parts,
      options,
      foldOf: ({ adder }) => aggregateFold(initial, adder),
      partsOf: (made) => fixedWindowParts(this.#windows, made),
    })
    return this.#scope.newTable(node)
  }
}

/** Groups of several streams by key and session, added to one aggregate. */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #scope: Scope
  readonly #parts: readonly CogroupPart<K, A>[]
  readonly #windows: SessionWindows

  constructor(scope: Scope, parts: readonly CogroupPart<K, A>[], windows: SessionWindows) {
    this.#scope = scope
    this.#parts = parts
    this.#windows = windows
  }

  /** The aggregate of all groups; sessions that become one are merged with `merger`. */
  aggregate(
    initial: Initializer<A>,
    merger: Merger<K, A>,
    options: AggregateResult<K, A>,
  ): KTable<WindowedKey<K>, A, SerdesKnown> {
    const node = addWindowedCogroup(this.#scope, {
      parts: this.#parts,
      options,
      foldOf: ({ adder }) => mergingFold(aggregateFold(initial, adder), merger),
      partsOf: (made) => sessionParts(this.#windows, made),
    })
    return this.#scope.newTable(node)
  }
}
