import type { MarketItem } from '#sdk'

/** Time for which a changed cell is lit; changes within it do not light it anew. */
export const FLASH_MS = 300

type Direction = 'up' | 'down'

export interface Side {
  /** Of the last change; undefined before the first. */
  readonly direction: Direction | undefined
  /** The last flash, which ends `FLASH_MS` after it started. */
  readonly flash: { readonly direction: Direction; readonly startedMs: number } | undefined
}

/** The latest item of an instrument and what moved with it. */
export interface Quote {
  readonly item: MarketItem
  readonly bid: Side
  readonly ask: Side
}

const STILL: Side = { direction: undefined, flash: undefined }

/** `nowMs` is of a monotonic clock. */
export function nextQuote(before: Quote | undefined, item: MarketItem, nowMs: number): Quote {
  if (before === undefined) return { item, bid: STILL, ask: STILL }
  return {
    item,
    bid: nextSide(before.bid, before.item.bid, item.bid, nowMs),
    ask: nextSide(before.ask, before.item.ask, item.ask, nowMs),
  }
}

function nextSide(side: Side, before: number | null, now: number | null, nowMs: number): Side {
  if (before === null || now === null || before === now) return side
  const direction = now > before ? 'up' : 'down'
  const isLit = side.flash !== undefined && nowMs - side.flash.startedMs < FLASH_MS
  return { direction, flash: isLit ? side.flash : { direction, startedMs: nowMs } }
}
