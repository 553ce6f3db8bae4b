import type { Named } from '../options.ts'
import type { Scope } from '../scope.ts'
import type { StreamNode } from '../stream-node.ts'
import type { GlobalKTable } from '../table/global-table.ts'
import type { JoinWindows } from '../windows/windows.ts'
import { joinWithGlobalTable } from './global-table-join.ts'
import type { StreamJoined } from './join-options.ts'
import { joinStreams } from './stream-stream-join.ts'
import { joinWithTable } from './stream-table-join.ts'

export type StreamJoinKind = 'inner' | 'left' | 'outer'

// biome-ignore-start lint/suspicious/noExplicitAny: the overloads of `KStream` checked that the types of a call agree
type AnyJoiner = (left: any, right: any, key: any) => any

type WithStream = readonly [
  other: { readonly node: StreamNode<any, any> },
  joiner: AnyJoiner,
  windows: JoinWindows,
  joined?: StreamJoined<any, any, any>,
]

type WithGlobalTable = readonly [
  table: GlobalKTable<any, any>,
  rowKey: (key: any, value: any) => any,
  joiner: AnyJoiner,
  named?: Named,
]

/** What `join`, `leftJoin` and `outerJoin` of a stream are called with: as above, or a table, a joiner and `Joined`. */
export type JoinCall = readonly [other: any, joinerOrKey: any, third?: any, fourth?: any]

/** Adds the join that a call asks for; the node that its results come out of. */
export function addJoin(
  scope: Scope,
  stream: StreamNode<any, any>,
  kind: StreamJoinKind,
  call: JoinCall,
): StreamNode<any, any> {
  if (isWithGlobalTable(call)) {
    const [table, rowKey, joiner, named = {}] = call
    return joinWithGlobalTable(scope, {
      stream,
      table,
      rowKey,
      results: lookupResults(kind, joiner),
      named,
    })
  }
  if (isWithStream(call)) {
    const [{ node: right }, joiner, windows, joined = {}] = call
    const results = {
      pair: joiner,
      leftAlone: kind === 'inner' ? undefined : aloneOnLeft(joiner),
      rightAlone: kind === 'outer' ? aloneOnRight(joiner) : undefined,
    }
    return joinStreams(scope, { left: stream, right, windows, results, joined })
  }
  const [table, joiner, joined = {}] = call
  const results = lookupResults(kind, joiner)
  return joinWithTable(scope, { stream, table: table.node, results, joined })
}

function lookupResults(kind: StreamJoinKind, joiner: AnyJoiner) {
  return { pair: joiner, alone: kind === 'inner' ? undefined : aloneOnLeft(joiner) }
}

function aloneOnLeft(joiner: AnyJoiner) {
  return (left: any, key: any) => joiner(left, undefined, key)
}

function aloneOnRight(joiner: AnyJoiner) {
  return (right: any, key: any) => joiner(undefined, right, key)
}
// biome-ignore-end lint/suspicious/noExplicitAny: as above

function isWithGlobalTable(call: JoinCall): call is WithGlobalTable {
  return typeof call[2] === 'function'
}

function isWithStream(call: JoinCall): call is WithStream {
  return call[2]?.kind === 'join'
}
