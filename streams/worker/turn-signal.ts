import type { Timers } from '../timers.ts'

/** Lets one loop sleep until something happens or time is over. Raised before it sleeps, it does not sleep at all. */
export class TurnSignal {
  readonly #timers: Timers
  #raised = false
  #wake: (() => void) | undefined

  constructor(timers: Timers) {
    this.#timers = timers
  }

  raise(): void {
    this.#raised = true
    this.#wake?.()
  }

  async wait(waitMs: number): Promise<void> {
    if (!this.#raised) {
      await new Promise<void>((resolve) => {
        const cancel = this.#timers.after(waitMs, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
      this.#wake = undefined
    }
    this.#raised = false
  }
}
