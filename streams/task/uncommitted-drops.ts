import type { DropReason } from '../processor.ts'
import type { DroppedRecords } from './dropped-records.ts'

/** What a task has left out since its last commit. It counts once it is committed: after a roll-back the same records are taken again. */
export class UncommittedDrops {
  /** Since the last commit. */
  records = 0
  readonly #dropped: DroppedRecords
  readonly #nodes = new Map<string, Map<DropReason, number>>()

  constructor(dropped: DroppedRecords) {
    this.#dropped = dropped
  }

  count(node: string, reason: DropReason): void {
    this.records++
    let reasons = this.#nodes.get(node)
    if (reasons === undefined) {
      reasons = new Map()
      this.#nodes.set(node, reasons)
    }
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }

  committed(): void {
    if (this.records === 0) return
    for (const [node, reasons] of this.#nodes) {
      for (const [reason, records] of reasons) this.#dropped.count(node, reason, records)
    }
    this.rolledBack()
  }

  rolledBack(): void {
    this.records = 0
    this.#nodes.clear()
  }
}
