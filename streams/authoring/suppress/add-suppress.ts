import { StreamsError } from '../../errors.ts'
import type { Serde } from '../../serde.ts'
import { bytesSerde } from '../../serdes.ts'
import type { KeyValueStore } from '../../store.ts'
import type { Scope } from '../scope.ts'
import { type AnySerdes, asSerde } from '../serdes-known.ts'
import { keyValueStore } from '../stores.ts'
import type { TableNode, TableViewSupplier } from '../table/table-node.ts'
import { heldIn } from './suppress-buffer.ts'
import { SuppressProcessor } from './suppress-processor.ts'
import type { Suppressed } from './suppressed.ts'

/** Time of a value that was let through before; its own is not kept. */
const UNKNOWN_TIME_MS = -1

/** Adds the node and its buffer, named as Kafka Streams names them. */
export function addSuppress<K, V>(
  scope: Scope,
  table: TableNode<K, V>,
  suppressed: Suppressed<K>,
  given: AnySerdes<K, V>,
): TableNode<K, V> {
  const serdes = serdesOf(table, given)
  const { keySerde, valueSerde } = serdes
  const name = scope.names.node(suppressed.as, 'KTABLE-SUPPRESS-')
  const holdMs =
    suppressed.until === 'window-closes' ? closeMsOf(name, table) : suppressed.timeLimitMs
  if (table.isVersioned === true) throw versionedTable(name)
  const storeName = scope.names.store(
    suppressed.as === undefined ? undefined : `${suppressed.as}-store`,
    'KTABLE-SUPPRESS-',
  )
  const store = keyValueStore({
    name: storeName,
    keySerde: bytesSerde,
    valueSerde: bytesSerde,
    logged: suppressed.logged ?? true,
  })
  // Those below are told what was let through before.
  table.enableSendingOldValues(true)
  const plan = { suppressed, holdMs, store, keySerde, valueSerde }
  scope.builder.addProcessor(name, () => new SuppressProcessor(plan), [table.name], [store])
  return {
    name,
    keySerde,
    valueSerde,
    sources: table.sources,
    storeName: undefined,
    windowCloseMs: table.windowCloseMs,
    sendsOldValues: () => table.sendsOldValues(),
    enableSendingOldValues: (force) => table.enableSendingOldValues(force),
    views: () => suppressedView(table.views(), storeName, serdes),
  }
}

/** A table's rows as those below know them: of what is held, the value before. */
function suppressedView<K, V>(
  above: TableViewSupplier<K, V>,
  storeName: string,
  { keySerde, valueSerde }: { readonly keySerde: Serde<K>; readonly valueSerde: Serde<V> },
): TableViewSupplier<K, V> {
  return {
    stores: [storeName, ...above.stores],
    isVersioned: false,
    view: (context) => {
      const rows = above.view(context)
      const store = context.getStateStore<KeyValueStore<Uint8Array, Uint8Array>>(storeName)
      return {
        get: (key) => {
          const found = heldIn(store, keySerde.serialize(storeName, key))
          if (found === undefined) return rows.get(key)
          const { prior } = found
          if (prior === null) return undefined
          return {
            value: valueSerde.deserialize(storeName, prior),
            timestampMs: UNKNOWN_TIME_MS,
          }
        },
      }
    },
  }
}

function serdesOf<K, V>(table: TableNode<K, V>, given: AnySerdes<K, V>) {
  const keySerde = asSerde(given.keySerde) ?? table.keySerde
  const valueSerde = asSerde(given.valueSerde) ?? table.valueSerde
  if (keySerde !== undefined && valueSerde !== undefined) return { keySerde, valueSerde }
  throw new StreamsError(
    'TOPOLOGY_STORE_WITHOUT_SERDE',
    `the ${keySerde === undefined ? 'key' : 'value'} serde of what is held back is not known`,
    { node: table.name },
    'Give it: suppress(suppressed, { keySerde, valueSerde }); operators that change a type forget its serde.',
  )
}

function closeMsOf<K, V>(name: string, table: TableNode<K, V>): number {
  if (table.windowCloseMs !== undefined) return table.windowCloseMs
  throw new StreamsError(
    'TOPOLOGY_NOT_WINDOWED',
    'windows close in windowed tables only',
    { node: name },
    'Suppress what windowedBy(...) made, or use Suppressed.untilTimeLimit.',
  )
}

function versionedTable(name: string): StreamsError {
  return new StreamsError(
    'TOPOLOGY_VERSIONED_TABLE',
    'a versioned table cannot be suppressed',
    { node: name },
    'Suppress a table without historyRetentionMs.',
  )
}
