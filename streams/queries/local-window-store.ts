import type { ReadOnlyWindowStore, WindowIterator, WindowStore } from '../store.ts'
import { ChainedIterator } from './chained-iterator.ts'
import { firstFound, type LocalParts, storesOfKind } from './local-parts.ts'

/** Committed windows over all tasks of this instance. Scans go task by task; their order holds within a partition. */
export class LocalWindowStore<K, V> implements ReadOnlyWindowStore<K, V> {
  readonly name: string
  readonly #parts: LocalParts

  constructor(name: string, parts: LocalParts) {
    this.name = name
    this.#parts = parts
  }

  fetch(key: K, windowStartMs: number): V | undefined {
    return firstFound(this.#stores(), (store) => store.fetch(key, windowStartMs))
  }

  fetchRange(key: K, fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.fetchRange(key, fromMs, toMs))
  }

  backwardFetchRange(key: K, fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.backwardFetchRange(key, fromMs, toMs))
  }

  fetchKeyRange(
    from: K | undefined,
    to: K | undefined,
    fromMs: number,
    toMs: number,
  ): WindowIterator<K, V> {
    return this.#scan((store) => store.fetchKeyRange(from, to, fromMs, toMs))
  }

  fetchAll(fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.fetchAll(fromMs, toMs))
  }

  backwardFetchAll(fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.backwardFetchAll(fromMs, toMs))
  }

  fetchAllByTime(fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.fetchAllByTime(fromMs, toMs))
  }

  all(): WindowIterator<K, V> {
    return this.#scan((store) => store.all())
  }

  backwardAll(): WindowIterator<K, V> {
    return this.#scan((store) => store.backwardAll())
  }

  /** The caller names the types that the topology gave the store. */
  #stores(): readonly WindowStore<K, V>[] {
    return storesOfKind(this.#parts, 'window') as readonly WindowStore<K, V>[]
  }

  #scan(open: (store: WindowStore<K, V>) => WindowIterator<K, V>): WindowIterator<K, V> {
    return new ChainedIterator(this.#stores().map((store) => () => open(store)))
  }
}
