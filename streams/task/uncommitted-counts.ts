import assert from 'node:assert/strict'
import type { Counter, Labels, Metrics } from '../metrics.ts'
import type { ProcessorMetrics } from '../processor.ts'

/** What processors have counted since the last commit. It counts once it is committed: after a roll-back the same records are taken again. */
export class UncommittedCounts implements ProcessorMetrics {
  /** Calls of `add` since the last commit. */
  additions = 0
  readonly #metrics: Metrics
  /** By name and labels: processors that are made anew go on with them. */
  readonly #counters = new Map<string, UncommittedCounter>()

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  counter(name: string, help: string, labels: Labels = {}): Counter {
    const id = JSON.stringify([name, Object.entries(labels).sort()])
    let counter = this.#counters.get(id)
    if (counter === undefined) {
      counter = new UncommittedCounter(this, this.#metrics.counter(name, help, labels))
      this.#counters.set(id, counter)
    }
    return counter
  }

  committed(): void {
    if (this.additions === 0) return
    for (const counter of this.#counters.values()) counter.committed()
    this.additions = 0
  }

  rolledBack(): void {
    for (const counter of this.#counters.values()) counter.uncommitted = 0
    this.additions = 0
  }
}

class UncommittedCounter implements Counter {
  uncommitted = 0
  readonly #all: UncommittedCounts
  readonly #counted: Counter

  constructor(all: UncommittedCounts, counted: Counter) {
    this.#all = all
    this.#counted = counted
    // A series that is there from the start shows the first one as an increase.
    counted.add(0)
  }

  add(amount: number): void {
    if (!(amount >= 0)) assert.fail(`a counter only grows: ${amount}`)
    this.#all.additions++
    this.uncommitted += amount
  }

  committed(): void {
    if (this.uncommitted === 0) return
    this.#counted.add(this.uncommitted)
    this.uncommitted = 0
  }
}
