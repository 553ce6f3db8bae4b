import type { ReadOnlySessionStore, SessionStore, WindowIterator } from '../store.ts'
import { ChainedIterator } from './chained-iterator.ts'
import { firstFound, type LocalParts, storesOfKind } from './local-parts.ts'

/** Committed sessions over all tasks of this instance. Scans go task by task; their order holds within a partition. */
export class LocalSessionStore<K, V> implements ReadOnlySessionStore<K, V> {
  readonly name: string
  readonly #parts: LocalParts

  constructor(name: string, parts: LocalParts) {
    this.name = name
    this.#parts = parts
  }

  fetchSession(key: K, startMs: number, endMs: number): V | undefined {
    return firstFound(this.#stores(), (store) => store.fetchSession(key, startMs, endMs))
  }

  fetch(key: K): WindowIterator<K, V> {
    return this.#scan((store) => store.fetch(key))
  }

  backwardFetch(key: K): WindowIterator<K, V> {
    return this.#scan((store) => store.backwardFetch(key))
  }

  fetchKeyRange(from: K | undefined, to: K | undefined): WindowIterator<K, V> {
    return this.#scan((store) => store.fetchKeyRange(from, to))
  }

  findSessions(key: K, earliestEndMs: number, latestStartMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.findSessions(key, earliestEndMs, latestStartMs))
  }

  backwardFindSessions(key: K, earliestEndMs: number, latestStartMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.backwardFindSessions(key, earliestEndMs, latestStartMs))
  }

  findSessionsByEnd(fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#scan((store) => store.findSessionsByEnd(fromMs, toMs))
  }

  all(): WindowIterator<K, V> {
    return this.#scan((store) => store.all())
  }

  /** The caller names the types that the topology gave the store. */
  #stores(): readonly SessionStore<K, V>[] {
    return storesOfKind(this.#parts, 'session') as readonly SessionStore<K, V>[]
  }

  #scan(open: (store: SessionStore<K, V>) => WindowIterator<K, V>): WindowIterator<K, V> {
    return new ChainedIterator(this.#stores().map((store) => () => open(store)))
  }
}
