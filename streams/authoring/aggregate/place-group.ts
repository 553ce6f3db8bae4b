import { NUMBERS_OF_A_REPARTITION } from '../names.ts'
import { repartitionThrough } from '../repartition.ts'
import type { Scope } from '../scope.ts'
import type { GroupNode, PlacedGroup } from './group.ts'

// biome-ignore lint/suspicious/noExplicitAny: groups of unrelated types are looked up by identity alone
const placed = new WeakMap<GroupNode<any, any>, PlacedGroup>()

/**
 * Makes equal keys of a group meet: behind a repartition where the key may have changed, else where it stands. Call it when the names of the
 * store and of the aggregate's node are taken, and before that node is added, as Kafka Streams does. A group with a name of its own is repartitioned once
 * for all its aggregates; one without is repartitioned for each, under the store's name.
 *
 * @throws {StreamsError} TOPOLOGY_REPARTITION_WITHOUT_SERDE
 */
export function placeGroup<K, V>(
  scope: Scope,
  group: GroupNode<K, V>,
  storeName: string,
): PlacedGroup {
  if (!group.repartitionRequired) return { name: group.name, sources: group.sources }
  const { repartitionName } = group
  if (repartitionName === undefined) return repartitionThrough(scope, group, storeName)
  const known = placed.get(group)
  if (known !== undefined) {
    // Kafka Streams names the nodes before it sees that the repartition is there already.
    scope.names.setAside(NUMBERS_OF_A_REPARTITION)
    return known
  }
  const made = repartitionThrough(scope, group, repartitionName)
  placed.set(group, made)
  return made
}
