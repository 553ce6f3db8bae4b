/** Wakes one waiting reader. A notification that comes while nobody waits ends the next wait at once. */
export class Signal {
  #notified = false
  #wake: (() => void) | undefined

  notify(): void {
    this.#notified = true
    this.#wake?.()
  }

  /** Forgets earlier notifications: call it before looking for what one waits for. */
  reset(): void {
    this.#notified = false
  }

  /** Resolves at a notification, or after `waitMs`. */
  wait(waitMs: number): Promise<void> {
    if (this.#notified) return Promise.resolve()
    return new Promise((resolve) => {
      // Timers take whole milliseconds and cut off the rest: woken too early, a reader would only wait once more.
      const timer = setTimeout(() => this.#wake?.(), Math.min(Math.ceil(waitMs), 0x7fffffff))
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}

/** Lets timers and sockets have a turn between calls that never really wait. */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
