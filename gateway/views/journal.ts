/** One change: the item as it was after it. */
export interface Change<T> {
  readonly item: T
  /** JSON of the item, made once for all that are sent it. */
  readonly json: string
}

/**
 * The last changes of a tenant's items in their order, numbered from 0. Readers keep a number each; one that is behind the oldest kept change has lost
 * something and starts again with a snapshot. So a slow reader costs no memory.
 */
export class Journal<T> {
  readonly #changesMax: number
  readonly #ring: LazyChange<T>[] = []
  #next = 0

  constructor(changesMax: number) {
    this.#changesMax = changesMax
  }

  /** Number of the oldest change that is kept. */
  get first(): number {
    return this.#next - this.#ring.length
  }

  /** Number of the next change. */
  get next(): number {
    return this.#next
  }

  append(item: T): void {
    const change = new LazyChange(item)
    if (this.#ring.length < this.#changesMax) this.#ring.push(change)
    else this.#ring[this.#next % this.#changesMax] = change
    this.#next += 1
  }

  /** Undefined: not there, or no longer. */
  at(number: number): Change<T> | undefined {
    return number < this.first || number >= this.#next
      ? undefined
      : this.#ring[number % this.#changesMax]
  }
}

class LazyChange<T> implements Change<T> {
  readonly item: T
  #json: string | undefined

  constructor(item: T) {
    this.item = item
  }

  get json(): string {
    this.#json ??= JSON.stringify(this.item)
    return this.#json
  }
}
