import { StreamsError } from '../errors.ts'
import type { StateStore, StoreSpec } from '../store.ts'
import { kindOf } from '../store-kind.ts'
import type { Position } from './position.ts'

/** One store of one local task, as of its last commit. */
export interface LocalStorePart {
  readonly partition: number
  readonly taskId: string
  readonly store: StateStore
  /** A standby is behind its active task; what it tells is stale. */
  readonly role: 'active' | 'standby'
  /** What the store reflects of the task's inputs, now. */
  position(): Position
  /** Of a standby: records of the changelog that it is known to be behind; undefined where it does not know. */
  offsetLag?(): number | undefined
}

/** Which parts are asked for. */
export interface LocalStoreOptions {
  /** Standbys as well. Default false. */
  readonly standbys?: boolean
}

/** Asked at each call: tasks come and go. */
export type LocalParts = () => readonly Pick<LocalStorePart, 'store'>[]

/** The stores of all parts, which must be of one kind. @throws {StreamsError} STREAMS_STORE_KIND */
export function storesOfKind(parts: LocalParts, wanted: StoreSpec['kind']): readonly StateStore[] {
  return parts().map(({ store }) => {
    const kind = kindOf(store)
    if (kind === wanted) return store
    throw new StreamsError(
      'STREAMS_STORE_KIND',
      `this is a ${kind} store, not a ${wanted} store`,
      { store: store.name },
      'Ask for it by the method of its kind.',
    )
  })
}

/** The first that is there: a key lies in one partition only. */
export function firstFound<S, V>(stores: readonly S[], find: (store: S) => V | undefined) {
  for (const store of stores) {
    const value = find(store)
    if (value !== undefined) return value
  }
  return undefined
}
