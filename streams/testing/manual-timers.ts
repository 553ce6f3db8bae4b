import type { ManualClock } from './manual-clock.ts'

interface Waiting {
  readonly dueMs: number
  readonly callback: () => void
}

/** Timers by a clock that moves only when it is told to. */
export class ManualTimers {
  readonly #clock: ManualClock
  #waiting: Waiting[] = []

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  after(delayMs: number, callback: () => void): () => void {
    const waiting = { dueMs: this.#clock.monotonicMs() + delayMs, callback }
    this.#waiting.push(waiting)
    return () => {
      this.#waiting = this.#waiting.filter((one) => one !== waiting)
    }
  }

  /** Calls back what is due; what that starts waits for the next time. */
  runDue(): void {
    const nowMs = this.#clock.monotonicMs()
    const due = this.#waiting.filter(({ dueMs }) => dueMs <= nowMs)
    this.#waiting = this.#waiting.filter(({ dueMs }) => dueMs > nowMs)
    for (const { callback } of due) callback()
  }
}
