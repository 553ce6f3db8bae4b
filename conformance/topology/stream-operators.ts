import { serdeOf, serdesOf } from '../functions/cell-type.ts'
import { flatRecordsOf, flatValuesOf } from '../functions/flats.ts'
import { mapperOf } from '../functions/mappers.ts'
import { predicateOf } from '../functions/predicates.ts'
import type { OpNamed } from '../grammar/topology.ts'
import { countStore, emitCount } from './emit-count-every.ts'
import { type Graph, requireSameType, type StreamResult } from './graph.ts'

/** The operators of streams that need no state. */

export function filterStream(
  from: StreamResult,
  op: OpNamed<'filter'> | OpNamed<'filterNot'>,
): StreamResult {
  const predicate = predicateOf(op.predicate)
  const stream =
    op.op === 'filter' ? from.stream.filter(predicate) : from.stream.filterNot(predicate)
  return { ...from, stream }
}

export function mapStreamValues(from: StreamResult, op: OpNamed<'mapValues'>): StreamResult {
  const { apply, type: value } = mapperOf(op.value, from)
  const valueSerde = serdeOf(value)
  const stream = from.stream.mapValues((cell, key) => apply(key, cell), { valueSerde })
  return { ...from, stream, value }
}

export function selectKey(graph: Graph, op: OpNamed<'selectKey'>): StreamResult {
  const from = graph.stream(op.from)
  const { apply, type: key } = mapperOf(op.key, from)
  const stream = from.stream.selectKey(apply, { keySerde: serdeOf(key) })
  return { ...from, stream, key }
}

export function map(graph: Graph, op: OpNamed<'map'>): StreamResult {
  const from = graph.stream(op.from)
  const key = mapperOf(op.key, from)
  const value = mapperOf(op.value, from)
  const types = { key: key.type, value: value.type }
  const stream = from.stream.map(
    (k, v) => [key.apply(k, v), value.apply(k, v)] as const,
    serdesOf(types),
  )
  return { kind: 'stream', stream, ...types }
}

export function flatMapValues(graph: Graph, op: OpNamed<'flatMapValues'>): StreamResult {
  const from = graph.stream(op.from)
  const value = op.flat.kind === 'split' ? 'string' : from.value
  const valueSerde = serdeOf(value)
  const stream = from.stream.flatMapValues(flatValuesOf(op.flat), { valueSerde })
  return { ...from, stream, value }
}

export function flatMap(graph: Graph, op: OpNamed<'flatMap'>): StreamResult {
  const from = graph.stream(op.from)
  const key = op.flat.kind === 'splitToKeys' ? 'string' : from.key
  const stream = from.stream.flatMap(flatRecordsOf(op.flat), serdesOf({ key, value: from.value }))
  return { ...from, stream, key }
}

export function merge(graph: Graph, op: OpNamed<'merge'>): StreamResult {
  const left = graph.stream(op.left)
  const right = graph.stream(op.right)
  requireSameType(left.key, right.key)
  requireSameType(left.value, right.value)
  return { ...left, stream: left.stream.merge(right.stream) }
}

/** The only operator with several results: adds each by the name that the case gives it. */
export function addSplit(graph: Graph, op: OpNamed<'split'>): void {
  const from = graph.stream(op.from)
  const [first, ...others] = op.branches.map(({ as, predicate }, index) => ({
    as,
    name: `b${index}`,
    accepts: predicateOf(predicate),
  }))
  if (first === undefined) return
  let branched = from.stream.split({ as: `${first.as}-split-` }).branch(first.name, first.accepts)
  for (const { name, accepts } of others) branched = branched.branch(name, accepts)
  const streams =
    op.defaultAs === undefined ? branched.noDefaultBranch() : branched.defaultBranch('default')
  const names = [first, ...others].map(({ as, name }) => [as, name] as const)
  if (op.defaultAs !== undefined) names.push([op.defaultAs, 'default'])
  for (const [as, name] of names) {
    const stream = streams[name]
    if (stream !== undefined) graph.add(as, { ...from, stream })
  }
}

export function repartition(graph: Graph, op: OpNamed<'repartition'>): StreamResult {
  const from = graph.stream(op.from)
  return { ...from, stream: from.stream.repartition(serdesOf(from)) }
}

export function emitCountEvery(graph: Graph, op: OpNamed<'emitCountEvery'>): StreamResult {
  const from = graph.stream(op.from)
  const clock = op.clock === 'streamTime' ? 'stream-time' : 'wall-clock'
  const types = { key: 'string', value: 'long' } as const
  const store = countStore(graph.resultCount)
  const supplier = emitCount({ everyMs: op.everyMs, clock, store })
  const stream = from.stream.process(supplier, { ...serdesOf(types), stores: [store] })
  return { kind: 'stream', stream, ...types }
}
