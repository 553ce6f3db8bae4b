import { Joined, JoinWindows, StreamJoined } from '#streams'
import type { Cell } from '../functions/cell.ts'
import { serdeOf } from '../functions/cell-type.ts'
import { joinerOf } from '../functions/joiners.ts'
import { mapperOf } from '../functions/mappers.ts'
import type { OpNamed } from '../grammar/topology.ts'
import { type CaseStream, type Graph, requireSameType, type StreamResult } from './graph.ts'

/** Joins of streams: with streams, tables and global tables. */

export function joinStreams(graph: Graph, op: OpNamed<'streamStreamJoin'>): StreamResult {
  const left = graph.stream(op.left)
  const right = graph.stream(op.right)
  requireSameType(left.key, right.key)
  const { beforeMs, afterMs, graceMs } = op.window
  const windows = JoinWindows.ofTimeDifferenceAndGrace(Math.max(beforeMs, afterMs), graceMs)
    .before(beforeMs)
    .after(afterMs)
  const joiner = joinerOf(op.joiner, { left: left.value, right: right.value })
  const serdes = StreamJoined.with<Cell, Cell, Cell>(
    serdeOf(left.key),
    serdeOf(left.value),
    serdeOf(right.value),
  )
  return { kind: 'stream', stream: joined(), key: left.key, value: joiner.type }

  function joined(): CaseStream {
    switch (op.type) {
      case 'inner':
        return left.stream.join(right.stream, joiner.apply, windows, serdes)
      case 'left':
        return left.stream.leftJoin(right.stream, joiner.apply, windows, serdes)
      case 'outer':
        return left.stream.outerJoin(right.stream, joiner.apply, windows, serdes)
    }
  }
}

export function joinStreamWithTable(graph: Graph, op: OpNamed<'streamTableJoin'>): StreamResult {
  const left = graph.stream(op.stream)
  const right = graph.table(op.table)
  requireSameType(left.key, right.key)
  const joiner = joinerOf(op.joiner, { left: left.value, right: right.value })
  const grace = op.graceMs === undefined ? {} : { graceMs: op.graceMs }
  const serdes = Joined.with<Cell, Cell>(serdeOf(left.key), serdeOf(left.value), grace)
  const stream =
    op.type === 'inner'
      ? left.stream.join(right.table, joiner.apply, serdes)
      : left.stream.leftJoin(right.table, joiner.apply, serdes)
  return { kind: 'stream', stream, key: left.key, value: joiner.type }
}

export function joinStreamWithGlobalTable(
  graph: Graph,
  op: OpNamed<'streamGlobalTableJoin'>,
): StreamResult {
  const left = graph.stream(op.stream)
  const right = graph.globalTable(op.table)
  const rowKey = mapperOf(op.keyMapper, left)
  requireSameType(rowKey.type, right.key)
  const joiner = joinerOf(op.joiner, { left: left.value, right: right.value })
  const stream =
    op.type === 'inner'
      ? left.stream.join(right.table, rowKey.apply, joiner.apply)
      : left.stream.leftJoin(right.table, rowKey.apply, joiner.apply)
  return { kind: 'stream', stream, key: left.key, value: joiner.type }
}
