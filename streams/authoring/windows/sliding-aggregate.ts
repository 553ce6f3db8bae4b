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
import { WindowClosing } from './window-closing.ts'
import { closedWindowsOf } from './window-store-closing.ts'
import { type UpdatesPlan, type WindowedContext, WindowUpdates } from './window-updates.ts'
import type { SlidingWindows } from './windows.ts'

export interface SlidingAggregatePlan<K, V, A> extends UpdatesPlan<K> {
  readonly store: WindowStoreSpec<K, ValueAndTimestamp<A>>
  readonly windows: SlidingWindows
  readonly fold: Fold<K, V, A>
}

/**
 * Every distinct set of records that are at most the time difference apart is one window. A window exists where a record ends it (its left
 * window), and where one begins just after a record (its right window), as far as there are records in it. Windows do not begin before the epoch:
 * earlier ones are one window from 0 on.
 */
export function slidingAggregate<K, V, A>(
  plan: SlidingAggregatePlan<K, V, A>,
): ProcessorSupplier<K | undefined, V | undefined, WindowedKey<K>, Change<A>> {
  return () => new SlidingAggregate(plan)
}

interface TaskParts<K, A> {
  readonly context: WindowedContext<K, A>
  readonly store: TimestampedWindowStore<K, A>
  readonly time: ObservedTime
  readonly updates: WindowUpdates<K, A>
  readonly closing: WindowClosing | undefined
}

interface KeyedRecord<K, V> extends StreamRecord<unknown, unknown> {
  readonly key: K
  readonly value: V
}

type Stored<A> = ValueAndTimestamp<A>

