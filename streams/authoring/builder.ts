import { StreamsError } from '../errors.ts'
import type { ProcessorSupplier } from '../processor.ts'
import type { StoreSpec } from '../store.ts'
import type { Topology } from '../topology.ts'
import { generatedNameWarnings, refuseGeneratedNames } from './generated-names.ts'
import { Names } from './names.ts'
import { NullKeys } from './null-keys.ts'
import type { Consumed, ConsumedOptions, Materialized, Named, TopicHandle } from './options.ts'
import type { Scope } from './scope.ts'
import type { SerdesKnown } from './serdes-known.ts'
import { KStream } from './stream.ts'
import { GlobalKTable, globalTableSource } from './table/global-table.ts'
import { KTable } from './table/table.ts'
import { addTableSource } from './table/table-source.ts'
import { latestStore } from './table/table-store.ts'
import { TopologyBuilder } from './topology-builder.ts'

export interface TableOptions<K, V> extends ConsumedOptions<K, V> {
  readonly materialized?: Materialized<K, V>
}

export interface GlobalTableOptions<K, V> extends Named {
  readonly materialized?: Materialized<K, V>
}

export interface BuildOptions {
  /** Refuses generated names of stores and internal topics, as Kafka Streams' `ensure.explicit.internal.resource.naming` does. */
  readonly requireNames?: boolean
}

/**
 * Where a topology begins. Sources, tables and stores are added here; the streams and tables that come back grow the graph; `build`
 * compiles it.
 *
 * ```ts
 * const t = new StreamsBuilder()
 * t.stream('words', Consumed.with(stringSerde, stringSerde, { as: 'words' }))
 *   .filter((_key, word) => word.length > 3, { as: 'long-words' })
 *   .to('long-words', { as: 'long-words-sink' })
 * const topology = t.build('long-words')
 * ```
 */
export class StreamsBuilder {
  readonly #streams: StreamSource[] = []
  readonly #scope: Scope = {
    builder: new TopologyBuilder(),
    names: new Names(),
    nullKeys: new NullKeys(),
    newTable: (node) => new KTable(this.#scope, node),
  }

