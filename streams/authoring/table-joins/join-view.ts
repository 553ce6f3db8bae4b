import type { TableViewSupplier } from '../table/table-node.ts'
import { type JoinSide, joined } from './join-side.ts'

/** Rows of a join that nothing keeps: joined again at each look. Never versioned, even where both tables are. */
export function joinView<K, V, VOther, R>(
  side: JoinSide<V, VOther, R>,
  left: TableViewSupplier<K, V>,
  right: TableViewSupplier<K, VOther>,
): TableViewSupplier<K, R> {
  return {
    stores: [...new Set([...left.stores, ...right.stores])],
    isVersioned: false,
    view(context) {
      const [lefts, rights] = [left.view(context), right.view(context)]
      return {
        get(key) {
          const one = lefts.get(key)
          if (one === undefined && side.needsThis) return undefined
          const other = rights.get(key)
          const value = joined(side, one?.value, other?.value)
          if (value === undefined) return undefined
          const timestampMs = Math.max(
            one?.timestampMs ?? Number.NEGATIVE_INFINITY,
            other?.timestampMs ?? Number.NEGATIVE_INFINITY,
          )
          return { value, timestampMs }
        },
      }
    },
  }
}
