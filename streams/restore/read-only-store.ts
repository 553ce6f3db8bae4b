import { StreamsError } from '../errors.ts'
import type {
  KeyValueStore,
  SessionStore,
  StateStore,
  VersionedKeyValueStore,
  WindowStore,
} from '../store.ts'
import { isKeyValueStore, isSessionStore, isVersionedStore } from '../store-kind.ts'

/** The same store without the right to change it. */
export function readOnlyStore(store: StateStore): StateStore {
  if (isKeyValueStore(store)) return readOnlyKeyValueStore(store)
  if (isSessionStore(store)) return readOnlySessionStore(store)
  if (isVersionedStore(store)) return readOnlyVersionedStore(store)
  return readOnlyWindowStore(store)
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
    backwardFetchRange: (key, fromMs, toMs) => store.backwardFetchRange(key, fromMs, toMs),
    fetchKeyRange: (from, to, fromMs, toMs) => store.fetchKeyRange(from, to, fromMs, toMs),
    fetchAll: (fromMs, toMs) => store.fetchAll(fromMs, toMs),
    backwardFetchAll: (fromMs, toMs) => store.backwardFetchAll(fromMs, toMs),
    fetchAllByTime: (fromMs, toMs) => store.fetchAllByTime(fromMs, toMs),
    all: () => store.all(),
    backwardAll: () => store.backwardAll(),
    put: () => refuseWrite(store.name),
  }
}

function readOnlySessionStore(
  store: SessionStore<unknown, unknown>,
): SessionStore<unknown, unknown> {
  const refuse = (): never => refuseWrite(store.name)
  return {
    name: store.name,
    fetchSession: (key, startMs, endMs) => store.fetchSession(key, startMs, endMs),
    fetch: (key) => store.fetch(key),
    backwardFetch: (key) => store.backwardFetch(key),
    fetchKeyRange: (from, to) => store.fetchKeyRange(from, to),
    findSessions: (key, endMs, startMs) => store.findSessions(key, endMs, startMs),
    backwardFindSessions: (key, endMs, startMs) => store.backwardFindSessions(key, endMs, startMs),
    findSessionsByEnd: (fromMs, toMs) => store.findSessionsByEnd(fromMs, toMs),
    all: () => store.all(),
    put: refuse,
    remove: refuse,
  }
}

function readOnlyVersionedStore(
  store: VersionedKeyValueStore<unknown, unknown>,
): VersionedKeyValueStore<unknown, unknown> {
  const refuse = (): never => refuseWrite(store.name)
  return {
    name: store.name,
    get: (key, asOfMs) => store.get(key, asOfMs),
    history: (key, fromMs, toMs) => store.history(key, fromMs, toMs),
    put: refuse,
    delete: refuse,
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
