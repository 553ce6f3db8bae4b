import type { ProcessorSupplier } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type { StoreSpec } from '../store.ts'
import type { TopicNameExtractor } from '../topology.ts'
import { BranchedKStream } from './branches.ts'
import { fixedKey } from './fixed-key.ts'
import {
  endRecords,
  filterValues,
  flatMapRecords,
  flatMapRecordValues,
  mapRecords,
  mapRecordValues,
  passRecords,
  peekRecords,
  selectRecordKey,
} from './operators.ts'
import type { Named, Produced, ProducedOptions, Repartitioned, SinkTopic } from './options.ts'
import { addRepartition } from './repartition.ts'
import type { Scope } from './scope.ts'

/** Where a stream stands in the graph, and what is known of its records. */
export interface StreamNode<K, V> {
  readonly name: string
  readonly keySerde: Serde<K> | undefined
  readonly valueSerde: Serde<V> | undefined
  /** The key may have changed since records were last placed by it. */
  readonly repartitionRequired: boolean
}

export interface ProcessOptions extends Named {
  /** Specifications, or names of stores that were added before; names of global tables' stores too. */
  readonly stores?: readonly (string | StoreSpec)[]
}

/**
 * Records as they come. Operators add a node and return what flows out of it; nothing runs until the built topology is given to a
 * worker or a test driver. Callbacks are synchronous, pure and deterministic.
 */
export class KStream<K, V> {
  readonly #scope: Scope
  readonly #node: StreamNode<K, V>

  constructor(scope: Scope, node: StreamNode<K, V>) {
    this.#scope = scope
    this.#node = node
  }

  /** Name of the node that these records come out of. */
  get name(): string {
    return this.#node.name
  }

  /** True after an operator that may change the key: equal keys may be on different partitions until `repartition`. */
  get repartitionRequired(): boolean {
    return this.#node.repartitionRequired
  }

