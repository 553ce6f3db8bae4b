import type { ProcessorContext } from '../../processor.ts'
import type { ValueAndTimestamp, VersionedRecord } from '../../store.ts'
import type { TableView, TableViewSupplier } from './table-node.ts'

/** Makes the value of one table out of that of another, row by row. */
export type Derive<K, V, V2> = (key: K, value: V | undefined) => V2 | undefined

/** How each node that derives rows gets at its function: a transformer is made anew for each. */
export interface Derivation<K, V, V2> {
  /** Stores that the function itself uses. */
  readonly stores: readonly string[]
  open(context: Pick<ProcessorContext<never, never>, 'getStateStore'>): Derive<K, V, V2>
  /** Rows that neither were nor are there are not told of, where that is known. */
  readonly dropsAbsent: boolean
}

export function pureDerivation<K, V, V2>(
  present: (key: K, value: V) => V2 | undefined,
  options: { readonly dropsAbsent: boolean },
): Derivation<K, V, V2> {
  const derive: Derive<K, V, V2> = (key, value) =>
    value === undefined ? undefined : present(key, value)
  return { stores: [], open: () => derive, dropsAbsent: options.dropsAbsent }
}

/** Reads a derived table that has no store: its rows are derived from those of the table above. */
export function derivedViews<K, V, V2>(
  above: TableViewSupplier<K, V>,
  derivation: Derivation<K, V, V2>,
): TableViewSupplier<K, V2> {
  return {
    stores: [...above.stores, ...derivation.stores],
    isVersioned: above.isVersioned,
    historyRetentionMs: above.historyRetentionMs,
    view: (context) => derivedView(above.view(context), derivation.open(context)),
  }
}

function derivedView<K, V, V2>(above: TableView<K, V>, derive: Derive<K, V, V2>): TableView<K, V2> {
  const view: TableView<K, V2> = {
    get(key) {
      const row = above.get(key)
      return withValue(row, derive(key, row?.value))
    },
  }
  if (above.getAsOf === undefined) return view
  return {
    ...view,
    getAsOf(key, asOfMs) {
      const row = above.getAsOf?.(key, asOfMs)
      return withValue(row, derive(key, row?.value))
    },
  }
}

/** A value that was made out of nothing has no time of its own. */
const UNKNOWN_TIME_MS = -1

function withValue<V2>(
  row: VersionedRecord<unknown> | undefined,
  value: V2 | undefined,
): VersionedRecord<V2> | undefined
function withValue<V2>(
  row: ValueAndTimestamp<unknown> | undefined,
  value: V2 | undefined,
): ValueAndTimestamp<V2> | undefined
function withValue<V2>(
  row: ValueAndTimestamp<unknown> | undefined,
  value: V2 | undefined,
): ValueAndTimestamp<V2> | undefined {
  if (value === undefined) return undefined
  return row === undefined ? { value, timestampMs: UNKNOWN_TIME_MS } : { ...row, value }
}
