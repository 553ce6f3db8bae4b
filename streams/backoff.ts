import { systemTimers, type Timers } from './timers.ts'

/** Waits that grow, with an end that can be called early. */
export class Backoff {
  readonly #firstMs: number
  readonly #longestMs: number
  readonly #timers: Timers
  #nextMs: number
  #end: (() => void) | undefined
  #ended = false

  constructor(options: {
    readonly firstMs: number
    readonly longestMs: number
    readonly timers?: Timers
  }) {
    this.#firstMs = options.firstMs
    this.#longestMs = options.longestMs
    this.#nextMs = options.firstMs
    this.#timers = options.timers ?? systemTimers
  }

  async wait(): Promise<void> {
    if (this.#ended) return
    const waitMs = this.#nextMs
    this.#nextMs = Math.min(this.#longestMs, waitMs * 2)
    await new Promise<void>((resolve) => {
      const cancel = this.#timers.after(waitMs, resolve)
      this.#end = () => {
        cancel()
        resolve()
      }
    })
    this.#end = undefined
  }

  reset(): void {
    this.#nextMs = this.#firstMs
  }

  /** Ends the wait that is under way, and all later ones at once. */
  end(): void {
    this.#ended = true
    this.#end?.()
  }
}
