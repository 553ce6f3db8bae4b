import type { Serde } from '../../serde.ts'
import type { Scope } from '../scope.ts'
import type { TableNode } from '../table/table-node.ts'
import { groupRows, type RowMapper } from './group-rows.ts'
import type { Grouped } from './grouped.ts'
import { KGroupedTable } from './grouped-table.ts'

/** `KTable.groupBy`: maps each row to its group, and asks the table for old values, which its group has to be rid of. */
export function groupTable<K, V, K2, V2>(
  scope: Scope,
  table: TableNode<K, V>,
  mapper: RowMapper<K, V, K2, V2>,
  grouped: Grouped<K2, V2>,
): KGroupedTable<K2, V2> {
  const { as, keySerde, valueSerde } = grouped
  const name = scope.names.node(as, 'KTABLE-SELECT-')
  const supplier = groupRows({
    mapper,
    sameKey: sameKeyOf(keySerde, name),
    isVersioned: table.isVersioned === true,
  })
  scope.builder.addProcessor(name, supplier, [table.name])
  table.enableSendingOldValues(true)
  return new KGroupedTable(scope, { name, keySerde, valueSerde, repartitionName: as })
}

/** Keys that are objects are the same when they are written alike. */
function sameKeyOf<K>(keySerde: Serde<K>, name: string): (left: K, right: K) => boolean {
  return (left, right) => {
    if (left === right) return true
    if (typeof left !== 'object' || typeof right !== 'object') return false
    return Buffer.compare(keySerde.serialize(name, left), keySerde.serialize(name, right)) === 0
  }
}
