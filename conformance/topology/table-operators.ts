import { serdesOf } from '../functions/cell-type.ts'
import { mapperOf } from '../functions/mappers.ts'
import { predicateOf } from '../functions/predicates.ts'
import type { OpNamed } from '../grammar/topology.ts'
import type { Graph, StreamResult, TableResult } from './graph.ts'

export function filterTable(
  graph: Graph,
  from: TableResult,
  op: OpNamed<'filter'> | OpNamed<'filterNot'>,
): TableResult {
  const predicate = predicateOf(op.predicate)
  const { key, value } = from
  const options =
    op.store === undefined
      ? {}
      : { materialized: graph.materialized(op.store, { kind: 'keyValue', key, value }) }
  const table =
    op.op === 'filter'
      ? from.table.filter(predicate, options)
      : from.table.filterNot(predicate, options)
  return { ...from, table }
}

export function mapTableValues(
  graph: Graph,
  from: TableResult,
  op: OpNamed<'mapValues'>,
): TableResult {
  const { apply, type: value } = mapperOf(op.value, from)
  const types = { kind: 'keyValue', key: from.key, value } as const
  const materialized = graph.materialized(op.store, types)
  const table = from.table.mapValues((cell, key) => apply(key, cell), { materialized })
  return { ...from, table, value }
}

export function toTable(graph: Graph, op: OpNamed<'toTable'>): TableResult {
  const { stream, key, value } = graph.stream(op.from)
  const materialized = graph.materialized(op.store, { kind: 'keyValue', key, value })
  const options = { ...serdesOf({ key, value }), materialized }
  return { kind: 'table', table: stream.toTable(options), key, value }
}

export function toStream(graph: Graph, op: OpNamed<'toStream'>): StreamResult {
  const { table, key, value } = graph.table(op.from)
  return { kind: 'stream', stream: table.toStream(), key, value }
}
