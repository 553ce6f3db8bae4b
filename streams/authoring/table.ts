import type { Processor, ProcessorContext, ProcessorSupplier, StreamRecord } from '../processor.ts'
import type { Serde } from '../serde.ts'
import type { KeyValueStore, KeyValueStoreSpec } from '../store.ts'
import { stateless } from './operators.ts'
import type { Named } from './options.ts'
import type { Scope } from './scope.ts'
import { keyValueStoreOf } from './stores.ts'
import { KStream } from './stream.ts'

/** What flows between the nodes of a table: the value that holds now, and the one that held before. */
export interface Change<V> {
  readonly newValue: V | undefined
  readonly oldValue: V | undefined
}

export interface TableNode<K> {
  readonly name: string
  readonly keySerde: Serde<K> | undefined
}

/** The latest value of each key; a record without a value deletes. */
export class KTable<K, V> {
  readonly #scope: Scope
  readonly #node: TableNode<K>
  /** The store that holds the table; undefined for a table that is derived record by record. */
  readonly store: KeyValueStoreSpec<K, V> | undefined

  constructor(scope: Scope, node: TableNode<K>, store: KeyValueStoreSpec<K, V> | undefined) {
    this.#scope = scope
    this.#node = node
    this.store = store
  }

  get name(): string {
    return this.#node.name
  }

  filter(accepts: (key: K, value: V) => boolean, options: Named = {}): KTable<K, V> {
    const kept = (key: K, value: V | undefined): V | undefined =>
      value !== undefined && accepts(key, value) ? value : undefined
    return this.#derived(options.as, 'KTABLE-FILTER-', kept)
  }

  mapValues<V2>(mapper: (value: V, key: K) => V2, options: Named = {}): KTable<K, V2> {
    const mapped = (key: K, value: V | undefined) =>
      value === undefined ? undefined : mapper(value, key)
    return this.#derived(options.as, 'KTABLE-MAPVALUES-', mapped)
  }

  /** The changes of the table as a stream; a deletion is `undefined`. */
  toStream(options: Named = {}): KStream<K, V | undefined> {
    const name = this.#scope.names.node(options.as, 'KTABLE-TOSTREAM-')
    const newValues = stateless<K, Change<V>, K, V | undefined>((record, context) => {
      const { key, timestampMs, headers } = record
      context.forward({ key, value: record.value.newValue, timestampMs, headers })
    })
    this.#scope.builder.addProcessor(name, newValues, [this.name])
    return new KStream<K, V | undefined>(this.#scope, {
      name,
      keySerde: this.#node.keySerde,
      valueSerde: this.store?.valueSerde,
      repartitionRequired: false,
    })
  }

  #derived<V2>(
    as: string | undefined,
    prefix: string,
    derive: (key: K, value: V | undefined) => V2 | undefined,
  ): KTable<K, V2> {
    const name = this.#scope.names.node(as, prefix)
    const changes = stateless<K, Change<V>, K, Change<V2>>((record, context) => {
      const { key, value, timestampMs, headers } = record
      const newValue = derive(key, value.newValue)
      const oldValue = derive(key, value.oldValue)
      context.forward({ key, value: { newValue, oldValue }, timestampMs, headers })
    })
    this.#scope.builder.addProcessor(name, changes, [this.name])
    return new KTable<K, V2>(this.#scope, { name, keySerde: this.#node.keySerde }, undefined)
  }
}

/** Every partition of a topic on every instance. Processors that name its store may read it; no key has to agree. */
export class GlobalKTable<K, V> {
  readonly store: KeyValueStoreSpec<K, V>

  constructor(store: KeyValueStoreSpec<K, V>) {
    this.store = store
  }

  get storeName(): string {
    return this.store.name
  }
}

/** Keeps the table's store and turns records into changes. Records without a key are dropped, as in Kafka Streams. */
export function tableSource<K, V>(
  spec: KeyValueStoreSpec<K, V>,
): ProcessorSupplier<K, V | undefined, K, Change<V>> {
  return () => new TableSource(spec)
}

class TableSource<K, V> implements Processor<K, V | undefined, K, Change<V>> {
  readonly #spec: KeyValueStoreSpec<K, V>
  #context: ProcessorContext<K, Change<V>> | undefined
  #store: KeyValueStore<K, V> | undefined

  constructor(spec: KeyValueStoreSpec<K, V>) {
    this.#spec = spec
  }

  init(context: ProcessorContext<K, Change<V>>): void {
    this.#context = context
    this.#store = keyValueStoreOf(context, this.#spec)
  }

  process(record: StreamRecord<K, V | undefined>): void {
    const { key, value: newValue, timestampMs, headers } = record
    if (this.#store === undefined || key === undefined || key === null) return
    const oldValue = this.#store.get(key)
    if (newValue === undefined) this.#store.delete(key)
    else this.#store.put(key, newValue)
    this.#context?.forward({ key, value: { newValue, oldValue }, timestampMs, headers })
  }
}
