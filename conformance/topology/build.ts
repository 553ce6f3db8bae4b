import { Consumed, type Topology } from '#streams'
import type { Cell } from '../functions/cell.ts'
import { serdeOf } from '../functions/cell-type.ts'
import type { CaseOp, CaseSource, CaseTopology } from '../grammar/topology.ts'
import { Graph, notThere, type Result, type StoreTypes, type Types } from './graph.ts'
import {
  addSplit,
  emitCountEvery,
  filterStream,
  flatMap,
  flatMapValues,
  map,
  mapStreamValues,
  merge,
  repartition,
  selectKey,
} from './stream-operators.ts'

/** A case's topology on the public API, with the types of everything a step touches. */
export interface BuiltTopology {
  readonly topology: Topology
  readonly inputs: ReadonlyMap<string, Types>
  readonly outputs: ReadonlyMap<string, Types>
  readonly stores: ReadonlyMap<string, StoreTypes>
}

/**
 * @throws {StreamsError} CONFORMANCE_CASE_INVALID where the grammar allows what cannot be built, and whatever the API refuses
 */
export function buildTopology(topology: CaseTopology): BuiltTopology {
  const graph = new Graph()
  for (const source of topology.sources) graph.add(source.as, sourceOf(graph, source))
  for (const op of topology.ops) {
    if (op.op === 'split') addSplit(graph, op)
    else graph.add(op.as, resultOf(graph, op))
  }
  for (const { from, topic } of topology.sinks) addSink(graph, from, topic)
  const { inputs, outputs, stores } = graph
  return { topology: graph.builder.build('conformance'), inputs, outputs, stores }
}

function sourceOf(graph: Graph, source: CaseSource): Result {
  const { topic, key, value } = source
  const consumed = Consumed.with<Cell, Cell>(serdeOf(key), serdeOf(value))
  graph.inputs.set(topic, { key, value })
  switch (source.kind) {
    case 'stream': {
      const stream = graph.builder.stream(topic, consumed)
      return { kind: 'stream', stream, key, value }
    }
    case 'table':
    case 'versionedTable':
    case 'globalTable':
      throw notThere(source.kind)
  }
}

function addSink(graph: Graph, from: string, topic: string): void {
  const result = graph.result(from)
  const { key, value } = result
  graph.outputs.set(topic, { key, value })
  if (result.kind !== 'stream') throw notThere('a sink of a table')
  result.stream.to(topic)
}

function resultOf(graph: Graph, op: Exclude<CaseOp, { readonly op: 'split' }>): Result {
  switch (op.op) {
    case 'filter':
    case 'filterNot': {
      const from = graph.result(op.from)
      if (from.kind === 'stream') return filterStream(from, op)
      throw notThere(`${op.op} of a table`)
    }
    case 'mapValues': {
      const from = graph.result(op.from)
      if (from.kind === 'stream') return mapStreamValues(from, op)
      throw notThere('mapValues of a table')
    }
    case 'selectKey':
      return selectKey(graph, op)
    case 'map':
      return map(graph, op)
    case 'flatMapValues':
      return flatMapValues(graph, op)
    case 'flatMap':
      return flatMap(graph, op)
    case 'merge':
      return merge(graph, op)
    case 'repartition':
      return repartition(graph, op)
    case 'emitCountEvery':
      return emitCountEvery(graph, op)
    case 'toTable':
    case 'toStream':
    case 'groupByKey':
    case 'groupBy':
    case 'groupTable':
    case 'count':
    case 'reduce':
    case 'aggregate':
    case 'cogroup':
    case 'streamStreamJoin':
    case 'streamTableJoin':
    case 'streamGlobalTableJoin':
    case 'tableTableJoin':
    case 'foreignKeyJoin':
    case 'suppress':
      throw notThere(op.op)
  }
}
