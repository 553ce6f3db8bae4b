import type { PartitionQueue } from '../task/partition-queue.ts'
import type { DriverTask } from './driver-task.ts'

/** An input of one of the driver's tasks that has a record waiting. */
export interface WaitingInput {
  readonly owner: DriverTask
  readonly queue: PartitionQueue
}

/**
 * Inputs of all tasks that have a record waiting, the one with the smallest timestamp first. Between equal timestamps it decides as the
 * binary heap does in which Kafka Streams keeps its queues, so that records meet in the same order as in its test driver.
 */
export class ArrivalOrder {
  readonly #heap: WaitingInput[] = []

  /** An input that was empty has a record, or has another one. */
  offer(input: WaitingInput): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(input)
    while (at > 0) {
      const parent = (at - 1) >>> 1
      const above = heap[parent]
      if (above === undefined || timestampOf(input) >= timestampOf(above)) break
      heap[at] = above
      at = parent
    }
    heap[at] = input
  }

  /** Takes out the first input whose task may go on. */
  take(mayGoOn: (input: WaitingInput) => boolean): WaitingInput | undefined {
    const passedOver: WaitingInput[] = []
    let input = this.#poll()
    while (input !== undefined && !mayGoOn(input)) {
      passedOver.push(input)
      input = this.#poll()
    }
    for (const each of passedOver) this.offer(each)
    return input
  }

  /** Forgets what this task has waiting: it went back to its last commit. */
  forget(owner: DriverTask): void {
    const others = this.#heap.filter((input) => input.owner !== owner)
    this.#heap.length = 0
    for (const input of others) this.offer(input)
  }

  clear(): void {
    this.#heap.length = 0
  }

  #poll(): WaitingInput | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    const half = heap.length >>> 1
    let at = 0
    while (at < half) {
      const child = this.#smallerChild(at)
      const below = heap[child]
      if (below === undefined || timestampOf(last) <= timestampOf(below)) break
      heap[at] = below
      at = child
    }
    heap[at] = last
    return first
  }

  /** The left one where both are equal. */
  #smallerChild(at: number): number {
    const left = 2 * at + 1
    const [one, other] = [this.#heap[left], this.#heap[left + 1]]
    if (one === undefined || other === undefined) return left
    return timestampOf(one) > timestampOf(other) ? left + 1 : left
  }
}

function timestampOf({ queue }: WaitingInput): number {
  return queue.headTimestampMs
}
