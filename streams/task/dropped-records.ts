import type { Counter, Labels, Metrics } from '../metrics.ts'
import type { DropReason } from '../processor.ts'

/** Counts records that were left out, by node and reason. */
export class DroppedRecords {
  readonly #metrics: Metrics
  readonly #labels: Labels
  readonly #nodes = new Map<string, Map<DropReason, Counter>>()

  constructor(metrics: Metrics, labels: Labels) {
    this.#metrics = metrics
    this.#labels = labels
  }

  count(node: string, reason: DropReason, records = 1): void {
    let reasons = this.#nodes.get(node)
    if (reasons === undefined) {
      reasons = new Map()
      this.#nodes.set(node, reasons)
    }
    let counter = reasons.get(reason)
    if (counter === undefined) {
      counter = this.#metrics.counter(
        'orion_task_dropped_records_total',
        'Records dropped, by node and reason.',
        { ...this.#labels, node, reason },
      )
      reasons.set(reason, counter)
    }
    counter.add(records)
  }
}
