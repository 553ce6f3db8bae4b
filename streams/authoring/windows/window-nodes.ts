import type { Change } from '../../change.ts'
import { StreamsError } from '../../errors.ts'
import type { ProcessorSupplier } from '../../processor.ts'
import type { Serde } from '../../serde.ts'
import type { StoreSpec, TimestampedWindowStore, WindowedKey } from '../../store.ts'
import type { Fold } from '../aggregate/fold.ts'
import type { TableViewSupplier } from '../table/table-node.ts'
import { LastStored } from './last-stored.ts'
import { sessionAggregate } from './session-aggregate.ts'
import type { Merger, SessionFold } from './session-fold.ts'
import { viewOfSlices } from './sliced-windows.ts'
import { slidingAggregate } from './sliding-aggregate.ts'
import { type WindowGrid, windowAggregate } from './window-aggregate.ts'
import {
  fixedWindowStore,
  sessionWindowStore,
  slidingWindowStore,
  type WindowedStoreOptions,
} from './window-stores.ts'
import type { UpdatesPlan } from './window-updates.ts'
import { NO_END_MS, sessionWindowedSerde, timeWindowedSerde } from './windowed-serdes.ts'
import { type OldValues, sessionStoreViews, windowStoreViews } from './windowed-table.ts'
import type { SessionWindows, SlidingWindows, TimeWindows, UnlimitedWindows } from './windows.ts'

/** Windows that are known before the records: all but sessions. */
export type FixedWindows = TimeWindows | SlidingWindows | UnlimitedWindows

/** What a windowed aggregate is made of, before it has a place in the graph: a store, and a processor for each group that adds to it. */
export interface WindowedParts<K, V, A, F extends Fold<K, V, A>> {
  readonly store: StoreSpec<K>
  readonly updates: UpdatesPlan<K>
  /** How long after its end a window still takes records. */
  readonly windowCloseMs: number
  readonly views: TableViewSupplier<WindowedKey<K>, A>
  supplier(fold: F): ProcessorSupplier<K | undefined, V, WindowedKey<K>, Change<A>>
}

export interface WindowedPartsOptions<K, A> extends WindowedStoreOptions<K, A> {
  readonly oldValues: OldValues
  /** Several groups share the table. */
  readonly isPart: boolean
}

/** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
export function fixedWindowParts<K, V, A>(
  windows: FixedWindows,
  options: WindowedPartsOptions<K, A>,
  slices?: Merger<K, A> | undefined,
): WindowedParts<K, V, A, Fold<K, V, A>> {
  if (slices !== undefined) return slicedParts(windows, options, slices)
  if (windows.kind === 'sliding') return slidingParts(windows, options)
  const grid = gridOf(windows)
  const lastStored = new LastStored(options.valueSerde)
  const store = { ...fixedWindowStore(options, grid), valueSerde: lastStored.serde }
  const updates = updatesPlan(options, timeWindowedSerde(options.keySerde, grid.sizeMs))
  return {
    store,
    updates,
    windowCloseMs: grid.graceMs,
    views: windowStoreViews(store),
    supplier: (fold) => windowAggregate({ ...updates, store, grid, fold, lastStored }),
  }
}

function slicedParts<K, V, A>(
  windows: FixedWindows,
  options: WindowedPartsOptions<K, A>,
  merger: Merger<K, A>,
): WindowedParts<K, V, A, Fold<K, V, A>> {
  if (
    windows.kind !== 'time' ||
    windows.sizeMs % windows.advanceMs !== 0 ||
    options.emit.kind !== 'window-close'
  ) {
    throw new StreamsError(
      'TOPOLOGY_INVALID_WINDOW',
      'these windows cannot be put together from slices',
      { store: options.name },
      'Slices are for hopping windows whose size is a multiple of their advance, emitted on window close.',
    )
  }
  const { sizeMs, advanceMs, graceMs } = windows
  const store = { ...fixedWindowStore(options, windows), windowSizeMs: advanceMs }
  const updates = updatesPlan(options, timeWindowedSerde(options.keySerde, sizeMs))
  const slicing = { sizeMs, advanceMs, merger, keySerde: options.keySerde }
  const keptMs = graceMs + sizeMs - advanceMs
  const grid = { firstStartMs: 0, sizeMs: advanceMs, advanceMs, graceMs: keptMs }
  return {
    store,
    updates,
    windowCloseMs: graceMs,
    views: {
      stores: [store.name],
      isVersioned: false,
      view: (context) =>
        viewOfSlices(context.getStateStore<TimestampedWindowStore<K, A>>(store.name), slicing),
    },
    supplier: (fold) => windowAggregate({ ...updates, store, grid, fold, slicing }),
  }
}

function slidingParts<K, V, A>(
  windows: SlidingWindows,
  options: WindowedPartsOptions<K, A>,
): WindowedParts<K, V, A, Fold<K, V, A>> {
  const store = slidingWindowStore(options, windows)
  const updates = updatesPlan(
    options,
    timeWindowedSerde(options.keySerde, windows.timeDifferenceMs),
  )
  return {
    store,
    updates,
    windowCloseMs: windows.graceMs,
    views: windowStoreViews(store),
    supplier: (fold) => slidingAggregate({ ...updates, store, windows, fold }),
  }
}

/** @throws {StreamsError} TOPOLOGY_INVALID_WINDOW */
export function sessionParts<K, V, A>(
  windows: SessionWindows,
  options: WindowedPartsOptions<K, A>,
): WindowedParts<K, V, A, SessionFold<K, V, A>> {
  const { spec: store, retentionMs } = sessionWindowStore(options, windows)
  const updates = updatesPlan(options, sessionWindowedSerde(options.keySerde))
  return {
    store,
    updates,
    windowCloseMs: windows.gapMs + windows.graceMs,
    views: sessionStoreViews(store),
    supplier: (fold) => sessionAggregate({ ...updates, store, windows, retentionMs, fold }),
  }
}

function updatesPlan<K, A>(
  { name: storeName, emit, materialized, oldValues, isPart }: WindowedPartsOptions<K, A>,
  windowedKeySerde: Serde<WindowedKey<K>>,
): UpdatesPlan<K> {
  const sendsOldValues = () => oldValues.isSent
  const { caching } = materialized
  return { storeName, windowedKeySerde, emit, caching, sendsOldValues, isPart }
}

function gridOf(windows: TimeWindows | UnlimitedWindows): WindowGrid {
  if (windows.kind === 'time') {
    const { sizeMs, advanceMs, graceMs } = windows
    return { firstStartMs: 0, sizeMs, advanceMs, graceMs }
  }
  const { startMs } = windows
  const advanceMs = Number.POSITIVE_INFINITY
  return { firstStartMs: startMs, sizeMs: NO_END_MS - startMs, advanceMs, graceMs: 0 }
}
