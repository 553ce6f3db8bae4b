import { StreamsError } from '../errors.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type { StoreSpec } from '../store.ts'
import type {
  GlobalStoreNode,
  RepartitionTopic,
  SinkNode,
  SourceNode,
  StreamPartitioner,
  TimestampExtractor,
  TopicNameExtractor,
  Topology,
  TopologyWarning,
} from '../topology.ts'
import { checkedName } from './names.ts'
import { compile, type NodeDraft } from './sub-topologies.ts'

// biome-ignore-start lint/suspicious/noExplicitAny: nodes of unrelated types share one graph; typed callers checked the edges
export interface SourceOptions {
  readonly topics: readonly string[]
  readonly keySerde: Serde<any>
  readonly valueSerde: Serde<any>
  readonly timestampExtractor?: TimestampExtractor | undefined
  readonly offsetReset?: 'earliest' | 'latest' | undefined
}

export interface SinkOptions {
  readonly topic: string | TopicNameExtractor
  readonly keySerde: Serde<any> | undefined
  readonly valueSerde: Serde<any> | undefined
  readonly partitioner?: StreamPartitioner | undefined
}

/**
 * The graph by hand: what Kafka Streams calls `Topology`. `StreamsBuilder` is written on it; use it directly for graphs that the DSL
 * has no words for. Parents are added before their children. Everything that can be refused is refused here, not at run time.
 *
 * @throws {StreamsError} TOPOLOGY_DUPLICATE_NAME, TOPOLOGY_UNKNOWN_PARENT, TOPOLOGY_UNKNOWN_STORE, TOPOLOGY_DUPLICATE_TOPIC,
 * TOPOLOGY_SINK_WITHOUT_SERDE, TOPOLOGY_INVALID_NAME, TOPOLOGY_EMPTY
 */
export class TopologyBuilder {
  /** Names of all nodes, global ones too, as they were added. */
  readonly #order: string[] = []
  readonly #nodes = new Map<string, NodeDraft>()
  readonly #stores = new Map<string, StoreSpec>()
  readonly #globals = new Map<string, GlobalStoreNode>()
  readonly #repartitions = new Map<string, RepartitionTopic>()
  readonly #topicSources = new Map<string, string>()
  readonly #copartitions: (readonly string[])[] = []
  readonly #warnings: TopologyWarning[] = []

  addSource(name: string, options: SourceOptions): this {
    this.#claim(name)
    for (const topic of options.topics) this.#claimTopic(topic, name)
    const node: Omit<SourceNode, 'parents' | 'children'> = {
      kind: 'source',
      name,
      topics: options.topics,
      keySerde: options.keySerde,
      valueSerde: options.valueSerde,
      timestampExtractor: options.timestampExtractor,
      onMissingOffset: options.offsetReset ?? 'earliest',
    }
    this.#nodes.set(name, { node, parents: [], children: [], stores: [] })
    return this
  }

  addProcessor(
    name: string,
    supplier: ProcessorSupplier<any, any, any, any>,
    parents: readonly string[],
    stores: readonly (string | StoreSpec)[] = [],
  ): this {
    this.#claim(name)
    this.#adopt(name, parents)
    const draft: NodeDraft = {
      node: { kind: 'processor', name, supplier, stores: [] },
      parents: [...parents],
      children: [],
      stores: [],
    }
    this.#nodes.set(name, draft)
    for (const store of stores) {
      if (typeof store === 'string') this.connectProcessorAndStateStores(name, [store])
      else this.addStateStore(store, [name])
    }
    return this
  }

  addSink(name: string, options: SinkOptions, parents: readonly string[]): this {
    const { topic, keySerde, valueSerde } = options
    this.#claim(name)
    if (keySerde === undefined || valueSerde === undefined) {
      const missing = keySerde === undefined ? 'key' : 'value'
      throw new StreamsError(
        'TOPOLOGY_SINK_WITHOUT_SERDE',
        `the ${missing} serde of the sink is not known`,
        { node: name, ...(typeof topic === 'string' ? { topic } : {}) },
        'Give it: to(topic, Produced.with(keySerde, valueSerde)); operators that change a type forget its serde.',
      )
    }
    this.#adopt(name, parents)
    const { partitioner } = options
    const node: Omit<SinkNode, 'parents' | 'children'> = {
      kind: 'sink',
      name,
      topic,
      keySerde,
      valueSerde,
      partitioner,
    }
    this.#nodes.set(name, { node, parents: [...parents], children: [], stores: [] })
    return this
  }

