/** What is due when, earliest first; among equals in order of arrival. A binary heap. */
export class DueQueue<T> {
  readonly #heap: { readonly dueMs: number; readonly order: number; readonly item: T }[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  nextDueMs(): number | undefined {
    return this.#heap[0]?.dueMs
  }

  add(dueMs: number, item: T): void {
    const heap = this.#heap
    const added = { dueMs, order: this.#order++, item }
    let at = heap.push(added) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#before(at, parent)) break
      this.#swap(at, parent)
      at = parent
    }
  }

  /** The earliest, where it is due. */
  take(nowMs: number): T | undefined {
    const heap = this.#heap
    const [first] = heap
    if (first === undefined || first.dueMs > nowMs) return undefined
    const last = heap.pop()
    if (last !== undefined && last !== first) {
      heap[0] = last
      this.#sink()
    }
    return first.item
  }

  #sink(): void {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#heap.length) return
      const right = left + 1
      const least = right < this.#heap.length && this.#before(right, left) ? right : left
      if (!this.#before(least, at)) return
      this.#swap(least, at)
      at = least
    }
  }

  #before(one: number, other: number): boolean {
    const a = this.#heap[one]
    const b = this.#heap[other]
    if (a === undefined || b === undefined) return false
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
  }

  #swap(one: number, other: number): void {
    const a = this.#heap[one]
    const b = this.#heap[other]
    if (a === undefined || b === undefined) return
    this.#heap[one] = b
    this.#heap[other] = a
  }
}
