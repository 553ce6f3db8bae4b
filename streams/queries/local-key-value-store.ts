import type { KeyValueIterator, KeyValueStore, ReadOnlyKeyValueStore } from '../store.ts'
import { ChainedIterator } from './chained-iterator.ts'
import { firstFound, type LocalParts, storesOfKind } from './local-parts.ts'

/**
 * Committed entries of a key-value store over all tasks of this instance. Keys lie in different tasks, so scans go task by task: in byte order
 * within a partition, by partition otherwise.
 */
export class LocalKeyValueStore<K, V> implements ReadOnlyKeyValueStore<K, V> {
  readonly name: string
  readonly #parts: LocalParts

  constructor(name: string, parts: LocalParts) {
    this.name = name
    this.#parts = parts
  }

  get(key: K): V | undefined {
    return firstFound(this.#stores(), (store) => store.get(key))
  }

  range(from: K | undefined, to: K | undefined): KeyValueIterator<K, V> {
    return this.#scan((store) => store.range(from, to))
  }

  reverseRange(from: K | undefined, to: K | undefined): KeyValueIterator<K, V> {
    return this.#scan((store) => store.reverseRange(from, to))
  }

  prefixScan(prefix: Uint8Array): KeyValueIterator<K, V> {
    return this.#scan((store) => store.prefixScan(prefix))
  }

  all(): KeyValueIterator<K, V> {
    return this.#scan((store) => store.all())
  }

  reverseAll(): KeyValueIterator<K, V> {
    return this.#scan((store) => store.reverseAll())
  }

  approximateNumEntries(): number {
    return this.#stores().reduce((sum, store) => sum + store.approximateNumEntries(), 0)
  }

  /** The caller names the types that the topology gave the store. */
  #stores(): readonly KeyValueStore<K, V>[] {
    return storesOfKind(this.#parts, 'key-value') as readonly KeyValueStore<K, V>[]
  }

  #scan(open: (store: KeyValueStore<K, V>) => KeyValueIterator<K, V>): KeyValueIterator<K, V> {
    return new ChainedIterator(this.#stores().map((store) => () => open(store)))
  }
}
