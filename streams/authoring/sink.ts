import type { RecordMetadata, StreamRecord } from '../processor.ts'
import type { ProducedOptions, SinkTopic } from './options.ts'
import type { Scope } from './scope.ts'
import { type AnySerdes, asSerde } from './serdes-known.ts'
import type { StreamNode } from './stream-node.ts'

/** Chooses the topic of each record. The origin of the record is undefined for one out of a punctuation. */
export type TopicChooser<K, V> = (
  record: StreamRecord<K, V>,
  metadata: RecordMetadata | undefined,
) => string

/** A topic by name, one chosen per record, or a declared one that brings its serdes. */
export type SinkDestination<K, V> = string | TopicChooser<K, V> | SinkTopic<K, V>

export function addSink<K, V>(
  scope: Scope,
  node: StreamNode<K, V>,
  topic: SinkDestination<K, V>,
  produced: ProducedOptions<K, V> & AnySerdes<K, V>,
): void {
  const declared: AnySerdes<K, V> = typeof topic === 'object' ? topic : produced
  scope.builder.addSink(
    scope.names.node(produced.as, 'KSTREAM-SINK-'),
    {
      topic: typeof topic === 'object' ? topic.name : topic,
      keySerde: asSerde(declared.keySerde) ?? node.keySerde,
      valueSerde: asSerde(declared.valueSerde) ?? node.valueSerde,
      partitioner: produced.partitioner,
    },
    [node.name],
  )
}
