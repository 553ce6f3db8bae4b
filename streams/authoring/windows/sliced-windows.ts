import type { Header } from '../../log/log.ts'
import type { Serde } from '../../serde.ts'
import type { TimestampedWindowStore, ValueAndTimestamp, WindowedKey } from '../../store.ts'
import type { TableView } from '../table/table-node.ts'
import type { Merger } from './session-fold.ts'
import type { ClosedWindows } from './window-closing.ts'
import type { WindowedContext } from './window-updates.ts'

/** How windows are made of slices: one slice an advance, and so many of them as the size has advances. */
export interface Slicing<K, A> {
  readonly sizeMs: number
  readonly advanceMs: number
  readonly merger: Merger<K, A>
  readonly keySerde: Serde<K>
}

interface Row<K, A> {
  readonly startMs: number
  /** The key's bytes, a character each. */
  readonly id: string
  readonly key: K
  readonly row: ValueAndTimestamp<A>
}

/** Closed windows put together from slices of all keys: by start, then key. */
export function closedWindowsOfSlices<K, A>(
  context: WindowedContext<K, A>,
  store: TimestampedWindowStore<K, A>,
  slicing: Slicing<K, A>,
): ClosedWindows {
  const { sizeMs, advanceMs } = slicing
  const emit = (afterMs: number, upToMs: number, headers: readonly Header[]): number => {
    const lastMs = Math.floor((upToMs - sizeMs) / advanceMs) * advanceMs
    if (lastMs < 0) return sizeMs
    const firstMs = Math.ceil(Math.max(0, afterMs - sizeMs + 1) / advanceMs) * advanceMs
    const slices = readSlices(store, slicing, firstMs, lastMs + sizeMs - advanceMs)
    let startMs = firstMs
    for (let from = 0; from < slices.length && startMs <= lastMs; startMs += advanceMs) {
      while (from < slices.length && (slices[from]?.startMs ?? 0) < startMs) from += 1
      const nextMs = slices[from]?.startMs
      if (nextMs === undefined) break
      // Windows without a record do not exist.
      if (nextMs >= startMs + sizeMs) startMs = nextMs - sizeMs + advanceMs
      if (startMs > lastMs) break
      forwardWindow(context, mergedRows(slices, from, startMs + sizeMs, slicing), {
        startMs,
        endMs: startMs + sizeMs,
        headers,
      })
    }
    return lastMs + advanceMs + sizeMs
  }
  return { emit }
}

/** A window as those who look a row up see it. */
export function viewOfSlices<K, A>(
  store: TimestampedWindowStore<K, A>,
  { sizeMs, advanceMs, merger }: Slicing<K, A>,
): TableView<WindowedKey<K>, A> {
  return {
    get: ({ key, startMs }) => {
      let merged: ValueAndTimestamp<A> | undefined
      for (const [, row] of store.fetchRange(key, startMs, startMs + sizeMs - advanceMs)) {
        merged = mergedRow(key, merged, row, merger)
      }
      return merged
    },
  }
}

function readSlices<K, A>(
  store: TimestampedWindowStore<K, A>,
  { keySerde }: Slicing<K, A>,
  fromMs: number,
  toMs: number,
): readonly Row<K, A>[] {
  const rows: Row<K, A>[] = []
  for (const [{ key, startMs }, row] of store.fetchAllByTime(fromMs, toMs)) {
    const bytes = keySerde.serialize(store.name, key)
    const id = Buffer.prototype.latin1Slice.call(bytes, 0, bytes.length)
    rows.push({ startMs, id, key, row })
  }
  return rows
}

interface Merged<K, A> {
  readonly key: K
  row: ValueAndTimestamp<A> | undefined
}

function mergedRows<K, A>(
  slices: readonly Row<K, A>[],
  from: number,
  endMs: number,
  { merger }: Slicing<K, A>,
): Map<string, Merged<K, A>> {
  const merged = new Map<string, Merged<K, A>>()
  for (let at = from; at < slices.length; at += 1) {
    const slice = slices[at]
    if (slice === undefined || slice.startMs >= endMs) break
    const known = merged.get(slice.id)
    if (known === undefined) merged.set(slice.id, { key: slice.key, row: slice.row })
    else known.row = mergedRow(slice.key, known.row, slice.row, merger)
  }
  return merged
}

function mergedRow<K, A>(
  key: K,
  left: ValueAndTimestamp<A> | undefined,
  right: ValueAndTimestamp<A>,
  merger: Merger<K, A>,
): ValueAndTimestamp<A> | undefined {
  if (left === undefined) return right
  const value = merger(key, left.value, right.value)
  const timestampMs = Math.max(left.timestampMs, right.timestampMs)
  return value === undefined ? undefined : { value, timestampMs }
}

function forwardWindow<K, A>(
  context: WindowedContext<K, A>,
  rows: ReadonlyMap<string, Merged<K, A>>,
  window: {
    readonly startMs: number
    readonly endMs: number
    readonly headers: readonly Header[]
  },
): void {
  const { startMs, endMs, headers } = window
  for (const id of [...rows.keys()].sort()) {
    const found = rows.get(id)
    if (found?.row === undefined) continue
    const { value, timestampMs } = found.row
    const change = { newValue: value, oldValue: undefined, isLatest: true }
    context.forward({
      key: { key: found.key, startMs, endMs },
      value: change,
      timestampMs,
      headers,
    })
  }
}
