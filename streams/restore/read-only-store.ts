import { StreamsError } from '../errors.ts'
import type { KeyValueStore, StateStore, WindowStore } from '../store.ts'

/** The same store without the right to change it. */
export function readOnlyStore(store: StateStore): StateStore {
  return isKeyValueStore(store) ? readOnlyKeyValueStore(store) : readOnlyWindowStore(store)
}

export function isKeyValueStore(store: StateStore): store is KeyValueStore<unknown, unknown> {
  return 'putIfAbsent' in store
}

function readOnlyKeyValueStore(
  store: KeyValueStore<unknown, unknown>,
): KeyValueStore<unknown, unknown> {
  const refuse = (): never => refuseWrite(store.name)
  return {
    name: store.name,
    get: (key) => store.get(key),
    range: (from, to) => store.range(from, to),
    reverseRange: (from, to) => store.reverseRange(from, to),
    prefixScan: (prefix) => store.prefixScan(prefix),
    all: () => store.all(),
    reverseAll: () => store.reverseAll(),
    approximateNumEntries: () => store.approximateNumEntries(),
    put: refuse,
    putIfAbsent: refuse,
    delete: refuse,
  }
}

function readOnlyWindowStore(store: WindowStore<unknown, unknown>): WindowStore<unknown, unknown> {
  return {
    name: store.name,
    fetch: (key, windowStartMs) => store.fetch(key, windowStartMs),
    fetchRange: (key, fromMs, toMs) => store.fetchRange(key, fromMs, toMs),
    fetchAll: (fromMs, toMs) => store.fetchAll(fromMs, toMs),
    all: () => store.all(),
    put: () => refuseWrite(store.name),
  }
}

function refuseWrite(store: string): never {
  throw new StreamsError(
    'STREAMS_READ_ONLY_STORE',
    'this store is read-only here',
    { store },
    'Change a global store by writing to its topic, a task store from a processor that is connected to it.',
  )
}
