import type { ProcessorSupplier, RecordMetadata, StreamRecord } from './processor.ts'
import type { Serde } from './serde.ts'
import type { StoreSpec } from './store.ts'

/**
 * The compiled graph: what the builder produces, what tasks execute, what `describe` prints. Immutable. Nodes are listed in the order in
 * which they were added; a node hands a record to its `children` in that order.
 *
 * Null bytes never reach a serde: a null key or value is `undefined` in a record, and `undefined` is written as null (a tombstone).
 */
export interface Topology {
  readonly name: string
  readonly subTopologies: readonly SubTopology[]
  readonly globalStores: readonly GlobalStoreNode[]
  /** Topics that the runtime creates: repartition topics (their partition counts follow their sources unless given). */
  readonly repartitions: readonly RepartitionTopic[]
  /** Topics, as sources name them, that must have as many partitions as each other: joined streams and tables. */
  readonly copartitioned?: readonly (readonly string[])[]
  /** Nodes and stores whose names were generated: they move when the topology changes, and with them changelogs and repartition topics. */
  readonly generatedNames?: readonly string[]
  /** What the author should look at; nothing here stops the topology from running. */
  readonly warnings?: readonly TopologyWarning[]
}

export interface TopologyWarning {
  readonly code: 'GENERATED_NAME' | 'REPARTITION_REQUIRED' | 'STORE_NOT_CONNECTED'
  /** The node or store. */
  readonly name: string
  readonly message: string
}

export interface SubTopology {
  readonly id: number
  readonly nodes: readonly TopologyNode[]
  /** Names in `nodes` that are sources. */
  readonly sources: readonly string[]
  readonly stores: readonly StoreSpec[]
}

export type TopologyNode = SourceNode | ProcessorNode | SinkNode

interface NodeBase {
  readonly name: string
  readonly parents: readonly string[]
  readonly children: readonly string[]
}

// biome-ignore-start lint/suspicious/noExplicitAny: nodes of unrelated types share one list; the builder checked the edges
export type TimestampExtractor = (
  record: { readonly key: any; readonly value: any; readonly timestampMs: number },
  partitionTimeMs: number,
) => number

export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  readonly topics: readonly string[]
  readonly keySerde: Serde<any>
  readonly valueSerde: Serde<any>
  readonly timestampExtractor: TimestampExtractor | undefined
  readonly onMissingOffset: 'earliest' | 'latest'
}

export interface ProcessorNode extends NodeBase {
  readonly kind: 'processor'
  readonly supplier: ProcessorSupplier<any, any, any, any>
  readonly stores: readonly string[]
  /** Global stores that the author named for this processor; it can read any of them. */
  readonly globalStores?: readonly string[]
}

/**
 * Chooses the topic per record; undefined drops nothing: it is an error with the node's name. The record's origin is undefined for one out of a
 * punctuation.
 */
export type TopicNameExtractor = (
  record: StreamRecord<any, any>,
  metadata: RecordMetadata | undefined,
) => string

/** Chooses the partition; by default murmur2 of the key's bytes, as Kafka's producers do. */
export type StreamPartitioner = (key: any, value: any, partitionCount: number) => number

export interface SinkNode extends NodeBase {
  readonly kind: 'sink'
  readonly topic: string | TopicNameExtractor
  readonly keySerde: Serde<any>
  readonly valueSerde: Serde<any>
  readonly partitioner: StreamPartitioner | undefined
}

/** A store filled from every partition of a topic on every instance, before any task runs; read-only for tasks. */
export interface GlobalStoreNode {
  readonly sourceName: string
  readonly topic: string
  readonly keySerde: Serde<any>
  readonly valueSerde: Serde<any>
  readonly store: StoreSpec
  /** Undefined: key and value are put as they come (a global table). */
  readonly supplier: ProcessorSupplier<any, any, never, never> | undefined
  readonly processorName: string
  /** Numbered among the sub-topologies, as in Kafka Streams; makes no tasks. */
  readonly subTopologyId?: number
}
// biome-ignore-end lint/suspicious/noExplicitAny: as above

export interface RepartitionTopic {
  /** As sources and sinks of the topology name it; the runtime puts `<application.id>-` before and the suffix behind. */
  readonly name: string
  /** Default `repartition`; `topic` for the two topics of a foreign-key join. */
  readonly suffix?: 'repartition' | 'topic'
  readonly partitions: number | undefined
}
