import type { Serde } from '../serde.ts'

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

/** Both serdes, as `SerdesNeeded` asks for them. */
export interface ProducedWith<K, V> extends ProducedOptions<K, V> {
  readonly keySerde: SinkSerde<K>
  readonly valueSerde: SinkSerde<V>
}

export const Produced = {
  with<K, V>(
    keySerde: SinkSerde<K>,
    valueSerde: SinkSerde<V>,
    options: ProducedOptions<K, V> = {},
  ): ProducedWith<K, V> {
    return { ...options, keySerde, valueSerde }
  },
}

/** The type of the key comes out with a serde of its own, so that a later operator that needs one knows it. */
export interface KeySerdeGiven<K> extends Named {
  readonly keySerde: SinkSerde<K>
}

/** As `KeySerdeGiven`, of the value. */
export interface ValueSerdeGiven<V> extends Named {
  readonly valueSerde: SinkSerde<V>
}

/** As `KeySerdeGiven`, of both. */
export interface SerdesGiven<K, V> extends Named {
  readonly keySerde: SinkSerde<K>
  readonly valueSerde: SinkSerde<V>
}

/** No serde: the operator's result has none for what it changed. */
export interface NoSerdes extends Named {
  readonly keySerde?: undefined
  readonly valueSerde?: undefined
}

export interface Repartitioned<K, V> extends ProducedOptions<K, V> {
  /** Default: as many as the widest source of the sub-topology that writes it. */
  readonly partitions?: number
}

/** The store behind a table. `as` names it, and thereby its changelog. */
export interface Materialized<K, V> extends Named {
  readonly keySerde?: Serde<K>
  readonly valueSerde?: Serde<V>
  /** Default true: with a changelog topic. */
  readonly logged?: boolean
  /** Default true: on disk. */
  readonly persistent?: boolean
  /** Default true: where the application has a record cache, updates of a key between two commits come out as one. */
  readonly caching?: boolean
  /** Of window and session stores, in ms; default what windows and grace need. */
  readonly retentionMs?: number
  /** A versioned table: versions are kept so long, in ms. */
  readonly historyRetentionMs?: number
  /** Keeps the most recently used keys only, in memory. */
  readonly entriesMax?: number
}

/** Options of an operator that makes a table with a store. `as` names the node, and the store where `materialized` does not. */
export interface TableResult<K, V> extends Named {
  readonly materialized?: Materialized<K, V>
}

export const Materialized = { as: materializedAs }

function materializedAs(name: string): { readonly as: string }
/** What is given stays known, so that a serde that an operator needs can be seen in the type. */
function materializedAs<Options extends Omit<Materialized<unknown, unknown>, 'as'>>(
  name: string,
  options: Options,
): Options & { readonly as: string }
function materializedAs(name: string, options: object = {}): object {
  return { ...options, as: name }
}