class SlidingAggregate<K, V, A>
  implements Processor<K | undefined, V | undefined, WindowedKey<K>, Change<A>>
{
  readonly #plan: SlidingAggregatePlan<K, V, A>
  #task: TaskParts<K, A> | undefined
  /** The record is in some window. */
  #isTaken = false

  constructor(plan: SlidingAggregatePlan<K, V, A>) {
    this.#plan = plan
  }

  init(context: ProcessorContext<WindowedKey<K>, Change<A>>): void {
    const { emit: strategy, windows, store: spec } = this.#plan
    const store = context.getStateStore<TimestampedWindowStore<K, A>>(spec.name)
    const time = context.observedTime(context.nodeName)
    const closing =
      strategy.kind === 'window-close'
        ? new WindowClosing(
            context,
            { strategy, closeAfterMs: windows.graceMs },
            // The end of a sliding window is in it.
            closedWindowsOf(context, store, windows.timeDifferenceMs + 1),
            time,
          )
        : undefined
    const updates = new WindowUpdates<K, A>(context, this.#plan)
    this.#task = { context, store, time, updates, closing }
  }

  process(record: StreamRecord<K | undefined, V | undefined>): void {
    const task = this.#task
    if (task === undefined) return
    const { key, value, timestampMs, headers } = record
    const isWhole = key !== undefined && value !== undefined
    const advanced = isWhole && task.time.advance(timestampMs)
    task.closing?.heard()
    if (!isWhole) {
      task.context.drop(key === undefined ? 'null-key' : 'null-value')
      return
    }
    if (advanced) task.closing?.closeDue(headers)
    const { timeDifferenceMs, graceMs } = this.#plan.windows
    if (timestampMs + timeDifferenceMs < task.time.ms - graceMs) {
      task.context.drop('late')
      return
    }
    const keyed = { key, value, timestampMs, headers }
    this.#isTaken = false
    if (timestampMs < timeDifferenceMs) this.#aggregateEarly(task, keyed)
    else this.#aggregate(task, keyed)
    if (!this.#isTaken) task.context.drop('late')
  }

  /** From the latest window back: those that hold the record, then the last one before it. */
  #aggregate(task: TaskParts<K, A>, record: KeyedRecord<K, V>): void {
    const { timestampMs: atMs } = record
    const { timeDifferenceMs } = this.#plan.windows
    const starts = new Set<number>()
    let right: Stored<A> | undefined
    let left: Stored<A> | undefined
    let hasLeft = false
    let previousMs: number | undefined
    const fromMs = Math.max(0, atMs - 2 * timeDifferenceMs)
    for (const [window, stored] of task.store.backwardFetchRange(record.key, fromMs, atMs + 1)) {
      const { startMs } = window
      const endMs = startMs + timeDifferenceMs
      starts.add(startMs)
      if (startMs === atMs + 1) continue
      if (endMs < atMs) {
        left = stored
        previousMs = stored.timestampMs
        break
      }
      this.#update(task, record, startMs, stored)
      if (endMs > atMs) {
        right ??= stored
        continue
      }
      // Where the left window ends with an equal record, nothing new begins or ends here.
      if (stored.timestampMs >= atMs) return
      hasLeft = true
      previousMs = stored.timestampMs
    }
    if (previousMs !== undefined && this.#reaches(starts, previousMs + 1, atMs)) {
      this.#updateFrom(task, record, previousMs + 1)
    }
    if (!hasLeft) {
      const startMs = atMs - timeDifferenceMs
      const isShared = left !== undefined && previousMs !== undefined && startMs <= previousMs
      if (isShared && left !== undefined) {
        this.#update(task, record, startMs, { value: left.value, timestampMs: atMs })
      } else this.#updateFrom(task, record, startMs)
    }
    if (!starts.has(atMs + 1)) this.#copyRight(task, record, right)
  }

  /** Records before the first whole window share one from 0 on. */
  #aggregateEarly(task: TaskParts<K, A>, record: KeyedRecord<K, V>): void {
    const { timestampMs: atMs } = record
    const starts = new Set<number>()
    let first: Stored<A> | undefined
    let right: Stored<A> | undefined
    let previousMs: number | undefined
    for (const [window, stored] of [...task.store.fetchRange(record.key, 0, atMs + 1)]) {
      const { startMs } = window
      starts.add(startMs)
      if (startMs === 0) {
        first = stored
        if (stored.timestampMs < atMs) previousMs = stored.timestampMs
      } else if (startMs <= atMs) {
        right = stored
        this.#update(task, record, startMs, stored)
      }
    }
    // The shared window's later records are all after this one: otherwise a window to the right of an earlier one would have been found.
    if (right === undefined && first !== undefined && first.timestampMs > atMs) right = first
    if (!starts.has(atMs + 1)) this.#copyRight(task, record, right)
    if (previousMs !== undefined && !starts.has(previousMs + 1)) {
      this.#updateFrom(task, record, previousMs + 1)
    }
    if (first === undefined) this.#updateFrom(task, record, 0)
    else this.#update(task, record, 0, first)
  }

  #reaches(starts: ReadonlySet<number>, startMs: number, atMs: number): boolean {
    return !starts.has(startMs) && startMs + this.#plan.windows.timeDifferenceMs >= atMs
  }

  /** A new window with the record alone. */
  #updateFrom(task: TaskParts<K, A>, record: KeyedRecord<K, V>, startMs: number): void {
    const initial = this.#plan.fold.initial?.()
    const begun =
      initial === undefined ? undefined : { value: initial, timestampMs: record.timestampMs }
    this.#update(task, record, startMs, begun)
  }

  #update(
    task: TaskParts<K, A>,
    record: KeyedRecord<K, V>,
    startMs: number,
    begun: Stored<A> | undefined,
  ): void {
    const { fold, windows } = this.#plan
    if (startMs + windows.timeDifferenceMs < task.time.ms - windows.graceMs) return
    this.#isTaken = true
    const value = fold.add(record.key, record.value, begun?.value)
    const timestampMs = Math.max(record.timestampMs, begun?.timestampMs ?? -1)
    const next = value === undefined ? undefined : { value, timestampMs }
    this.#put(task, record, startMs, { begun: begun?.value, next, timestampMs })
  }

  /** The window that begins just after the record, with what the record's own windows have after it. */
  #copyRight(task: TaskParts<K, A>, record: KeyedRecord<K, V>, right: Stored<A> | undefined): void {
    if (right === undefined || right.timestampMs <= record.timestampMs) return
    const startMs = record.timestampMs + 1
    const { timestampMs } = right
    this.#put(task, record, startMs, { begun: undefined, next: right, timestampMs })
  }

  #put(
    task: TaskParts<K, A>,
    record: KeyedRecord<K, V>,
    startMs: number,
    update: { begun: A | undefined; next: Stored<A> | undefined; timestampMs: number },
  ): void {
    const { key, headers } = record
    const { begun, next, timestampMs } = update
    const { timeDifferenceMs } = this.#plan.windows
    const { store, updates, closing } = task
    const oldValue = updates.isCaching ? store.fetch(key, startMs)?.value : begun
    store.put(key, next, startMs)
    closing?.opened(startMs + timeDifferenceMs + 1)
    if (updates.isSilent) return
    updates.send({
      key: { key, startMs, endMs: startMs + timeDifferenceMs },
      newValue: next?.value,
      oldValue,
      timestampMs,
      headers,
    })
  }
}
