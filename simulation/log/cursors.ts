import type { FetchedBatch, TopicPartition } from '#streams/log'
import type { FetchPosition } from './broker.ts'
import type { Partition } from './partition.ts'
import { placeName } from './place.ts'

interface Cursor {
  readonly partition: Partition
  /** Undefined until it is sought. */
  position: number | undefined
  isPaused: boolean
  /** Grows when the position is moved: what was asked for before is not delivered. */
  moves: number
}

export interface FetchPlan {
  readonly positions: readonly FetchPosition[]
  readonly moves: ReadonlyMap<string, number>
}

/** Where a reader is on each of its partitions. */
export class Cursors {
  readonly #cursors = new Map<string, Cursor>()
  #moves = 0

  add(partition: Partition, position: number | undefined): void {
    const moves = ++this.#moves
    this.#cursors.set(placeName(partition), { partition, position, isPaused: false, moves })
  }

  remove(at: TopicPartition): void {
    this.#cursors.delete(placeName(at))
  }

  clear(): void {
    this.#cursors.clear()
  }

  seek(at: TopicPartition, offset: number): void {
    const cursor = this.#cursors.get(placeName(at))
    if (cursor === undefined) return
    cursor.position = offset
    cursor.moves = ++this.#moves
  }

  setPaused(at: TopicPartition, isPaused: boolean): void {
    const cursor = this.#cursors.get(placeName(at))
    if (cursor !== undefined) cursor.isPaused = isPaused
  }

  /** What a fetch asks for, beginning with another partition each time. */
  plan(first: number): FetchPlan {
    const open = [...this.#cursors.values()].filter(
      ({ position, isPaused }) => position !== undefined && !isPaused,
    )
    const at = open.length === 0 ? 0 : first % open.length
    const ordered = [...open.slice(at), ...open.slice(0, at)]
    return {
      positions: ordered.map(({ partition, position = 0 }) => ({ from: partition, position })),
      moves: new Map(ordered.map(({ partition, moves }) => [placeName(partition), moves])),
    }
  }

  /** Moves on by what came, without what is not wanted any more. */
  take(batches: readonly FetchedBatch[], { moves }: FetchPlan): readonly FetchedBatch[] {
    return batches.filter((batch) => {
      const cursor = this.#cursors.get(placeName(batch))
      if (cursor === undefined || cursor.isPaused) return false
      if (cursor.moves !== moves.get(placeName(batch))) return false
      cursor.position = batch.nextOffset
      return true
    })
  }
}
