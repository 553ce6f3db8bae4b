import type { Change } from '../../change.ts'
import type {
  ObservedTime,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../processor.ts'
import type {
  TimestampedWindowStore,
  ValueAndTimestamp,
  WindowedKey,
  WindowStoreSpec,
} from '../../store.ts'
import type { Fold } from '../aggregate/fold.ts'
import type { LastStored } from './last-stored.ts'
import { closedWindowsOfSlices, type Slicing } from './sliced-windows.ts'
import { WindowClosing } from './window-closing.ts'
import { closedWindowsOf } from './window-store-closing.ts'
import { type UpdatesPlan, type WindowedContext, WindowUpdates } from './window-updates.ts'

/** Windows at multiples of `advanceMs`; of one that never ends, `advanceMs` is Infinity. */
export interface WindowGrid {
  readonly firstStartMs: number
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
}

export interface WindowAggregatePlan<K, V, A> extends UpdatesPlan<K> {
  readonly store: WindowStoreSpec<K, ValueAndTimestamp<A>>
  readonly grid: WindowGrid
  readonly fold: Fold<K, V, A>
  /** Of the store's serde. */
  readonly lastStored?: LastStored<A>
  /** The grid is one of slices, which closed windows are put together from. */
  readonly slicing?: Slicing<K, A> | undefined
}

/** Aggregates each record into every window that it falls into and that is still open. Records without a value count as others do, as in Kafka Streams. */
export function windowAggregate<K, V, A>(
  plan: WindowAggregatePlan<K, V, A>,
): ProcessorSupplier<K | undefined, V, WindowedKey<K>, Change<A>> {
  return () => new WindowAggregate(plan)
}

interface TaskParts<K, A> {
  readonly context: WindowedContext<K, A>
  readonly store: TimestampedWindowStore<K, A>
  readonly time: ObservedTime
  readonly updates: WindowUpdates<K, A>
  readonly closing: WindowClosing | undefined
}

class WindowAggregate<K, V, A> implements Processor<K | undefined, V, WindowedKey<K>, Change<A>> {
  readonly #plan: WindowAggregatePlan<K, V, A>
  #task: TaskParts<K, A> | undefined

  constructor(plan: WindowAggregatePlan<K, V, A>) {
    this.#plan = plan
  }

  init(context: ProcessorContext<WindowedKey<K>, Change<A>>): void {
    const { emit: strategy, grid, slicing, store: spec } = this.#plan
    // A slice takes records until the last window with it closes, which is so much later than the first one.
    const sharedMs = slicing === undefined ? 0 : slicing.sizeMs - slicing.advanceMs
    const store = context.getStateStore<TimestampedWindowStore<K, A>>(spec.name)
    const time = context.observedTime(context.nodeName)
    const closing =
      strategy.kind === 'window-close'
        ? new WindowClosing(
            context,
            { strategy, closeAfterMs: grid.graceMs - sharedMs },
            slicing === undefined
              ? closedWindowsOf(context, store, grid.sizeMs)
              : closedWindowsOfSlices(context, store, slicing),
            time,
          )
        : undefined
    const updates = new WindowUpdates<K, A>(context, this.#plan)
    this.#task = { context, store, time, updates, closing }
  }

  process(record: StreamRecord<K | undefined, V>): void {
    const task = this.#task
    if (task === undefined) return
    const { key, timestampMs } = record
    const isKeyed = key !== undefined
    const advanced = isKeyed && task.time.advance(timestampMs)
    task.closing?.heard()
    if (!isKeyed) {
      task.context.drop('null-key')
      return
    }
    if (advanced) task.closing?.closeDue(record.headers)
    const { firstStartMs, sizeMs, advanceMs, graceMs } = this.#plan.grid
    if (timestampMs < firstStartMs) {
      task.context.drop('before-window')
      return
    }
    const closedMs = task.time.ms - graceMs
    let isTaken = false
    for (
      let startMs = firstWindowStart(this.#plan.grid, timestampMs);
      startMs <= timestampMs;
      startMs += advanceMs
    ) {
      if (startMs + sizeMs <= closedMs) continue
      isTaken = true
      this.#aggregate(task, key, record, startMs)
    }
    if (!isTaken) task.context.drop('late')
  }

  #aggregate(
    task: TaskParts<K, A>,
    key: K,
    record: StreamRecord<unknown, V>,
    startMs: number,
  ): void {
    const { fold, grid } = this.#plan
    const lastStored = task.updates.handsOnBytes ? this.#plan.lastStored : undefined
    lastStored?.forget()
    const stored = task.store.fetch(key, startMs)
    const oldValue = stored === undefined ? fold.initial?.() : stored.value
    const timestampMs =
      stored === undefined || stored.timestampMs < record.timestampMs
        ? record.timestampMs
        : stored.timestampMs
    const newValue = fold.add(key, record.value, oldValue)
    const toStore = newValue === undefined ? undefined : { value: newValue, timestampMs }
    task.store.put(key, toStore, startMs)
    task.closing?.opened(startMs + grid.sizeMs)
    if (task.updates.isSilent) return
    task.updates.send({
      key: { key, startMs, endMs: startMs + grid.sizeMs },
      newValue,
      oldValue: task.updates.isCaching ? stored?.value : oldValue,
      timestampMs,
      headers: record.headers,
      encoded: lastStored?.encoded(stored, toStore),
    })
  }
}

/** Windows before the epoch do not exist. */
function firstWindowStart(grid: WindowGrid, timestampMs: number): number {
  const { firstStartMs, sizeMs, advanceMs } = grid
  if (advanceMs === Number.POSITIVE_INFINITY) return firstStartMs
  return Math.floor(Math.max(0, timestampMs - sizeMs + advanceMs) / advanceMs) * advanceMs
}