  /** Records of a declared topic, which brings its serdes. */
  stream<K, V>(
    topic: TopicHandle<K, V>,
    options?: ConsumedOptions<K, V>,
  ): KStream<K, V, SerdesKnown>
  /** Records of one topic or several, by name. */
  stream<K, V>(
    topics: string | readonly string[],
    consumed: Consumed<K, V>,
  ): KStream<K, V, SerdesKnown>
  stream<K, V>(
    topics: string | readonly string[] | TopicHandle<K, V>,
    options?: Consumed<K, V> | ConsumedOptions<K, V>,
  ): KStream<K, V, SerdesKnown> {
    const source = sourceOf(topics, options)
    const { keySerde, valueSerde } = source
    const name = this.#sourceName(source)
    const sources = [name]
    return new KStream(this.#scope, {
      name,
      keySerde,
      valueSerde,
      sources,
      repartitionRequired: false,
    })
  }

  /**
   * The latest value of each key of a topic. Its rows are kept in a store when it is named (by `as`, or by `materialized`) or when an operator
   * below needs them. With `materialized.historyRetentionMs` every version is kept so long, and joins see what held at a record's time.
   */
  table<K, V>(topic: TopicHandle<K, V>, options?: TableOptions<K, V>): KTable<K, V, SerdesKnown>
  table<K, V>(
    topic: string,
    options: Consumed<K, V> & TableOptions<K, V>,
  ): KTable<K, V, SerdesKnown>
  table<K, V>(
    topic: string | TopicHandle<K, V>,
    options: TableOptions<K, V> = {},
  ): KTable<K, V, SerdesKnown> {
    const { names, builder } = this.#scope
    const { materialized = {} } = options
    const source = sourceOf(topic, options)
    const given = materialized.as ?? source.as
    const storeName = names.store(given, `${source.topics[0]}-`)
    const sourceName = names.nodeWithSuffix(options.as, '-source', 'KSTREAM-SOURCE-')
    const name = names.node(options.as, 'KTABLE-SOURCE-')
    builder.addSource(sourceName, source)
    const node = addTableSource<K, V>(this.#scope, {
      name,
      parent: sourceName,
      keySerde: materialized.keySerde ?? source.keySerde,
      valueSerde: materialized.valueSerde ?? source.valueSerde,
      sources: [sourceName],
      storeName,
      keepsRows: given !== undefined || materialized.historyRetentionMs !== undefined,
      materialized,
    })
    return new KTable(this.#scope, node)
  }

  /** As `table`, with every partition on every instance, complete before the first record is processed. */
  globalTable<K, V>(
    topic: TopicHandle<K, V>,
    options?: GlobalTableOptions<K, V>,
  ): GlobalKTable<K, V>
  globalTable<K, V>(
    topic: string,
    options: Consumed<K, V> & GlobalTableOptions<K, V>,
  ): GlobalKTable<K, V>
  globalTable<K, V>(
    topic: string | TopicHandle<K, V>,
    options: GlobalTableOptions<K, V> = {},
  ): GlobalKTable<K, V> {
    const { names, builder } = this.#scope
    const source = sourceOf(topic, options)
    const { materialized = {} } = options
    const storeName = names.store(materialized.as ?? source.as, `${source.topics[0]}-`)
    if (materialized.historyRetentionMs !== undefined) throw versionedGlobalTable(storeName)
    const store = latestStore(storeName, source, { ...materialized, logged: false })
    builder.addGlobalStore({
      sourceName: names.nodeWithSuffix(options.as, '-source', 'KSTREAM-SOURCE-'),
      processorName: names.node(options.as, 'KTABLE-SOURCE-'),
      topic: source.topics[0] ?? '',
      keySerde: source.keySerde,
      valueSerde: source.valueSerde,
      store,
      supplier: globalTableSource(store),
    })
    return new GlobalKTable(store)
  }

  /** A topic that is read a second time, in the same way, has one source: what is declared here flows from the first. */
  #sourceName<K, V>(source: Source<K, V>): string {
    const { names, builder } = this.#scope
    const known = this.#streams.find((one) => isSameSource(one.source, source))
    if (known !== undefined) {
      names.setAside()
      return known.name
    }
    const name = names.node(source.as, 'KSTREAM-SOURCE-')
    builder.addSource(name, source)
    this.#streams.push({ name, source })
    return name
  }

  /** Adds a store without connecting it yet; processors name it. */
  addStateStore(spec: StoreSpec): this {
    this.#scope.builder.addStateStore(spec)
    return this
  }

  /** A global store that a processor of yours fills. The processor must be able to repeat: it sees the topic again on every start. */
  addGlobalStore<K, V>(
    spec: StoreSpec,
    topic: TopicHandle<K, V>,
    supplier: ProcessorSupplier<K, V, never, never>,
    options: Named = {},
  ): this {
    const { names, builder } = this.#scope
    builder.addGlobalStore({
      sourceName: names.nodeWithSuffix(options.as, '-source', 'KSTREAM-SOURCE-'),
      processorName: names.node(options.as, 'KTABLE-SOURCE-'),
      topic: topic.name,
      keySerde: topic.keySerde,
      valueSerde: topic.valueSerde,
      store: { ...spec, logged: false },
      supplier,
    })
    return this
  }

  /**
   * Compiles the graph. `name` is the topology's for good: application ids, internal topics and local state go by it.
   *
   * @throws {StreamsError} TOPOLOGY_GENERATED_NAME with `requireNames`
   */
  build(name: string, options: BuildOptions = {}): Topology {
    const topology = this.#scope.builder.build(name)
    this.#scope.nullKeys.decide(topology)
    const generatedNames = [...this.#scope.names.generated]
    const generated = generatedNameWarnings(topology, generatedNames)
    if (options.requireNames === true) refuseGeneratedNames(generated)
    return { ...topology, generatedNames, warnings: [...generated, ...(topology.warnings ?? [])] }
  }
}

interface Source<K, V> extends Consumed<K, V> {
  readonly topics: readonly string[]
}

// biome-ignore lint/suspicious/noExplicitAny: sources of unrelated types share a list and are compared by identity
type AnySource = Source<any, any>

interface StreamSource {
  readonly name: string
  readonly source: AnySource
}

/** Alike in everything but the name. Serdes, extractors are compared by what they are, not by what they do. */
function isSameSource(one: AnySource, other: AnySource): boolean {
  return (
    one.topics.length === other.topics.length &&
    one.topics.every((topic, index) => topic === other.topics[index]) &&
    (other.as === undefined || one.as === other.as) &&
    one.keySerde === other.keySerde &&
    one.valueSerde === other.valueSerde &&
    one.timestampExtractor === other.timestampExtractor &&
    one.offsetReset === other.offsetReset
  )
}

function sourceOf<K, V>(
  topics: string | readonly string[] | TopicHandle<K, V>,
  options: Partial<Consumed<K, V>> = {},
): Source<K, V> {
  if (typeof topics === 'object' && 'name' in topics) {
    const { name, keySerde, valueSerde } = topics
    return { ...options, keySerde, valueSerde, topics: [name] }
  }
  const { keySerde, valueSerde } = options
  const names = typeof topics === 'string' ? [topics] : topics
  if (keySerde === undefined || valueSerde === undefined) throw sourceWithoutSerde(names)
  return { ...options, keySerde, valueSerde, topics: names }
}

function sourceWithoutSerde(topics: readonly string[]): StreamsError {
  return new StreamsError(
    'TOPOLOGY_SOURCE_WITHOUT_SERDE',
    `the source of ${topics.join(', ')} has no serdes`,
    {},
    'Pass Consumed.with(keySerde, valueSerde), or a declared topic.',
  )
}

function versionedGlobalTable(store: string): StreamsError {
  return new StreamsError(
    'TOPOLOGY_VERSIONED_TABLE',
    'a global table keeps no versions',
    { store },
    'Leave historyRetentionMs out, or use table().',
  )
}
