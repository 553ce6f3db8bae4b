import type { Serde } from '../../serde.ts'
import type { Scope } from '../scope.ts'
import { asSerde } from '../serdes-known.ts'
import type { RowsIn } from '../table/derived-options.ts'
import type { TableNode } from '../table/table-node.ts'
import { storeWithoutSerde } from '../table/table-source.ts'
import { storeViews, type TableStoreSpec, tableStore } from '../table/table-store.ts'
import { joinResults } from './join-results.ts'
import { joinSides, type TableJoinKind } from './join-side.ts'
import { joinUpdates } from './join-updates.ts'
import { joinView } from './join-view.ts'

export interface TableJoin<K, V, VOther, R> {
  readonly kind: TableJoinKind
  readonly left: TableNode<K, V>
  readonly right: TableNode<K, VOther>
  readonly joiner: (left: V | undefined, right: VOther | undefined) => R | undefined
  /** With `materialized` results are kept, under a generated name where none is given. */
  readonly options: RowsIn<K, R>
}

/** A node for the updates of each table and one for the results of both, named and numbered as Kafka Streams does. */
export function joinTables<K, V, VOther, R>(
  scope: Scope,
  { kind, left, right, joiner, options }: TableJoin<K, V, VOther, R>,
): TableNode<K, R> {
  const { builder, names } = scope
  const { as, materialized } = options
  const storeName =
    materialized === undefined ? undefined : names.store(materialized.as, RESULTS_PREFIX)
  const name = names.node(as, RESULTS_PREFIX)
  const sources = [...new Set([...left.sources, ...right.sources])]
  builder.addCopartition(sources)
  if (kind !== 'inner') left.enableSendingOldValues(true)
  if (kind === 'outer') right.enableSendingOldValues(true)
  const leftUpdates = names.nodeWithSuffix(as, '-join-this', 'KTABLE-JOINTHIS-')
  const rightUpdates = names.nodeWithSuffix(as, '-join-other', 'KTABLE-JOINOTHER-')

  const keySerde = asSerde(materialized?.keySerde) ?? left.keySerde
  const valueSerde = asSerde(materialized?.valueSerde ?? options.valueSerde)
  const store =
    storeName === undefined
      ? undefined
      : resultStore(storeName, { keySerde, valueSerde }, materialized ?? {})
  const sides = joinSides(kind, joiner)
  const [leftRows, rightRows] = [left.views(), right.views()]
  let sendsOldValues = false
  const asksForOldValues = () => sendsOldValues
  builder.addProcessor(
    leftUpdates,
    joinUpdates({
      side: sides.left,
      other: rightRows,
      isVersioned: left.isVersioned === true,
      sendsOldValues: asksForOldValues,
    }),
    [left.name],
    rightRows.stores,
  )
  builder.addProcessor(
    rightUpdates,
    joinUpdates({
      side: sides.right,
      other: leftRows,
      isVersioned: right.isVersioned === true,
      sendsOldValues: asksForOldValues,
    }),
    [right.name],
    leftRows.stores,
  )
  builder.addProcessor(
    name,
    joinResults({ store, caching: materialized?.caching, sendsOldValues: asksForOldValues }),
    [leftUpdates, rightUpdates],
    store === undefined ? [] : [store],
  )
  return {
    name,
    keySerde,
    valueSerde,
    sources,
    storeName,
    isVersioned: store?.kind === 'versioned',
    windowCloseMs: laterClose(left.windowCloseMs, right.windowCloseMs),
    sendsOldValues: asksForOldValues,
    enableSendingOldValues() {
      left.enableSendingOldValues(true)
      right.enableSendingOldValues(true)
      sendsOldValues = true
      return true
    },
    views: () =>
      store === undefined ? joinView(sides.left, leftRows, rightRows) : storeViews(store),
  }
}

const RESULTS_PREFIX = 'KTABLE-MERGE-'

function resultStore<K, R>(
  name: string,
  serdes: {
    readonly keySerde: Serde<K> | undefined
    readonly valueSerde: Serde<R> | undefined
  },
  materialized: NonNullable<RowsIn<K, R>['materialized']>,
): TableStoreSpec<K, R> {
  const { keySerde, valueSerde } = serdes
  if (keySerde !== undefined && valueSerde !== undefined) {
    return tableStore(name, { keySerde, valueSerde }, materialized)
  }
  throw storeWithoutSerde(name, keySerde === undefined ? 'key' : 'value')
}

/** A window is closed when it is for both tables. */
function laterClose(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined) return right
  return right === undefined ? left : Math.max(left, right)
}
