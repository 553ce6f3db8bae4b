import { serdesOf } from '../functions/cell-type.ts'
import { joinerOf } from '../functions/joiners.ts'
import { mapperOf } from '../functions/mappers.ts'
import type { OpNamed } from '../grammar/topology.ts'
import { type CaseTable, type Graph, requireSameType, type TableResult } from './graph.ts'

export function joinTables(graph: Graph, op: OpNamed<'tableTableJoin'>): TableResult {
  const left = graph.table(op.left)
  const right = graph.table(op.right)
  const { key } = left
  requireSameType(key, right.key)
  const { apply, type: value } = joinerOf(op.joiner, { left: left.value, right: right.value })
  const materialized = graph.materialized(op.store, { kind: 'keyValue', key, value })
  return { kind: 'table', table: joined(), key, value }

  function joined(): CaseTable {
    switch (op.type) {
      case 'inner':
        return left.table.join(right.table, (l, r) => apply(l, r), { materialized })
      case 'left':
        return left.table.leftJoin(right.table, (l, r) => apply(l, r), { materialized })
      case 'outer':
        return left.table.outerJoin(right.table, (l, r) => apply(l, r), { materialized })
    }
  }
}

export function joinByForeignKey(graph: Graph, op: OpNamed<'foreignKeyJoin'>): TableResult {
  const left = graph.table(op.left)
  const right = graph.table(op.right)
  const { key } = left
  const foreignKey = mapperOf(op.foreignKey, left)
  requireSameType(foreignKey.type, right.key)
  const { apply, type: value } = joinerOf(op.joiner, { left: left.value, right: right.value })
  const materialized = graph.materialized(op.store, { kind: 'keyValue', key, value })
  const options = { materialized, left: serdesOf(left), right: serdesOf(right) }
  const table =
    op.type === 'inner'
      ? left.table.join(right.table, foreignKey.apply, (l, r) => apply(l, r), options)
      : left.table.leftJoin(right.table, foreignKey.apply, (l, r) => apply(l, r), options)
  return { kind: 'table', table, key, value }
}
