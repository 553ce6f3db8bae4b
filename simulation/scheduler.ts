interface Event {
  readonly atMs: number
  readonly order: number
  run: (() => void) | undefined
}

/**
 * Virtual time: everything that is asynchronous in a run is an event here. Events run one after another by time, then by the order in which
 * they were made, and each with all that follows from it before the next.
 */
export class Scheduler {
  nowMs = 0
  steps = 0
  #order = 0
  readonly #heap: Event[] = []

  /** @returns what calls it off */
  after(delayMs: number, run: () => void): () => void {
    const event: Event = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run }
    this.#push(event)
    return () => {
      event.run = undefined
    }
  }

  /** Runs the next event, and whatever promises it settles. @returns false when nothing is left */
  async step(): Promise<boolean> {
    for (;;) {
      const event = this.#pop()
      if (event === undefined) return false
      if (event.run === undefined) continue
      this.nowMs = event.atMs
      this.steps++
      event.run()
      await settled()
      return true
    }
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const up = (at - 1) >> 1
      const above = heap[up] as Event
      if (!isBefore(event, above)) break
      heap[at] = above
      at = up
    }
    heap[at] = event
  }

  #pop(): Event | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let at = 0
    for (;;) {
      let down = 2 * at + 1
      if (down >= heap.length) break
      const right = heap[down + 1]
      if (right !== undefined && isBefore(right, heap[down] as Event)) down++
      const below = heap[down] as Event
      if (!isBefore(below, last)) break
      heap[at] = below
      at = down
    }
    heap[at] = last
    return first
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
}

/** The queue of ticks is looked at only when no promise is left to continue. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
