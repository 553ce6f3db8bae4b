import { StreamsError } from '../../errors.ts'
import type { Serde } from '../../serde.ts'
import { stateless } from '../operators.ts'
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
  if (repartitionName === undefined) return addGroupRepartition(scope, group, storeName)
  const known = placed.get(group)
  if (known !== undefined) {
    useUpRepartitionNumbers(scope)
    return known
  }
  const made = addGroupRepartition(scope, group, repartitionName)
  placed.set(group, made)
  return made
}

const NUMBERS_OF_A_REPARTITION = 3

/** Kafka Streams names the nodes before it sees that the repartition is there already. */
function useUpRepartitionNumbers(scope: Scope): void {
  for (let each = 0; each < NUMBERS_OF_A_REPARTITION; each++) scope.names.skip()
}

/** A filter of null keys, a sink to an internal topic and a source from it. */
function addGroupRepartition<K, V>(
  scope: Scope,
  group: GroupNode<K, V>,
  prefix: string,
): PlacedGroup {
  const { builder, names } = scope
  const keySerde = repartitionSerde(group.keySerde, 'key', group.name)
  const valueSerde = repartitionSerde(group.valueSerde, 'value', group.name)
  const topic = repartitionTopicName(prefix)
  // Of a generated store name, only that of a stream's own aggregate makes Kafka Streams generate the nodes' names as well.
  const nodePrefix = /^KSTREAM.*-[0-9]{10}$/.test(topic) ? undefined : `${topic}-repartition`
  const sink = names.nodeWithSuffix(nodePrefix, '-sink', 'KSTREAM-SINK-')
  const filter = names.nodeWithSuffix(nodePrefix, '-filter', 'KSTREAM-FILTER-')
  const source = names.nodeWithSuffix(nodePrefix, '-source', 'KSTREAM-SOURCE-')
  builder.addRepartitionTopic({ name: topic, partitions: undefined })
  builder.addProcessor(filter, keyedRecords<K, V>(), [group.name])
  builder.addSink(sink, { topic, keySerde, valueSerde }, [filter])
  builder.addSource(source, { topics: [topic], keySerde, valueSerde })
  return { name: source, sources: [source] }
}

const TOPIC_SUFFIX = '-repartition'

/** As topologies name a repartition topic: the suffix is the runtime's, and is not put twice. */
export function repartitionTopicName(prefix: string): string {
  return prefix.endsWith(TOPIC_SUFFIX) ? prefix.slice(0, -TOPIC_SUFFIX.length) : prefix
}

/** @throws {StreamsError} TOPOLOGY_REPARTITION_WITHOUT_SERDE */
export function repartitionSerde<T>(
  serde: Serde<T> | undefined,
  role: 'key' | 'value',
  node: string,
): Serde<T> {
  if (serde !== undefined) return serde
  throw new StreamsError(
    'TOPOLOGY_REPARTITION_WITHOUT_SERDE',
    `the ${role} serde of the group is not known`,
    { node },
    'Give it: groupBy(selector, Grouped.with(keySerde, valueSerde)); operators that change a type forget its serde.',
  )
}

/** No partition is right for a record without a key, and no group takes it. */
function keyedRecords<K, V>() {
  return stateless<K | undefined, V, K | undefined, V>((record, context) => {
    if (record.key === undefined) context.drop('null-key')
    else context.forward(record)
  })
}
