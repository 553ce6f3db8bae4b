import type {
  KeyValueStore,
  SessionStore,
  StateStore,
  StoreSpec,
  VersionedKeyValueStore,
} from './store.ts'

/** Stores of unknown kind are told apart by a method that only that kind has. */
export function isKeyValueStore(store: StateStore): store is KeyValueStore<unknown, unknown> {
  return 'putIfAbsent' in store
}

export function isSessionStore(store: StateStore): store is SessionStore<unknown, unknown> {
  return 'findSessions' in store
}

export function isVersionedStore(
  store: StateStore,
): store is VersionedKeyValueStore<unknown, unknown> {
  return 'history' in store
}

export function kindOf(store: StateStore): StoreSpec['kind'] {
  if (isKeyValueStore(store)) return 'key-value'
  if (isSessionStore(store)) return 'session'
  return isVersionedStore(store) ? 'versioned' : 'window'
}
