import type { Serde } from '../../serde.ts'
import { selectRecordKey } from '../operators.ts'
import type { Named } from '../options.ts'
import type { Scope } from '../scope.ts'
import { type AnySerdes, asSerde } from '../serdes-known.ts'
import type { StreamNode } from '../stream-node.ts'
import { KGroupedStream } from './grouped-stream.ts'

/** Values that are there: the others are dropped by every aggregate. */
type Present<V> = Exclude<V, undefined>

/** `KStream.groupByKey`: records by the key that they have. */
export function groupByKey<K, V>(
  scope: Scope,
  stream: StreamNode<K, V>,
  options: Named & AnySerdes<K, V>,
): KGroupedStream<K, Present<V>> {
  return new KGroupedStream<K, Present<V>>(scope, {
    name: stream.name,
    keySerde: asSerde(options.keySerde) ?? stream.keySerde,
    valueSerde: presentSerde(options, stream),
    sources: stream.sources,
    repartitionRequired: stream.repartitionRequired,
    repartitionName: options.as,
  })
}

/** `KStream.groupBy`: records by a key that is selected. */
export function groupBy<K, V, K2>(
  scope: Scope,
  stream: StreamNode<K, V>,
  selector: (key: K, value: V) => K2 | undefined,
  options: Named & AnySerdes<K2, V>,
): KGroupedStream<K2, Present<V>> {
  const name = scope.names.node(options.as, 'KSTREAM-KEY-SELECT-')
  scope.builder.addProcessor(name, selectRecordKey(selector), [stream.name])
  return new KGroupedStream<K2, Present<V>>(scope, {
    name,
    keySerde: asSerde(options.keySerde),
    valueSerde: presentSerde(options, stream),
    sources: stream.sources,
    repartitionRequired: true,
    repartitionName: options.as,
  })
}

function presentSerde<V>(
  options: { readonly valueSerde?: AnySerdes<unknown, V>['valueSerde'] },
  stream: { readonly valueSerde: Serde<V> | undefined },
): Serde<Present<V>> | undefined {
  return asSerde<Present<V>>(options.valueSerde ?? stream.valueSerde)
}
