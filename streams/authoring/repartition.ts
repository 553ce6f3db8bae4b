import { StreamsError } from '../errors.ts'
import type { Repartitioned } from './options.ts'
import type { Scope } from './scope.ts'
import type { StreamNode } from './stream.ts'

/** A sink to an internal topic and a source from it; named as Kafka Streams names them. */
export function addRepartition<K, V>(
  scope: Scope,
  node: StreamNode<K, V>,
  options: Repartitioned<K, V>,
): StreamNode<K, V> {
  const topic = scope.names.node(options.as, 'KSTREAM-REPARTITION-')
  const prefix = options.as === undefined ? undefined : `${topic}-repartition`
  const sink = scope.names.nodeWithSuffix(prefix, '-sink', 'KSTREAM-SINK-')
  // Kafka Streams sets a number aside for a filter here.
  scope.names.skip()
  const source = scope.names.nodeWithSuffix(prefix, '-source', 'KSTREAM-SOURCE-')
  const keySerde = options.keySerde ?? node.keySerde
  const valueSerde = options.valueSerde ?? node.valueSerde
  if (keySerde === undefined || valueSerde === undefined) {
    throw new StreamsError(
      'TOPOLOGY_REPARTITION_WITHOUT_SERDE',
      `the ${keySerde === undefined ? 'key' : 'value'} serde is not known`,
      { node: topic },
      'Give it: repartition({ as, keySerde, valueSerde }); operators that change a type forget its serde.',
    )
  }
  const { partitioner, partitions } = options
  scope.builder.addRepartitionTopic({ name: topic, partitions })
  scope.builder.addSink(sink, { topic, keySerde, valueSerde, partitioner }, [node.name])
  scope.builder.addSource(source, { topics: [topic], keySerde, valueSerde })
  return { name: source, keySerde, valueSerde, repartitionRequired: false }
}
