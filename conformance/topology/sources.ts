import { Consumed } from '#streams'
import type { Cell } from '../functions/cell.ts'
import { serdeOf } from '../functions/cell-type.ts'
import type { CaseSource } from '../grammar/topology.ts'
import type { Graph, Result } from './graph.ts'

export function sourceOf(graph: Graph, source: CaseSource): Result {
  const { topic, key, value } = source
  const { builder } = graph
  graph.inputs.set(topic, { key, value })
  const consumed = Consumed.with<Cell, Cell>(serdeOf(key), serdeOf(value))
  switch (source.kind) {
    case 'stream':
      return { kind: 'stream', stream: builder.stream(topic, consumed), key, value }
    case 'table': {
      const materialized = graph.materialized(source.store, { kind: 'keyValue', key, value })
      const table = builder.table(topic, { ...consumed, materialized })
      return { kind: 'table', table, key, value }
    }
    case 'versionedTable': {
      const { store, historyRetentionMs } = source
      const named = graph.materialized(store, { kind: 'versioned', key, value })
      const materialized = { ...named, historyRetentionMs }
      const table = builder.table(topic, { ...consumed, materialized })
      return { kind: 'table', table, key, value }
    }
    case 'globalTable': {
      const materialized = graph.materialized(source.store, { kind: 'keyValue', key, value })
      const table = builder.globalTable(topic, { ...consumed, materialized })
      return { kind: 'globalTable', table, key, value }
    }
  }
}
