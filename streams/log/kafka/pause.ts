/** Sleeps that can all be ended at once, when their owner closes. */
export class Pause {
  readonly #wakers = new Set<() => void>()
  #ended = false

  sleep(ms: number): Promise<void> {
    if (this.#ended) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#wakers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#wakers.add(wake)
    })
  }

  /** Ends the sleeps under way; later ones are not affected. */
  wake(): void {
    for (const wake of [...this.#wakers]) wake()
  }

  end(): void {
    this.#ended = true
    this.wake()
  }
}
