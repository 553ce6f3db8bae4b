import { type Clock, systemClock } from '#streams'

/**
 * A wall clock for a paced feed, in microseconds' resolution: `nowMs` and `monotonicMs` are the same. The first `monotonicMs`, from which the
 * feed counts, answers `firstDueMs`, so that every message is due exactly at its own event time. Latency from event time then counts from
 * when a tick should have been sent, however late it was: nothing is left out while the system stalls (no coordinated omission).
 */
export function alignedClock(firstDueMs: number): Clock {
  let asked = false
  return {
    nowMs: systemClock.nowMs,
    monotonicMs: () => {
      if (asked) return wallMs()
      asked = true
      return firstDueMs
    },
  }
}

/** Ms since the epoch with a fraction. */
export function wallMs(): number {
  return performance.timeOrigin + performance.now()
}
