import { Grouped } from '#streams'
import type { Cell } from '../functions/cell.ts'
import { serdeOf, serdesOf } from '../functions/cell-type.ts'
import { mapperOf } from '../functions/mappers.ts'
import type { OpNamed } from '../grammar/topology.ts'
import type { Graph, StreamGroup, TableGroup } from './graph.ts'

export function groupByKey(graph: Graph, op: OpNamed<'groupByKey'>): StreamGroup {
  const { stream, key, value } = graph.stream(op.from)
  const group = stream.groupByKey(serdesOf({ key, value }))
  return { kind: 'streamGroup', group, key, value }
}

export function groupBy(graph: Graph, op: OpNamed<'groupBy'>): StreamGroup {
  const from = graph.stream(op.from)
  const { apply, type: key } = mapperOf(op.key, from)
  const { value } = from
  const group = from.stream.groupBy<Cell>(apply, serdesOf({ key, value }))
  return { kind: 'streamGroup', group, key, value }
}

export function groupTable(graph: Graph, op: OpNamed<'groupTable'>): TableGroup {
  const from = graph.table(op.from)
  const key = mapperOf(op.key, from)
  const value = mapperOf(op.value, from)
  const { dropWhenKey } = op
  const group = from.table.groupBy<Cell, Cell>(
    (k, v) =>
      dropWhenKey !== undefined && k === dropWhenKey
        ? undefined
        : [key.apply(k, v), value.apply(k, v)],
    Grouped.with<Cell, Cell>(serdeOf(key.type), serdeOf(value.type)),
  )
  return { kind: 'tableGroup', group, key: key.type, value: value.type }
}
