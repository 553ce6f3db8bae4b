import { Produced, type Topology } from '#streams'
import type { Cell } from '../functions/cell.ts'
import { serdeOf } from '../functions/cell-type.ts'
import type { CaseOp, CaseTopology } from '../grammar/topology.ts'
import { aggregate } from './aggregates.ts'
import { cogroup } from './cogroups.ts'
import { Graph, invalidCase, type Result, type StoreTypes, type Types } from './graph.ts'
import { groupBy, groupByKey, groupTable } from './groups.ts'
import { sourceOf } from './sources.ts'
import { joinStreams, joinStreamWithGlobalTable, joinStreamWithTable } from './stream-joins.ts'
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
import { suppress } from './suppress.ts'
import { joinByForeignKey, joinTables } from './table-joins.ts'

import { filterTable, mapTableValues, toStream, toTable } from './table-operators.ts'

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

function addSink(graph: Graph, from: string, topic: string): void {
  const result = graph.result(from)
  const { key, value } = result
  graph.outputs.set(topic, { key, value })
  const produced = Produced.with<Cell, Cell>(serdeOf(key), serdeOf(value))
  if (result.kind === 'stream') result.stream.to(topic, produced)
  else if (result.kind === 'table') result.table.toStream().to(topic, produced)
  else throw invalidCase(`${from} is a ${result.kind} and cannot be written to a topic`)
}

function resultOf(graph: Graph, op: Exclude<CaseOp, { readonly op: 'split' }>): Result {
  switch (op.op) {
    case 'filter':
    case 'filterNot': {
      const from = graph.result(op.from)
      if (from.kind === 'stream') return filterStream(from, op)
      return filterTable(graph, graph.table(op.from), op)
    }
    case 'mapValues': {
      const from = graph.result(op.from)
      if (from.kind === 'stream') return mapStreamValues(from, op)
      return mapTableValues(graph, graph.table(op.from), op)
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
      return toTable(graph, op)
    case 'toStream':
      return toStream(graph, op)
    case 'groupByKey':
      return groupByKey(graph, op)
    case 'groupBy':
      return groupBy(graph, op)
    case 'groupTable':
      return groupTable(graph, op)
    case 'count':
    case 'reduce':
    case 'aggregate':
      return aggregate(graph, op)
    case 'cogroup':
      return cogroup(graph, op)
    case 'streamStreamJoin':
      return joinStreams(graph, op)
    case 'streamTableJoin':
      return joinStreamWithTable(graph, op)
    case 'streamGlobalTableJoin':
      return joinStreamWithGlobalTable(graph, op)
    case 'tableTableJoin':
      return joinTables(graph, op)
    case 'foreignKeyJoin':
      return joinByForeignKey(graph, op)
    case 'suppress':
      return suppress(graph, op)
  }
}
