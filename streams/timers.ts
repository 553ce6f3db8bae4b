/** Waiting, injected as the clock is: a simulation decides itself what happens next. */
export interface Timers {
  /** Calls back once, after `delayMs`. @returns what calls it off */
  after(delayMs: number, callback: () => void): () => void
  /** Resolves when other work of the process has had a turn. */
  turn(): Promise<void>
}

const LONGEST_MS = 0x7fffffff

export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), LONGEST_MS))
    return () => clearTimeout(timer)
  },
  turn: () => new Promise((resolve) => setImmediate(resolve)),
}
