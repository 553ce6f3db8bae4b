import type { Serde } from '../serde.ts'
import type { KeyValueStoreSpec } from '../store.ts'

/** A stable name for the node. Without it a name is generated, which changes when the topology does. */
export interface Named {
  readonly as?: string
}

/** A declared topic: what a catalogue hands out, so that `stream(topics.x)` needs nothing more. */
export interface TopicHandle<K, V> {
  readonly name: string
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
}

export interface ConsumedOptions<K, V> extends Named {
  /** Record time; by default the record's own timestamp. Negative: the record is skipped and counted. */
  readonly timestampExtractor?: (
    record: { readonly key: K; readonly value: V; readonly timestampMs: number },
    partitionTimeMs: number,
  ) => number
  /** Where a group without committed offsets starts; default earliest. */
  readonly offsetReset?: 'earliest' | 'latest'
}

export interface Consumed<K, V> extends ConsumedOptions<K, V> {
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
}

export const Consumed = {
  with<K, V>(
    keySerde: Serde<K>,
    valueSerde: Serde<V>,
    options: ConsumedOptions<K, V> = {},
  ): Consumed<K, V> {
    return { ...options, keySerde, valueSerde }
  },
}

/**
 * A serde that can write `T`. `serialize` is a property here, so that it is compared strictly: a serde of a wider type may write a
 * narrower stream and never the other way round. A tombstone (`undefined`) needs no serde.
 */
export type SinkSerde<T> = Serde<unknown> & {
  readonly serialize: (topic: string, value: Exclude<T, undefined>) => Uint8Array
}

export interface SinkTopic<K, V> {
  readonly name: string
  readonly keySerde: SinkSerde<K>
  readonly valueSerde: SinkSerde<V>
}

export interface ProducedOptions<K, V> extends Named {
  /** Default: murmur2 of the key's bytes. A tombstone has no value. */
  readonly partitioner?: (key: K, value: V | undefined, partitionCount: number) => number
}

export interface Produced<K, V> extends ProducedOptions<K, V> {
  readonly keySerde?: SinkSerde<K>
  readonly valueSerde?: SinkSerde<V>
}

export const Produced = {
  with<K, V>(
    keySerde: SinkSerde<K>,
    valueSerde: SinkSerde<V>,
    options: ProducedOptions<K, V> = {},
  ): Produced<K, V> {
    return { ...options, keySerde, valueSerde }
  },
}

export interface Repartitioned<K, V> extends ProducedOptions<K, V> {
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  /** Default: as many as the widest source of the sub-topology that writes it. */
  readonly partitions?: number
}

/** The store behind a table. `as` names it, and thereby its changelog. */
export interface Materialized<K, V> extends Named {
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  /** Default true. */
  readonly logged?: boolean
  /** Default true. */
  readonly persistent?: boolean
}

export const Materialized = {
  as<K, V>(name: string, options: Omit<Materialized<K, V>, 'as'> = {}): Materialized<K, V> {
    return { ...options, as: name }
  },
}

export function materializedStore<K, V>(
  name: string,
  serdes: { readonly keySerde: Serde<K>; readonly valueSerde: Serde<V> },
  materialized: Materialized<K, V>,
): KeyValueStoreSpec<K, V> {
  return {
    kind: 'key-value',
    name,
    keySerde: materialized.keySerde ?? serdes.keySerde,
    valueSerde: materialized.valueSerde ?? serdes.valueSerde,
    logged: materialized.logged ?? true,
    persistent: materialized.persistent ?? true,
  }
}