  filter<S extends V>(accepts: (key: K, value: V) => value is S, options?: Named): KStream<K, S>
  filter(accepts: (key: K, value: V) => boolean, options?: Named): KStream<K, V>
  filter(accepts: (key: K, value: V) => boolean, options: Named = {}): KStream<K, V> {
    const name = this.#add(options.as, 'KSTREAM-FILTER-', filterValues(accepts))
    return new KStream(this.#scope, { ...this.#node, name })
  }

  filterNot<S extends V>(
    refuses: (key: K, value: V) => value is S,
    options?: Named,
  ): KStream<K, Exclude<V, S>>
  filterNot(refuses: (key: K, value: V) => boolean, options?: Named): KStream<K, V>
  filterNot(refuses: (key: K, value: V) => boolean, options: Named = {}): unknown {
    const accepts = (key: K, value: V) => !refuses(key, value)
    const name = this.#add(options.as, 'KSTREAM-FILTER-', filterValues(accepts))
    return new KStream(this.#scope, { ...this.#node, name })
  }

  map<K2, V2>(
    mapper: (key: K, value: V) => readonly [K2, V2],
    options: Named = {},
  ): KStream<K2, V2> {
    return this.#rekeyed(this.#add(options.as, 'KSTREAM-MAP-', mapRecords(mapper)))
  }

  mapValues<V2>(mapper: (value: V, key: K) => V2, options: Named = {}): KStream<K, V2> {
    return this.#revalued(this.#add(options.as, 'KSTREAM-MAPVALUES-', mapRecordValues(mapper)))
  }

  flatMap<K2, V2>(
    mapper: (key: K, value: V) => Iterable<readonly [K2, V2]>,
    options: Named = {},
  ): KStream<K2, V2> {
    return this.#rekeyed(this.#add(options.as, 'KSTREAM-FLATMAP-', flatMapRecords(mapper)))
  }

  flatMapValues<V2>(
    mapper: (value: V, key: K) => Iterable<V2>,
    options: Named = {},
  ): KStream<K, V2> {
    const supplier = flatMapRecordValues(mapper)
    return this.#revalued(this.#add(options.as, 'KSTREAM-FLATMAPVALUES-', supplier))
  }

  selectKey<K2>(selector: (key: K, value: V) => K2, options: Named = {}): KStream<K2, V> {
    const name = this.#add(options.as, 'KSTREAM-KEY-SELECT-', selectRecordKey(selector))
    const { valueSerde } = this.#node
    return new KStream(this.#scope, {
      name,
      keySerde: undefined,
      valueSerde,
      repartitionRequired: true,
    })
  }

  /** A look at each record, for metrics or logs; not for effects that must happen exactly once. */
  peek(action: (key: K, value: V) => void, options: Named = {}): KStream<K, V> {
    const name = this.#add(options.as, 'KSTREAM-PEEK-', peekRecords(action))
    return new KStream(this.#scope, { ...this.#node, name })
  }

  /** As `peek`, and the stream ends here. */
  forEach(action: (key: K, value: V) => void, options: Named = {}): void {
    this.#add(options.as, 'KSTREAM-FOREACH-', endRecords(action))
  }

  /** Records of both, interleaved as they come. */
  merge<V2>(other: KStream<K, V2>, options: Named = {}): KStream<K, V | V2> {
    const name = this.#scope.names.node(options.as, 'KSTREAM-MERGE-')
    this.#scope.builder.addProcessor(name, passRecords(), [this.name, other.name])
    return new KStream<K, V | V2>(this.#scope, {
      name,
      keySerde: this.#node.keySerde,
      valueSerde: undefined,
      repartitionRequired: this.repartitionRequired || other.repartitionRequired,
    })
  }

  /** Each record goes to the first branch that accepts it. */
  split(options: Named = {}): BranchedKStream<K, V> {
    const streamOf = (name: string) => new KStream(this.#scope, { ...this.#node, name })
    return new BranchedKStream<K, V>(this.#scope, { of: this.name, as: options.as, streamOf })
  }

  /** Through an internal topic, so that equal keys meet on one partition again. */
  repartition(options: Repartitioned<K, V> = {}): KStream<K, V> {
    return new KStream(this.#scope, addRepartition(this.#scope, this.#node, options))
  }

  /** To a declared topic, which brings its serdes. */
  to(topic: SinkTopic<K, V>, options?: ProducedOptions<K, V>): void
  /** To a topic by name, or to one chosen per record. Serdes come from `Produced`, else from the stream, if it still has them. */
  to(
    topic: string | ((record: { readonly key: K; readonly value: V }) => string),
    produced?: Produced<K, Exclude<V, undefined>>,
  ): void
  to(topic: string | TopicNameExtractor | SinkTopic<K, V>, produced: Produced<K, V> = {}): void {
    const name = this.#scope.names.node(produced.as, 'KSTREAM-SINK-')
    const declared = typeof topic === 'object' ? topic : undefined
    this.#scope.builder.addSink(
      name,
      {
        topic: typeof topic === 'object' ? topic.name : topic,
        keySerde: declared?.keySerde ?? produced.keySerde ?? this.#node.keySerde,
        valueSerde: declared?.valueSerde ?? produced.valueSerde ?? this.#node.valueSerde,
        partitioner: produced.partitioner,
      },
      [this.name],
    )
  }

  /** A processor of your own. It may change the key; where it does not, `processValues` keeps what is known of it. */
  process<KOut, VOut>(
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
    options: ProcessOptions = {},
  ): KStream<KOut, VOut> {
    return this.#rekeyed(this.#addStateful('KSTREAM-PROCESSOR-', supplier, options))
  }

  /** As `process`, for a processor that hands on the key it got. Handing on another one throws TOPOLOGY_KEY_CHANGED. */
  processValues<VOut>(
    supplier: ProcessorSupplier<K, V, K, VOut>,
    options: ProcessOptions = {},
  ): KStream<K, VOut> {
    const name = this.#addStateful('KSTREAM-PROCESSVALUES-', fixedKey(supplier), options)
    return this.#revalued(name)
  }

  #addStateful<KOut, VOut>(
    prefix: string,
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
    options: ProcessOptions,
  ): string {
    const stores = options.stores ?? []
    const name = this.#add(options.as, prefix, supplier, stores)
    if (stores.length > 0 && this.repartitionRequired) {
      this.#scope.builder.addWarning({
        code: 'REPARTITION_REQUIRED',
        name,
        message: `"${name}" keeps state behind an operator that may change the key: equal keys may be on different partitions. Put repartition() before it.`,
      })
    }
    return name
  }

  #add<KOut, VOut>(
    as: string | undefined,
    prefix: string,
    supplier: ProcessorSupplier<K, V, KOut, VOut>,
    stores: readonly (string | StoreSpec)[] = [],
  ): string {
    const name = this.#scope.names.node(as, prefix)
    this.#scope.builder.addProcessor(name, supplier, [this.name], stores)
    return name
  }

  #rekeyed<K2, V2>(name: string): KStream<K2, V2> {
    return new KStream<K2, V2>(this.#scope, {
      name,
      keySerde: undefined,
      valueSerde: undefined,
      repartitionRequired: true,
    })
  }

  #revalued<V2>(name: string): KStream<K, V2> {
    const { keySerde, repartitionRequired } = this.#node
    return new KStream<K, V2>(this.#scope, {
      name,
      keySerde,
      valueSerde: undefined,
      repartitionRequired,
    })
  }
}
