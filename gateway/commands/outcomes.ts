/**
 * What came of commands, by command id (the event id that the command was written with). A view notes outcomes as it reads them; a request waits for its
 * own. The first outcome of a command stands. The oldest beyond `rememberedMax` are forgotten.
 */
export class Outcomes<T> {
  readonly #rememberedMax: number
  readonly #byCommand = new Map<string, T>()
  readonly #waiters = new Map<string, Set<(outcome: T | undefined) => void>>()

  constructor(rememberedMax: number) {
    this.#rememberedMax = rememberedMax
  }

  get size(): number {
    return this.#byCommand.size
  }

  /** Commands that requests wait for. */
  get waiting(): number {
    return this.#waiters.size
  }

  get(commandId: string): T | undefined {
    return this.#byCommand.get(commandId)
  }

  note(commandId: string, outcome: T): void {
    if (this.#byCommand.has(commandId)) return
    this.#byCommand.set(commandId, outcome)
    if (this.#byCommand.size > this.#rememberedMax) {
      const [oldest] = this.#byCommand.keys()
      if (oldest !== undefined) this.#byCommand.delete(oldest)
    }
    this.tell(commandId, outcome)
  }

  /** A later outcome takes the place of one that was provisional. */
  revise(commandId: string, outcome: T): void {
    if (this.#byCommand.has(commandId)) this.#byCommand.set(commandId, outcome)
    else this.note(commandId, outcome)
  }

  /** For those who wait now; it is not remembered. */
  tell(commandId: string, outcome: T): void {
    for (const resolve of [...(this.#waiters.get(commandId) ?? [])]) resolve(outcome)
  }

  /** Undefined when it did not come in time. */
  awaitOutcome(commandId: string, withinMs: number): Promise<T | undefined> {
    const known = this.#byCommand.get(commandId)
    if (known !== undefined) return Promise.resolve(known)
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(commandId) ?? new Set()
      this.#waiters.set(commandId, waiters)
      const settle = (outcome: T | undefined): void => {
        clearTimeout(timer)
        waiters.delete(settle)
        if (waiters.size === 0) this.#waiters.delete(commandId)
        resolve(outcome)
      }
      const timer = setTimeout(settle, withinMs, undefined)
      waiters.add(settle)
    })
  }
}
