import type { KeyValueIterator, ReadOnlyKeyValueStore, ValueAndTimestamp } from '../store.ts'

/** A store of values with their times, for readers who want the values alone. */
export class ValuesOnly<K, V> implements ReadOnlyKeyValueStore<K, V> {
  readonly #store: ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>

  constructor(store: ReadOnlyKeyValueStore<K, ValueAndTimestamp<V>>) {
    this.#store = store
  }

  get name(): string {
    return this.#store.name
  }

  get(key: K): V | undefined {
    return this.#store.get(key)?.value
  }

  range(from: K | undefined, to: K | undefined): KeyValueIterator<K, V> {
    return valuesOf(this.#store.range(from, to))
  }

  reverseRange(from: K | undefined, to: K | undefined): KeyValueIterator<K, V> {
    return valuesOf(this.#store.reverseRange(from, to))
  }

  prefixScan(prefix: Uint8Array): KeyValueIterator<K, V> {
    return valuesOf(this.#store.prefixScan(prefix))
  }

  all(): KeyValueIterator<K, V> {
    return valuesOf(this.#store.all())
  }

  reverseAll(): KeyValueIterator<K, V> {
    return valuesOf(this.#store.reverseAll())
  }

  approximateNumEntries(): number {
    return this.#store.approximateNumEntries()
  }
}

function valuesOf<K, V>(rows: KeyValueIterator<K, ValueAndTimestamp<V>>): KeyValueIterator<K, V> {
  const values: KeyValueIterator<K, V> = {
    next() {
      const row = rows.next()
      return row.done === true ? row : { done: false, value: [row.value[0], row.value[1].value] }
    },
    close: () => rows.close(),
    [Symbol.iterator]: () => ({
      next: () => values.next(),
      return: () => {
        rows.close()
        return { done: true, value: undefined }
      },
    }),
  }
  return values
}
