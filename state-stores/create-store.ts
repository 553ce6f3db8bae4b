import type {
  KeyValueStoreSpec,
  SessionStoreSpec,
  StoreDatabase,
  StoreSpec,
  VersionedStoreSpec,
  WindowStoreSpec,
} from '#streams'
import { TransactionalKeyValueStore } from './key-value-store.ts'
import { LruKeyValueStore } from './lru-key-value-store.ts'
import { TransactionalStore } from './managed-store.ts'
import { ObservedTime } from './segmented/observed-time.ts'
import { segmentKey } from './segmented/segment-key.ts'
import {
  fromIndexKey,
  keyOf,
  SESSION_KEY,
  type TimedKeyLayout,
  timeOf,
  toIndexKey,
  VERSION_KEY,
  WINDOW_KEY,
} from './segmented/timed-key.ts'
import { TransactionalSessionStore } from './session/session-store.ts'
import type { StoreMeta } from './store-meta.ts'
import { type StoreIndex, TransactionalBytes } from './transactional/transactional-bytes.ts'
import { versionEngineKey } from './versioned/version-bytes.ts'
import { TransactionalVersionedStore } from './versioned/versioned-store.ts'
import { PutSequence } from './window/put-sequence.ts'
import { TransactionalWindowStore } from './window/window-store.ts'

interface StoreParts<S extends StoreSpec> {
  readonly spec: S
  readonly database: StoreDatabase
  readonly meta: StoreMeta
  /** That serdes are told. */
  readonly topic: string
  readonly cacheBytesMax: number
  readonly expiredEntriesPerCommit: number
}

/** One store of a task and its committed view, on a database that has its keyspaces. */
export function createStore(parts: StoreParts<StoreSpec>): TransactionalStore {
  const { spec } = parts
  switch (spec.kind) {
    case 'key-value':
      return createKeyValueStore({ ...parts, spec })
    case 'window':
      return createWindowStore({ ...parts, spec })
    case 'session':
      return createSessionStore({ ...parts, spec })
    case 'versioned':
      return createVersionedStore({ ...parts, spec })
  }
}

export function keyspaceOf(spec: StoreSpec): string {
  return `store.${spec.name}`
}

export function indexKeyspaceOf(spec: StoreSpec): string {
  return `times.${spec.name}`
}

function createKeyValueStore(parts: StoreParts<KeyValueStoreSpec<unknown, unknown>>) {
  const { spec, topic, meta } = parts
  const { entriesMax } = spec
  const isLru = entriesMax !== undefined
  const bytes = new TransactionalBytes({
    ...placeOf(parts),
    engineKey: (key) => key,
    byLastWrite: isLru,
  })
  const store = isLru
    ? new LruKeyValueStore({ ...spec, entriesMax }, bytes, topic)
    : new TransactionalKeyValueStore(spec, bytes, topic)
  const committed = new TransactionalKeyValueStore(spec, bytes.committedView(), topic)
  return new TransactionalStore({ spec, store, committed, bytes, meta })
}

function createWindowStore(parts: StoreParts<WindowStoreSpec<unknown, unknown>>) {
  const { spec, topic, meta } = parts
  const time = new ObservedTime(meta.observedTime(spec))
  const bytes = segmentedBytes(parts, WINDOW_KEY, time)
  const sequence =
    spec.retainDuplicates === true ? new PutSequence(meta.putSequence(spec)) : undefined
  const common = { spec, topic, sequence, bounds: segmentBounds(parts) }
  const store = new TransactionalWindowStore({ ...common, bytes, time, isView: false })
  const committed = new TransactionalWindowStore({
    ...common,
    bytes: bytes.committedView(),
    time: time.committedView(),
    isView: true,
  })
  return new TransactionalStore({ spec, store, committed, bytes, meta })
}

function createSessionStore(parts: StoreParts<SessionStoreSpec<unknown, unknown>>) {
  const { spec, topic, meta } = parts
  const time = new ObservedTime(meta.observedTime(spec))
  const bytes = segmentedBytes(parts, SESSION_KEY, time)
  const common = { spec, topic, bounds: segmentBounds(parts) }
  const store = new TransactionalSessionStore({ ...common, bytes, time, isView: false })
  const committed = new TransactionalSessionStore({
    ...common,
    bytes: bytes.committedView(),
    time: time.committedView(),
    isView: true,
  })
  return new TransactionalStore({ spec, store, committed, bytes, meta })
}

function createVersionedStore(parts: StoreParts<VersionedStoreSpec<unknown, unknown>>) {
  const { spec, topic, meta } = parts
  const time = new ObservedTime(meta.observedTime(spec))
  const bytes = new TransactionalBytes({
    ...placeOf(parts),
    engineKey: (key) => versionEngineKey(key, keyOf(VERSION_KEY, key).length),
    index: timeIndex(spec, VERSION_KEY),
  })
  const store = new TransactionalVersionedStore({ spec, bytes, topic, time, isView: false })
  const committed = new TransactionalVersionedStore({
    spec,
    bytes: bytes.committedView(),
    topic,
    time: time.committedView(),
    isView: true,
  })
  return new TransactionalStore({ spec, store, committed, bytes, meta })
}

function segmentedBytes(parts: StoreParts<StoreSpec>, layout: TimedKeyLayout, time: ObservedTime) {
  return new TransactionalBytes({
    ...placeOf(parts),
    cacheBytesMax: parts.cacheBytesMax / 2,
    engineKey: (key) => segmentKey(time.segmentOf(timeOf(layout, key)), key),
    segmentOf: (key) => time.segmentOf(timeOf(layout, key)),
    ...(parts.meta.hasTimeIndex(parts.spec) && { index: timeIndex(parts.spec, layout) }),
  })
}

/** Values by key and rows of a key share what the cache may hold. */
function segmentBounds({ cacheBytesMax, expiredEntriesPerCommit }: StoreParts<StoreSpec>) {
  return { entriesPerCommit: expiredEntriesPerCommit, rowsBytesMax: cacheBytesMax / 2 }
}

function placeOf({ spec, database, cacheBytesMax }: StoreParts<StoreSpec>) {
  return { database, keyspace: keyspaceOf(spec), cacheBytesMax }
}

function timeIndex(spec: StoreSpec, layout: TimedKeyLayout): StoreIndex {
  return {
    keyspace: indexKeyspaceOf(spec),
    toIndex: (key) => toIndexKey(layout, key),
    fromIndex: (key) => fromIndexKey(layout, key),
  }
}
