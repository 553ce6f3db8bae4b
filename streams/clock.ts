/** Wall-clock time, injected everywhere so that a run can be repeated. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number
  /** Monotonic, for durations; milliseconds with a fraction. */
  monotonicMs(): number
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
