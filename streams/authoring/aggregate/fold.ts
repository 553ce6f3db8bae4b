/** What an aggregate begins as. */
export type Initializer<A> = () => A

/** One more value for the aggregate of a key; answering `undefined` removes the aggregate. */
export type Aggregator<K, V, A> = (key: K, value: V, aggregate: A) => A | undefined

/** Two values into one; answering `undefined` removes what was there. */
export type Reducer<V> = (aggregate: V, value: V) => V | undefined

/** Folds a value into the aggregate of its key. */
export interface Fold<K, V, A> {
  /** What an aggregate begins as; undefined where the first value is the first aggregate. */
  readonly initial: Initializer<A> | undefined
  readonly add: (key: K, value: V, aggregate: A | undefined) => A | undefined
}

/** A fold that can take a value out again. */
export interface ReversibleFold<K, V, A> extends Fold<K, V, A> {
  readonly subtract: Aggregator<K, V, A>
}

export function aggregateFold<K, V, A>(
  initial: Initializer<A>,
  adder: Aggregator<K, V, A>,
): Fold<K, V, A> {
  return {
    initial,
    add: (key, value, aggregate = initial()) => adder(key, value, aggregate),
  }
}

export function reduceFold<K, V>(adder: Reducer<V>): Fold<K, V, V> {
  return {
    initial: undefined,
    add: (_key, value, aggregate) => (aggregate === undefined ? value : adder(aggregate, value)),
  }
}

/** Also of grouped tables; a count of 0 stays in its table. */
export const countFold: ReversibleFold<unknown, unknown, number> = {
  initial: () => 0,
  add: (_key, _value, count = 0) => count + 1,
  subtract: (_key, _value, count) => count - 1,
}
