import type { Header } from '../../log/log.ts'
import type { TimestampedWindowStore } from '../../store.ts'
import type { ClosedWindows } from './window-closing.ts'
import type { WindowedContext } from './window-updates.ts'

/** How far ahead the next window to close is looked for, as a share of a window's length. */
const LOOK_AHEAD_SHARE = 1 / 16

/** Closed windows of one length, by start, then key. `lengthMs` is between a window's start and the first time that is not in it. */
export function closedWindowsOf<K, A>(
  context: WindowedContext<K, A>,
  store: TimestampedWindowStore<K, A>,
  lengthMs: number,
): ClosedWindows {
  const emit = (afterMs: number, upToMs: number, headers: readonly Header[]): number => {
    const lastStartMs = upToMs - lengthMs
    if (lastStartMs < 0) return lengthMs
    const windows = store.fetchAllByTime(Math.max(0, afterMs - lengthMs + 1), lastStartMs)
    for (const [key, { value, timestampMs }] of windows) {
      const change = { newValue: value, oldValue: undefined, isLatest: true }
      context.forward({ key, value: change, timestampMs, headers })
    }
    const aheadMs = lastStartMs + Math.ceil(lengthMs * LOOK_AHEAD_SHARE)
    const open = store.fetchAllByTime(lastStartMs + 1, aheadMs)
    const next = open.next()
    open.close()
    return (next.done === true ? aheadMs + 1 : next.value[0].startMs) + lengthMs
  }
  return { emit }
}
