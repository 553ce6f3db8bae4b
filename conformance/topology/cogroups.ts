import type { CogroupedKStream } from '#streams'
import type { Cell } from '../functions/cell.ts'
import { typeOfLiteral, windowedType } from '../functions/cell-type.ts'
import type { OpNamed } from '../grammar/topology.ts'
import { adderOf, initialOf, mergerOf } from './aggregates.ts'
import {
  type Graph,
  invalidCase,
  requireSameType,
  type TableResult,
  tableOfCells,
} from './graph.ts'
import { fixedWindowsOf, sessionWindowsOf } from './windows.ts'

/** Several groups of streams into one aggregate. */
export function cogroup(graph: Graph, op: OpNamed<'cogroup'>): TableResult {
  const { grouped, key } = cogrouped(graph, op)
  const value = typeOfLiteral(op.initial)
  const initial = initialOf(op)
  const { window } = op
  if (window === undefined) {
    const materialized = graph.materialized(op.store, { kind: 'keyValue', key, value })
    return { kind: 'table', table: grouped.aggregate(initial, { materialized }), key, value }
  }
  const kind = window.type === 'session' ? 'session' : 'window'
  const materialized = graph.materialized(op.store, { kind, key, value })
  const table =
    window.type === 'session'
      ? grouped
          .windowedBy(sessionWindowsOf(window))
          .aggregate(initial, mergerOf(op), { materialized })
      : grouped.windowedBy(fixedWindowsOf(window)).aggregate(initial, { materialized })
  return { kind: 'table', table: tableOfCells(table), key: windowedType(key), value }
}

function cogrouped(graph: Graph, op: OpNamed<'cogroup'>) {
  const parts = op.inputs.map(({ from, adder }) => ({
    ...graph.streamGroup(from),
    adder: adderOf(adder),
  }))
  const [first, ...others] = parts
  if (first === undefined) throw invalidCase('a cogroup without inputs')
  let grouped: CogroupedKStream<Cell, Cell> = first.group.cogroup<Cell>(first.adder)
  for (const { group, adder, key } of others) {
    requireSameType(first.key, key)
    grouped = grouped.cogroup(group, adder)
  }
  return { grouped, key: first.key }
}
