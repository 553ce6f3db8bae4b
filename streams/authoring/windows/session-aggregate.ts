import type { Change } from '../../change.ts'
import type { Header } from '../../log/log.ts'
import type {
  ObservedTime,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '../../processor.ts'
import type { SessionStore, SessionStoreSpec, WindowedKey } from '../../store.ts'
import type { SessionFold } from './session-fold.ts'
import { type ClosedWindows, WindowClosing } from './window-closing.ts'
import { type UpdatesPlan, type WindowedContext, WindowUpdates } from './window-updates.ts'
import type { SessionWindows } from './windows.ts'

export interface SessionAggregatePlan<K, V, A> extends UpdatesPlan<K> {
  readonly store: SessionStoreSpec<K, A>
  readonly windows: SessionWindows
  /** Where closed sessions are read back, the store keeps 1 ms more: they close that much after they go out of sight. */
  readonly retentionMs: number
  readonly fold: SessionFold<K, V, A>
}

/** Merges a record with the sessions of its key that are at most the gap away, from the initial value on; the record's value is added last. */
export function sessionAggregate<K, V, A>(
  plan: SessionAggregatePlan<K, V, A>,
): ProcessorSupplier<K | undefined, V, WindowedKey<K>, Change<A>> {
  return () => new SessionAggregate(plan)
}

interface TaskParts<K, A> {
  readonly context: WindowedContext<K, A>
  readonly store: SessionStore<K, A>
  readonly time: ObservedTime
  readonly updates: WindowUpdates<K, A>
  readonly closing: WindowClosing | undefined
}

const NO_HEADERS: readonly Header[] = []

class SessionAggregate<K, V, A> implements Processor<K | undefined, V, WindowedKey<K>, Change<A>> {
  readonly #plan: SessionAggregatePlan<K, V, A>
  #task: TaskParts<K, A> | undefined

  constructor(plan: SessionAggregatePlan<K, V, A>) {
    this.#plan = plan
  }

  init(context: ProcessorContext<WindowedKey<K>, Change<A>>): void {
    const { emit: strategy, windows, store: spec } = this.#plan
    const store = context.getStateStore<SessionStore<K, A>>(spec.name)
    const time = context.observedTime(context.nodeName)
    const closing =
      strategy.kind === 'window-close'
        ? new WindowClosing(
            context,
            { strategy, closeAfterMs: windows.gapMs + windows.graceMs },
            closedSessionsOf(context, store, windows.gapMs),
            time,
          )
        : undefined
    const updates = new WindowUpdates<K, A>(context, this.#plan)
    this.#task = { context, store, time, updates, closing }
  }

  process(record: StreamRecord<K | undefined, V>): void {
    const task = this.#task
    if (task === undefined) return
    const { key } = record
    const isKeyed = key !== undefined
    const visibleAfterMs = task.time.ms - this.#plan.retentionMs
    const advanced = isKeyed && task.time.advance(record.timestampMs)
    task.closing?.heard()
    if (!isKeyed) {
      task.context.drop('null-key')
      return
    }
    if (advanced) task.closing?.closeDue(record.headers)
    this.#aggregate(task, key, record, visibleAfterMs)
  }

  #aggregate(
    task: TaskParts<K, A>,
    key: K,
    record: StreamRecord<unknown, V>,
    visibleAfterMs: number,
  ): void {
    const { fold, windows } = this.#plan
    const { gapMs, graceMs } = windows
    const { timestampMs } = record
    const earliestEndMs = Math.max(timestampMs - gapMs, visibleAfterMs + 1)
    const overlapped = [...task.store.findSessions(key, earliestEndMs, timestampMs + gapMs)]
    let startMs = timestampMs
    let endMs = timestampMs
    let aggregate = fold.initial?.()
    for (const [session, value] of overlapped) {
      aggregate = fold.merge(key, aggregate, value)
      startMs = Math.min(startMs, session.startMs)
      endMs = Math.max(endMs, session.endMs)
    }
    if (endMs < task.time.ms - gapMs - graceMs) {
      task.context.drop('late')
      return
    }
    // A session of this very moment is written over, and not replaced.
    if (startMs !== endMs) {
      for (const [session, value] of overlapped) {
        task.store.remove(session)
        this.#send(task, session, undefined, value)
      }
    }
    const newValue = fold.add(key, record.value, aggregate)
    const merged = { key, startMs, endMs }
    task.store.put(merged, newValue)
    task.closing?.opened(endMs + 1)
    const overwritten = startMs === endMs ? overlapped[0]?.[1] : undefined
    this.#send(task, merged, newValue, task.updates.isCaching ? overwritten : undefined)
  }

  #send(
    { updates }: TaskParts<K, A>,
    key: WindowedKey<K>,
    newValue: A | undefined,
    oldValue: A | undefined,
  ): void {
    if (updates.isSilent) return
    const timestampMs = key.endMs
    updates.send({ key, newValue, oldValue, timestampMs, headers: NO_HEADERS })
  }
}

/** Closed sessions by end, then key. A session closes 1 ms after its last record, gap and grace. */
function closedSessionsOf<K, A>(
  context: WindowedContext<K, A>,
  store: SessionStore<K, A>,
  gapMs: number,
): ClosedWindows {
  const lookAheadMs = Math.ceil(gapMs / 16)
  const emit = (afterMs: number, upToMs: number, headers: readonly Header[]): number => {
    for (const [key, value] of store.findSessionsByEnd(Math.max(0, afterMs), upToMs - 1)) {
      const change = { newValue: value, oldValue: undefined, isLatest: true }
      context.forward({ key, value: change, timestampMs: key.endMs, headers })
    }
    const aheadMs = upToMs + lookAheadMs
    const open = store.findSessionsByEnd(upToMs, aheadMs)
    const next = open.next()
    open.close()
    return (next.done === true ? aheadMs + 1 : next.value[0].endMs) + 1
  }
  return { emit }
}
