import type { BookLevel, Level, MarketDepthReceived } from '#avro'

/** A level to write (`kept`) or to delete. What is kept of a book follows these. */
export interface LevelChange {
  readonly side: BookSide
  readonly price: number
  readonly kept: BookLevel | undefined
}

export type BookSide = 'B' | 'A'

/** Levels a side; beyond it the worst are forgotten. */
export const BOOK_LEVELS_MAX = 1_000

/**
 * One instrument's order book, best first: a view in memory of the levels in the store. `apply` tells what changed, and the caller writes
 * that. An update whose last id is not above the book's was in it already. Updates that come before the first full book make a partial
 * one, which remembers removed levels too, so that a full book with an older id takes its place without undoing them. A late full book
 * that is not ahead of a complete one changes nothing; one that is not late means that the source's ids began anew.
 */
export class Book {
  readonly #bids = new Side('B')
  readonly #asks = new Side('A')
  updateId: number
  complete: boolean

  constructor(position: { readonly updateId: number; readonly complete: boolean }) {
    this.updateId = position.updateId
    this.complete = position.complete
  }

  /** A level as it was kept. */
  restore(side: BookSide, price: number, level: BookLevel): void {
    this.#side(side).set(price, level, false)
  }

  apply(depth: MarketDepthReceived): readonly LevelChange[] {
    const changes: LevelChange[] = []
    if (depth.snapshot) this.#replace(depth, changes)
    else if (depth.lastUpdateId > this.updateId) this.#update(depth, changes)
    this.#bids.trim(changes)
    this.#asks.trim(changes)
    return changes
  }

  get bids(): readonly Level[] {
    return this.#bids.top()
  }

  get asks(): readonly Level[] {
    return this.#asks.top()
  }

  #update(depth: MarketDepthReceived, changes: LevelChange[]): void {
    this.updateId = depth.lastUpdateId
    for (const [side, levels] of sidesOf(depth)) {
      for (const { price, size } of levels) {
        const level = { size, updateId: depth.lastUpdateId }
        this.#side(side).set(price, level, this.complete, changes)
      }
    }
  }

  #replace(depth: MarketDepthReceived, changes: LevelChange[]): void {
    const isBehind = depth.lastUpdateId <= this.updateId
    if (this.complete && isBehind && depth.flags.includes('LATE')) return
    for (const [side, levels] of sidesOf(depth)) {
      const own = this.#side(side)
      const newer = this.complete ? [] : own.newerThan(depth.lastUpdateId)
      own.clear(changes)
      for (const { price, size } of levels) {
        own.set(price, { size, updateId: depth.lastUpdateId }, true, changes)
      }
      for (const { price, size, updateId } of newer)
        own.set(price, { size, updateId }, true, changes)
    }
    if (this.complete || !isBehind) this.updateId = depth.lastUpdateId
    this.complete = true
  }

  #side(side: BookSide): Side {
    return side === 'B' ? this.#bids : this.#asks
  }
}

function sidesOf(depth: MarketDepthReceived): readonly (readonly [BookSide, readonly Level[]])[] {
  return [
    ['B', depth.bids],
    ['A', depth.asks],
  ]
}

interface KeptLevel extends BookLevel {
  readonly price: number
}

const TOP_LEVELS = 10
const NO_LEVELS: readonly Level[] = []

/** Sorted by price, best first: bids descending, asks ascending. */
class Side {
  readonly #side: BookSide
  readonly #direction: 1 | -1
  readonly #levels: KeptLevel[] = []
  #top: readonly Level[] | undefined = NO_LEVELS

  constructor(side: BookSide) {
    this.#side = side
    this.#direction = side === 'B' ? -1 : 1
  }

  top(): readonly Level[] {
    this.#top ??= this.#best()
    return this.#top
  }

  /** Size 0 removes the level, or, unless `forget`, keeps it as removed. */
  set(price: number, level: BookLevel, forget: boolean, changes: LevelChange[] = []): void {
    const levels = this.#levels
    const at = this.#positionOf(price)
    const isThere = levels[at]?.price === price
    this.#top = undefined
    if (level.size === 0 && forget) {
      if (!isThere) return
      levels.splice(at, 1)
      changes.push({ side: this.#side, price, kept: undefined })
      return
    }
    const { size, updateId } = level
    levels.splice(at, isThere ? 1 : 0, { price, size, updateId })
    changes.push({ side: this.#side, price, kept: level })
  }

  newerThan(updateId: number): readonly KeptLevel[] {
    return this.#levels.filter((level) => level.updateId > updateId)
  }

  clear(changes: LevelChange[]): void {
    for (const { price } of this.#levels) changes.push({ side: this.#side, price, kept: undefined })
    this.#levels.length = 0
    this.#top = undefined
  }

  trim(changes: LevelChange[]): void {
    while (this.#levels.length > BOOK_LEVELS_MAX) {
      const worst = this.#levels.pop()
      if (worst !== undefined)
        changes.push({ side: this.#side, price: worst.price, kept: undefined })
    }
  }

  #best(): readonly Level[] {
    const best: Level[] = []
    for (const { price, size } of this.#levels) {
      if (best.length === TOP_LEVELS) break
      if (size > 0) best.push({ price, size })
    }
    return best
  }

  /** Of the price, or of the place where it belongs. */
  #positionOf(price: number): number {
    let low = 0
    let high = this.#levels.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const level = this.#levels[middle]
      if (level !== undefined && (level.price - price) * this.#direction < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
