import type {
  ReadOnlyKeyValueStore,
  ReadOnlySessionStore,
  ReadOnlyVersionedKeyValueStore,
  ReadOnlyWindowStore,
  ValueAndTimestamp,
} from '#streams'
import type { TopologyTestDriver } from '#streams/testing'
import { type Cell, cellOf, type Scalar } from '../functions/cell.ts'
import type { CaseEntry, CaseQuery } from '../grammar/case.ts'
import { invalidCase, type StoreKind } from '../topology/graph.ts'
import { entryOf } from './records.ts'

/** What a case may ask of a store, as the case writes entries. Without a query: everything. */
export function storeContents(
  driver: TopologyTestDriver,
  store: { readonly name: string; readonly kind: StoreKind },
  query: CaseQuery | undefined,
): CaseEntry[] {
  switch (store.kind) {
    case 'keyValue':
      return keyValueEntries(driver.timestampedKeyValueStore(store.name))
    case 'versioned':
      return versionedEntries(driver.versionedStore(store.name), query)
    case 'window':
      return windowEntries(driver.windowStore(store.name), query)
    case 'session':
      return sessionEntries(driver.sessionStore(store.name), query)
  }
}

type Timestamped = ValueAndTimestamp<Cell>

function keyValueEntries(store: ReadOnlyKeyValueStore<Cell, Timestamped>): CaseEntry[] {
  return [...store.all()].map(([key, { value, timestampMs }]) => entryOf(key, value, timestampMs))
}

function versionedEntries(
  store: ReadOnlyVersionedKeyValueStore<Cell, Cell>,
  query: CaseQuery | undefined,
): CaseEntry[] {
  if (query === undefined || !('keys' in query)) {
    throw invalidCase('a versioned store is asked for named keys')
  }
  return query.keys.flatMap((literal) => {
    const key = cellOf(literal)
    const found = store.get(key, query.asOf)
    return found === undefined ? [] : [entryOf(key, found.value, found.timestampMs)]
  })
}

function windowEntries(
  store: ReadOnlyWindowStore<Scalar, Timestamped>,
  query: CaseQuery | undefined,
): CaseEntry[] {
  const found = query === undefined ? store.all() : windowsOf(store, query)
  return [...found].map(([key, { value, timestampMs }]) => entryOf(key, value, timestampMs))
}

function windowsOf(store: ReadOnlyWindowStore<Scalar, Timestamped>, query: CaseQuery) {
  if ('keys' in query || query.timeFrom === undefined || query.timeTo === undefined) {
    throw invalidCase('a window store is asked for a range of keys and times')
  }
  const { keyFrom, keyTo, timeFrom, timeTo } = query
  return store.fetchKeyRange(cellOf(keyFrom), cellOf(keyTo), timeFrom, timeTo)
}

function sessionEntries(
  store: ReadOnlySessionStore<Scalar, Cell>,
  query: CaseQuery | undefined,
): CaseEntry[] {
  if (query !== undefined && 'keys' in query) {
    throw invalidCase('a session store is asked for a range of keys')
  }
  const found =
    query === undefined
      ? store.all()
      : store.fetchKeyRange(cellOf(query.keyFrom), cellOf(query.keyTo))
  return [...found].map(([key, value]) => entryOf(key, value))
}
