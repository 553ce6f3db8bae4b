import type { Serde } from '../../serde.ts'
import type {
  SessionStore,
  SessionStoreSpec,
  TimestampedWindowStore,
  ValueAndTimestamp,
  WindowedKey,
  WindowStoreSpec,
} from '../../store.ts'
import type { TableNode, TableViewSupplier } from '../table/table-node.ts'
import type { UpdatesPlan } from './window-updates.ts'

/** Whether a table's changes carry old values: asked for while the graph grows, read when a task starts. */
export class OldValues {
  isSent = false
}

export interface WindowedTableOptions<K, A> {
  readonly name: string
  readonly sources: readonly string[]
  /** Where the author named it. */
  readonly storeName: string | undefined
  readonly parts: {
    readonly updates: UpdatesPlan<K>
    readonly windowCloseMs: number
    readonly views: TableViewSupplier<WindowedKey<K>, A>
  }
  readonly made: { readonly valueSerde: Serde<A>; readonly oldValues: OldValues }
}

/** The table of a windowed aggregate, always with a store. */
export function windowedTableNode<K, A>(
  options: WindowedTableOptions<K, A>,
): TableNode<WindowedKey<K>, A> {
  const { name, sources, storeName, parts, made } = options
  return {
    name,
    keySerde: parts.updates.windowedKeySerde,
    valueSerde: made.valueSerde,
    sources,
    storeName,
    windowCloseMs: parts.windowCloseMs,
    sendsOldValues: () => made.oldValues.isSent,
    enableSendingOldValues: () => {
      made.oldValues.isSent = true
      return true
    },
    views: () => parts.views,
  }
}

export function windowStoreViews<K, A>(
  spec: WindowStoreSpec<K, ValueAndTimestamp<A>>,
): TableViewSupplier<WindowedKey<K>, A> {
  return {
    stores: [spec.name],
    isVersioned: false,
    view: (context) => {
      const store = context.getStateStore<TimestampedWindowStore<K, A>>(spec.name)
      return { get: ({ key, startMs }) => store.fetch(key, startMs) }
    },
  }
}

export function sessionStoreViews<K, A>(
  spec: SessionStoreSpec<K, A>,
): TableViewSupplier<WindowedKey<K>, A> {
  return {
    stores: [spec.name],
    isVersioned: false,
    view: (context) => {
      const store = context.getStateStore<SessionStore<K, A>>(spec.name)
      return {
        get: ({ key, startMs, endMs }) => {
          const value = store.fetchSession(key, startMs, endMs)
          return value === undefined ? undefined : { value, timestampMs: endMs }
        },
      }
    },
  }
}
