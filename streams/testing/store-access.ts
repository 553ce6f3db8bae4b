import { StreamsError } from '../errors.ts'
import type { StateStore, StoreSpec } from '../store.ts'
import { kindOf } from '../store-kind.ts'

export type StoreKind = StoreSpec['kind']

export function requireKind(store: StateStore, wanted: StoreKind): StateStore {
  const kind = kindOf(store)
  if (kind === wanted) return store
  throw new StreamsError(
    'STREAMS_STORE_KIND',
    `this is a ${kind} store, not a ${wanted} store`,
    { store: store.name },
    'Ask for it by the method of its kind.',
  )
}

export function unknownStore(name: string, partition: number): StreamsError {
  return new StreamsError(
    'STREAMS_UNKNOWN_STORE',
    `no store ${name} on partition ${partition}`,
    { store: name, partition },
    'Name a store of the topology and a partition that its tasks have.',
  )
}
