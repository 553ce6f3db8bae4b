/** Waits that grow, with an end that can be called early. */
export class Backoff {
  readonly #firstMs: number
  readonly #longestMs: number
  #nextMs: number
  #end: (() => void) | undefined
  #ended = false

  constructor(options: { readonly firstMs: number; readonly longestMs: number }) {
    this.#firstMs = options.firstMs
    this.#longestMs = options.longestMs
    this.#nextMs = options.firstMs
  }

  async wait(): Promise<void> {
    if (this.#ended) return
    const waitMs = this.#nextMs
    this.#nextMs = Math.min(this.#longestMs, waitMs * 2)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      this.#end = () => {
        clearTimeout(timer)
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
