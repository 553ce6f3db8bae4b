import { countFold, type Fold, type Reducer, reduceFold } from '../aggregate/fold.ts'

/** Of two sessions of a key, the left one being what was merged so far. */
export type Merger<K, A> = (key: K, left: A, right: A) => A | undefined

/** Sessions that a record joins become one. */
export interface SessionFold<K, V, A> extends Fold<K, V, A> {
  readonly merge: (key: K, left: A | undefined, right: A) => A | undefined
}

export const sessionCountFold: SessionFold<unknown, unknown, number> = {
  ...countFold,
  merge: (_key, left = 0, right) => left + right,
}

export function sessionReduceFold<K, V>(reducer: Reducer<V>): SessionFold<K, V, V> {
  const fold = reduceFold<K, V>(reducer)
  return { ...fold, merge: (key, left, right) => fold.add(key, right, left) }
}

export function mergingFold<K, V, A>(
  fold: Fold<K, V, A>,
  merger: Merger<K, A>,
): SessionFold<K, V, A> {
  return {
    ...fold,
    merge: (key, left = fold.initial?.(), right) =>
      left === undefined ? right : merger(key, left, right),
  }
}