  /** Adds the store, or does nothing if this very specification was added before; connects it to processors. */
  addStateStore(spec: StoreSpec, processors: readonly string[] = []): this {
    const known = this.#stores.get(spec.name)
    if ((known !== undefined && known !== spec) || this.#globals.has(spec.name)) {
      throw duplicateName('store', spec.name, 'Share one specification, or choose another name.')
    }
    this.#stores.set(checkedName(spec.name), spec)
    for (const processor of processors) this.connectProcessorAndStateStores(processor, [spec.name])
    return this
  }

  connectProcessorAndStateStores(processor: string, stores: readonly string[]): this {
    const draft = this.#nodes.get(processor)
    if (draft?.node.kind !== 'processor') throw unknownNode(processor, 'connected to a store')
    for (const store of stores) {
      if (!this.#stores.has(store) && !this.#globals.has(store)) {
        throw new StreamsError(
          'TOPOLOGY_UNKNOWN_STORE',
          `the processor asks for a store that was not added`,
          { node: processor, store },
          'Add it first (addStateStore, globalTable), or pass its specification instead of its name.',
        )
      }
      if (!draft.stores.includes(store)) draft.stores.push(store)
    }
    return this
  }

  addGlobalStore(global: GlobalStoreNode): this {
    this.#claim(global.sourceName)
    this.#claim(global.processorName)
    this.#claimTopic(global.topic, global.sourceName)
    if (this.#stores.has(global.store.name) || this.#globals.has(global.store.name)) {
      throw duplicateName('store', global.store.name, 'Choose another name.')
    }
    this.#globals.set(checkedName(global.store.name), global)
    return this
  }

  /** Declares an internal topic; a sink writes to its name and a source reads from it. */
  addRepartitionTopic(topic: RepartitionTopic): this {
    if (this.#repartitions.has(topic.name) || this.#topicSources.has(topic.name)) {
      throw duplicateName('topic', topic.name, 'Name the repartition otherwise.')
    }
    this.#repartitions.set(checkedName(topic.name), topic)
    return this
  }

  /**
   * The topics of these sources must have as many partitions as each other, because records of equal keys meet behind them. Repartition
   * topics among them take the others' count.
   */
  addCopartition(sources: readonly string[]): this {
    for (const name of sources) {
      if (this.#nodes.get(name)?.node.kind === 'source') continue
      throw new StreamsError(
        'TOPOLOGY_UNKNOWN_PARENT',
        `"${name}" is not a source that was added before`,
        { node: name },
        'Name the sources of the streams that are joined.',
      )
    }
    if (new Set(sources).size > 1) this.#copartitions.push([...new Set(sources)])
    return this
  }

  addWarning(warning: TopologyWarning): this {
    this.#warnings.push(warning)
    return this
  }

  /** The compiled graph. The builder can be used on; what was built does not change. */
  build(name: string): Topology {
    return compile({
      name: checkedName(name),
      order: this.#order,
      nodes: this.#nodes,
      stores: this.#stores,
      globals: [...this.#globals.values()],
      repartitions: [...this.#repartitions.values()],
      copartitions: this.#copartitions,
      warnings: this.#warnings,
    })
  }

  #claim(name: string): void {
    checkedName(name)
    const taken = [...this.#globals.values()].some(
      (global) => global.sourceName === name || global.processorName === name,
    )
    if (taken || this.#nodes.has(name)) {
      throw duplicateName('node', name, 'Name one of them otherwise.')
    }
    this.#order.push(name)
  }

  #claimTopic(topic: string, source: string): void {
    const other = this.#topicSources.get(topic)
    if (other !== undefined) {
      throw new StreamsError(
        'TOPOLOGY_DUPLICATE_TOPIC',
        `the topic is read by ${other} already`,
        { topic, node: source },
        'Read a topic in one way: call stream() or table() once, and use what it returns twice.',
      )
    }
    this.#topicSources.set(topic, source)
  }

  #adopt(name: string, parents: readonly string[]): void {
    if (parents.length === 0) throw unknownNode(name, 'added without a parent')
    for (const parent of parents) {
      const draft = this.#nodes.get(parent)
      if (draft === undefined || draft.node.kind === 'sink') {
        throw new StreamsError(
          'TOPOLOGY_UNKNOWN_PARENT',
          `"${parent}" is not a source or processor that was added before`,
          { node: name },
          'Add parents first; a sink has no children.',
        )
      }
      draft.children.push(name)
    }
  }
}
// biome-ignore-end lint/suspicious/noExplicitAny: as above

function duplicateName(what: string, name: string, remedy: string): StreamsError {
  return new StreamsError(
    'TOPOLOGY_DUPLICATE_NAME',
    `there are two ${what}s named "${name}"`,
    {},
    remedy,
  )
}

function unknownNode(name: string, what: string): StreamsError {
  return new StreamsError(
    'TOPOLOGY_UNKNOWN_PARENT',
    `the node cannot be ${what}`,
    { node: name },
    'Add the processor, with its parents, first.',
  )
}
