import { NUMBERS_OF_A_REPARTITION } from '../names.ts'
import { repartitionThrough } from '../repartition.ts'
import type { Scope } from '../scope.ts'
import type { AnySerdes } from '../serdes-known.ts'
import type { StreamNode } from '../stream-node.ts'

// biome-ignore lint/suspicious/noExplicitAny: streams of unrelated types are looked up by identity alone
const placed = new WeakMap<StreamNode<any, any>, StreamNode<any, any>>()

/**
 * Makes equal keys of both sides of a join meet: behind a repartition where the key may have changed, else where the stream stands. A stream
 * is repartitioned once for all its joins without a name, as in Kafka Streams.
 *
 * @param as names the repartition topic; the stream's own name where the author gave none
 * @throws {StreamsError} TOPOLOGY_REPARTITION_WITHOUT_SERDE
 */
export function placeJoined<K, V>(
  scope: Scope,
  node: StreamNode<K, V>,
  as: string | undefined,
  serdes: AnySerdes<K, V>,
): StreamNode<K, V> {
  if (!node.repartitionRequired) return node
  const prefix = as ?? node.name
  const before = placed.get(node)
  if (before !== undefined && prefix === node.name) {
    // Kafka Streams names the nodes before it sees that the repartition is there already.
    scope.names.setAside(NUMBERS_OF_A_REPARTITION)
    return before
  }
  const made = repartitionThrough(scope, node, prefix, serdes)
  placed.set(node, made)
  return made
}
