import { expect, test } from 'vitest'
import type { MarketItem } from '#sdk'
import { nextQuote, type Quote } from './quote.ts'
import { scrollTopFor, visibleRange } from './visible-range.ts'

function item(bid: number | null): MarketItem {
  return {
    instrumentId: 'EURUSD.SIM',
    bid,
    ask: 2,
    mid: null,
    eventTimeMs: 0,
    publishedAtMs: 0,
    sequence: 1,
    stale: false,
    quality: 'GOOD',
  }
}

function after(...changes: readonly (readonly [bid: number | null, nowMs: number])[]): Quote {
  let quote: Quote | undefined
  for (const [bid, nowMs] of changes) quote = nextQuote(quote, item(bid), nowMs)
  if (quote === undefined) throw new Error('no change')
  return quote
}

test('the first price has no direction and lights nothing', () => {
  expect(after([1, 0]).bid).toEqual({ direction: undefined, flash: undefined })
})

test('a side that moved has its direction and lights up; the other does not', () => {
  const quote = after([1, 0], [1.1, 1_000])
  expect(quote.bid).toEqual({ direction: 'up', flash: { direction: 'up', startedMs: 1_000 } })
  expect(quote.ask.flash).toBeUndefined()
})

test('ten changes a second light a cell every 300 ms, not at each', () => {
  const first = after([1, 0], [1.1, 1_000])
  const lit = nextQuote(first, item(1), 1_100)
  expect(lit.bid.direction).toBe('down')
  expect(lit.bid.flash).toBe(first.bid.flash)
  const again = nextQuote(lit, item(1.1), 1_300)
  expect(again.bid.flash).toEqual({ direction: 'up', startedMs: 1_300 })
})

test('a price that stays keeps the direction; one that goes or comes back has none of its own', () => {
  expect(after([1, 0], [0.9, 1], [0.9, 2]).bid.direction).toBe('down')
  expect(after([1, 0], [0.9, 1], [null, 2], [5, 3]).bid.direction).toBe('down')
})

const RANGES = [
  // scroll top, view height, rows, from, to
  [0, 100, 500, 0, 7],
  [200, 100, 500, 8, 17],
  [9_900, 100, 500, 493, 500],
  [0, 100, 2, 0, 2],
  [0, 0, 0, 0, 0],
  [9_900, 100, 3, 3, 3],
] as const

test.each(RANGES)(
  'scrolled to %i, %i high, of %i rows those from %i to %i are made',
  (scrollTop, viewHeight, rows, from, to) => {
    expect(visibleRange({ scrollTop, viewHeight, rows, rowHeight: 20, around: 2 })).toEqual({
      from,
      to,
    })
  },
)

test.each([
  [0, 3, 0],
  [0, 5, 20],
  [200, 9, 180],
  [200, 10, 200],
])('scrolled to %i, row %i is in view at %i', (scrollTop, row, expected) => {
  expect(scrollTopFor({ scrollTop, row, rowHeight: 20, viewHeight: 100 })).toBe(expected)
})
