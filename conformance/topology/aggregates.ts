import { EmitStrategy } from '#streams'
import { type Cell, cellOf } from '../functions/cell.ts'
import { type CellType, typeOfLiteral, windowedType } from '../functions/cell-type.ts'
import { type Folder, folderOf } from '../functions/folders.ts'
import type { FolderCall } from '../grammar/functions.ts'
import type { OpNamed } from '../grammar/topology.ts'
import {
  type CaseTable,
  type Graph,
  invalidCase,
  type StoreKind,
  type StreamGroup,
  type TableGroup,
  type TableResult,
  tableOfCells,
  wrongKind,
} from './graph.ts'
import { fixedWindowsOf, sessionWindowsOf } from './windows.ts'

export type Aggregation = OpNamed<'count'> | OpNamed<'reduce'> | OpNamed<'aggregate'>

/** `count`, `reduce` and `aggregate`, of streams and tables, with and without windows. */
export function aggregate(graph: Graph, op: Aggregation): TableResult {
  const from = graph.result(op.from)
  if (from.kind === 'tableGroup') return aggregateRows(graph, from, op)
  if (from.kind !== 'streamGroup') throw wrongKind(op.from, from.kind, 'group')
  const value = valueTypeOf(from, op)
  if (op.window === undefined) {
    const table = aggregateGroup(from, op, storeOf(graph, from, op, 'keyValue'))
    return { kind: 'table', table, key: from.key, value }
  }
  const kind = op.window.type === 'session' ? 'session' : 'window'
  const store = storeOf(graph, from, op, kind)
  const table =
    op.window.type === 'session'
      ? aggregateSessions(from, op, store)
      : aggregateWindows(from, op, store)
  return { kind: 'table', table, key: windowedType(from.key), value }
}

type Store = ReturnType<typeof storeOf>

function storeOf(
  graph: Graph,
  { key, value }: { readonly key: CellType; readonly value: CellType },
  op: Aggregation,
  kind: StoreKind,
) {
  const types = { kind, key, value: valueTypeOf({ value }, op) }
  const { retentionMs } = op
  const retention = retentionMs === undefined ? {} : { retentionMs }
  return { ...graph.materialized(op.store, types), ...retention }
}

function valueTypeOf({ value }: { readonly value: CellType }, op: Aggregation): CellType {
  if (op.op === 'count') return 'long'
  return op.op === 'reduce' ? value : typeOfLiteral(op.initial)
}

function aggregateGroup({ group }: StreamGroup, op: Aggregation, materialized: Store): CaseTable {
  switch (op.op) {
    case 'count':
      return tableOfCells(group.count({ materialized: countStore(materialized) }))
    case 'reduce':
      return group.reduce(folderOf(op.adder), { materialized })
    case 'aggregate':
      return group.aggregate<Cell>(initialOf(op), adderOf(op.adder), { materialized })
  }
}

function aggregateRows(graph: Graph, from: TableGroup, op: Aggregation): TableResult {
  const { group } = from
  const materialized = storeOf(graph, from, op, 'keyValue')
  const result = { kind: 'table', key: from.key, value: valueTypeOf(from, op) } as const
  if (op.op === 'count') {
    const counts = group.count({ materialized: countStore(materialized) })
    return { ...result, table: tableOfCells(counts) }
  }
  if (op.subtractor === undefined) throw invalidCase(`${op.as} of a table has no subtractor`)
  const table =
    op.op === 'reduce'
      ? group.reduce(folderOf(op.adder), folderOf(op.subtractor), { materialized })
      : group.aggregate<Cell>(initialOf(op), adderOf(op.adder), adderOf(op.subtractor), {
          materialized,
        })
  return { ...result, table }
}

function aggregateWindows({ group }: StreamGroup, op: Aggregation, materialized: Store): CaseTable {
  if (op.window === undefined || op.window.type === 'session') throw invalidCase('no fixed window')
  const windowed = group.windowedBy(fixedWindowsOf(op.window)).emitStrategy(emitOf(op))
  switch (op.op) {
    case 'count':
      return tableOfCells(windowed.count({ materialized: countStore(materialized) }))
    case 'reduce':
      return tableOfCells(windowed.reduce(folderOf(op.adder), { materialized }))
    case 'aggregate':
      return tableOfCells(
        windowed.aggregate<Cell>(initialOf(op), adderOf(op.adder), { materialized }),
      )
  }
}

function aggregateSessions(
  { group }: StreamGroup,
  op: Aggregation,
  materialized: Store,
): CaseTable {
  if (op.window?.type !== 'session') throw invalidCase('no session window')
  const windowed = group.windowedBy(sessionWindowsOf(op.window)).emitStrategy(emitOf(op))
  switch (op.op) {
    case 'count':
      return tableOfCells(windowed.count({ materialized: countStore(materialized) }))
    case 'reduce':
      return tableOfCells(windowed.reduce(folderOf(op.adder), { materialized }))
    case 'aggregate': {
      const merger = mergerOf(op)
      const adder = adderOf(op.adder)
      return tableOfCells(windowed.aggregate<Cell>(initialOf(op), adder, merger, { materialized }))
    }
  }
}

function emitOf({ emit }: Aggregation): EmitStrategy {
  return emit === 'onWindowClose' ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate()
}

/** The serde of counts is the operator's own. */
function countStore({ valueSerde: _, ...store }: Store): Omit<Store, 'valueSerde'> {
  return store
}

export function initialOf({ initial }: { readonly initial: string | number | null }): () => Cell {
  const cell = cellOf(initial)
  return () => cell
}

export function adderOf(call: FolderCall): (key: Cell, value: Cell, aggregate: Cell) => Cell {
  const fold = folderOf(call)
  return (_key, value, aggregate) => fold(aggregate, value)
}

export function mergerOf(op: {
  readonly as: string
  readonly merger?: FolderCall
}): (key: Cell, left: Cell, right: Cell) => Cell {
  if (op.merger === undefined) throw invalidCase(`${op.as} of sessions has no merger`)
  const fold: Folder = folderOf(op.merger)
  return (_key, left, right) => fold(left, right)
}
