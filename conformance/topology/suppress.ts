import { BufferConfig, Suppressed } from '#streams'
import { serdesOf } from '../functions/cell-type.ts'
import type { OpNamed } from '../grammar/topology.ts'
import { type Graph, type TableResult, tableOfCells, tableOfWindows } from './graph.ts'

export function suppress(graph: Graph, op: OpNamed<'suppress'>): TableResult {
  const from = graph.table(op.from)
  const { until } = op
  if (until.kind === 'windowCloses') {
    const suppressed = Suppressed.untilWindowCloses(BufferConfig.unbounded())
    const table = tableOfWindows(from).suppress(suppressed, serdesOf(from))
    return { ...from, table: tableOfCells(table) }
  }
  const { ms, maxRecords } = until
  const buffer =
    maxRecords === undefined ? BufferConfig.unbounded() : BufferConfig.maxRecords(maxRecords)
  const suppressed = Suppressed.untilTimeLimit(ms, buffer)
  return { ...from, table: from.table.suppress(suppressed, serdesOf(from)) }
}
