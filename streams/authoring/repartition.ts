import { StreamsError } from '../errors.ts'
import type { Serde } from '../serde.ts'
import { stateless } from './operators.ts'
import type { Repartitioned } from './options.ts'
import type { Scope } from './scope.ts'
import { type AnySerdes, asSerde } from './serdes-known.ts'
import type { StreamNode } from './stream-node.ts'

/** `repartition()`: through an internal topic of this name, or of a generated one. */
export function addRepartition<K, V>(
  scope: Scope,
  node: StreamNode<K, V>,
  options: Repartitioned<K, V> & AnySerdes<K, V>,
): StreamNode<K, V> {
  const prefix = options.as ?? scope.names.node(undefined, 'KSTREAM-REPARTITION-')
  return repartitionThrough(scope, node, prefix, options)
}

/**
 * A filter, a sink to an internal topic and a source from it, named as Kafka Streams names them: after a generated name of a stream by numbers,
 * after any other by that name. Joins and `toTable` come here when the key may have changed.
 *
 * @throws {StreamsError} TOPOLOGY_REPARTITION_WITHOUT_SERDE
 */
export function repartitionThrough<K, V>(
  scope: Scope,
  node: StreamNode<K, V>,
  prefix: string,
  options: Omit<Repartitioned<K, V>, 'as'> & AnySerdes<K, V> = {},
): StreamNode<K, V> {
  const { builder, names } = scope
  const keySerde = knownSerde(asSerde(options.keySerde) ?? node.keySerde, 'key', prefix)
  const valueSerde = knownSerde(asSerde(options.valueSerde) ?? node.valueSerde, 'value', prefix)
  const topic = prefix.endsWith(TOPIC_SUFFIX) ? prefix.slice(0, -TOPIC_SUFFIX.length) : prefix
  const nodePrefix = GENERATED_BY_STREAM.test(prefix) ? undefined : `${topic}${TOPIC_SUFFIX}`
  const sink = names.nodeWithSuffix(nodePrefix, '-sink', 'KSTREAM-SINK-')
  const filter = names.nodeWithSuffix(nodePrefix, '-filter', 'KSTREAM-FILTER-')
  const source = names.nodeWithSuffix(nodePrefix, '-source', 'KSTREAM-SOURCE-')
  const { partitioner, partitions } = options
  builder.addRepartitionTopic({ name: topic, partitions })
  builder.addProcessor(filter, keyedRecords<K, V>(scope, filter), [node.name])
  builder.addSink(sink, { topic, keySerde, valueSerde, partitioner }, [filter])
  builder.addSource(source, { topics: [topic], keySerde, valueSerde })
  return { name: source, keySerde, valueSerde, repartitionRequired: false, sources: [source] }
}

const TOPIC_SUFFIX = '-repartition'
const GENERATED_BY_STREAM = /^KSTREAM.*-[0-9]{10}$/

/** No partition is right for a record without a key; some joins want it all the same. */
function keyedRecords<K, V>(scope: Scope, filter: string) {
  const gate = scope.nullKeys.gateOf(filter)
  return stateless<K, V, K, V>((record, context) => {
    if (record.key === undefined && !gate.open) context.drop('null-key')
    else context.forward(record)
  })
}

function knownSerde<T>(serde: Serde<T> | undefined, role: 'key' | 'value', of: string): Serde<T> {
  if (serde !== undefined) return serde
  throw new StreamsError(
    'TOPOLOGY_REPARTITION_WITHOUT_SERDE',
    `the ${role} serde is not known`,
    { node: of },
    'Give it to the operator, or to the one that changed the type: operators that change a type forget its serde.',
  )
}
