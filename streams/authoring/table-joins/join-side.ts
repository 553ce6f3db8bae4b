import type { Change } from '../../change.ts'

export type TableJoinKind = 'inner' | 'left' | 'outer'

/** One side of a join: what becomes of its rows, and of the other side's. */
export interface JoinSide<V, VOther, R> {
  /** There is no result without a row on this side. */
  readonly needsThis: boolean
  /** There is no result without a row on the other side. */
  readonly needsOther: boolean
  readonly join: (value: V | undefined, other: VOther | undefined) => R | undefined
}

export interface JoinSides<V, VOther, R> {
  readonly left: JoinSide<V, VOther, R>
  readonly right: JoinSide<VOther, V, R>
}

/** The joiner is called with sides missing only where the kind allows it. */
export function joinSides<V, VOther, R>(
  kind: TableJoinKind,
  joiner: (left: V | undefined, right: VOther | undefined) => R | undefined,
): JoinSides<V, VOther, R> {
  const needsLeft = kind !== 'outer'
  const needsRight = kind === 'inner'
  return {
    left: { needsThis: needsLeft, needsOther: needsRight, join: joiner },
    right: {
      needsThis: needsRight,
      needsOther: needsLeft,
      join: (right, left) => joiner(left, right),
    },
  }
}

export function joined<V, VOther, R>(
  side: JoinSide<V, VOther, R>,
  value: V | undefined,
  other: VOther | undefined,
): R | undefined {
  const nothing = value === undefined && other === undefined
  const misses = (side.needsThis && value === undefined) || (side.needsOther && other === undefined)
  return nothing || misses ? undefined : side.join(value, other)
}

/**
 * What an update of one side makes of the result; undefined where nothing is said. An inner join says a tombstone each time a side becomes, or
 * stays, absent while the other is there.
 */
export function joinedChange<V, VOther, R>(
  side: JoinSide<V, VOther, R>,
  change: Change<V>,
  other: VOther | undefined,
  sendsOldValues: boolean,
): Change<R> | undefined {
  const { newValue, oldValue, isLatest } = change
  if (other === undefined) {
    const wasNothing = newValue === undefined && oldValue === undefined
    if (side.needsOther || wasNothing) return undefined
  }
  return {
    newValue: joined(side, newValue, other),
    oldValue: sendsOldValues ? joined(side, oldValue, other) : undefined,
    isLatest,
  }
}
