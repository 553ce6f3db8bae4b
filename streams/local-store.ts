import { StreamsError } from './errors.ts'
import type { KeyValueIterator, KeyValueStore, ReadOnlyKeyValueStore, StateStore } from './store.ts'
import { isKeyValueStore } from './store-kind.ts'

/** One store of one local task, as of its last commit. */
export interface LocalStorePart {
  readonly partition: number
  readonly taskId: string
  readonly store: StateStore
}

/**
 * Committed entries of a key-value store over all tasks of this instance. Keys lie in different tasks, so scans go task by task: in byte order
 * within a partition, by partition otherwise.
 */
export class LocalKeyValueStore<K, V> implements ReadOnlyKeyValueStore<K, V> {
  readonly name: string
  readonly #parts: () => readonly LocalStorePart[]

  /** @param parts asked at each call: tasks come and go */
  constructor(name: string, parts: () => readonly LocalStorePart[]) {
    this.name = name
    this.#parts = parts
  }

  get(key: K): V | undefined {
    for (const store of this.#stores()) {
      const value = store.get(key)
      if (value !== undefined) return value
    }
    return undefined
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

  #stores(): KeyValueStore<K, V>[] {
    return this.#parts().map(({ store }) => {
      if (!isKeyValueStore(store)) {
        throw new StreamsError(
          'STREAMS_STORE_KIND',
          'this is no key-value store',
          { store: this.name },
          'Read it through localStores, partition by partition.',
        )
      }
      // The caller names the types that the topology gave the store.
      return store as KeyValueStore<K, V>
    })
  }

  #scan(open: (store: KeyValueStore<K, V>) => KeyValueIterator<K, V>): KeyValueIterator<K, V> {
    return new ChainedIterator(this.#stores().map((store) => () => open(store)))
  }
}

/** Opens each scan only when the one before is drained. */
class ChainedIterator<K, V> implements KeyValueIterator<K, V> {
  readonly #waiting: (() => KeyValueIterator<K, V>)[]
  #current: KeyValueIterator<K, V> | undefined

  constructor(scans: readonly (() => KeyValueIterator<K, V>)[]) {
    this.#waiting = [...scans]
  }

  next(): IteratorResult<readonly [K, V], undefined> {
    for (;;) {
      this.#current ??= this.#waiting.shift()?.()
      if (this.#current === undefined) return { done: true, value: undefined }
      const step = this.#current.next()
      if (!step.done) return step
      this.#current.close()
      this.#current = undefined
    }
  }

  close(): void {
    this.#current?.close()
    this.#current = undefined
    this.#waiting.length = 0
  }

  [Symbol.iterator](): Iterator<readonly [K, V], undefined> {
    return { next: () => this.next(), return: () => this.#return() }
  }

  #return(): IteratorResult<readonly [K, V], undefined> {
    this.close()
    return { done: true, value: undefined }
  }
}
