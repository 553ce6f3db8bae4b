import { expect, test } from 'vitest'
import { shownPrice, shownSize } from './shown-number.ts'

test.each([
  [1.1495799999999998, 5, 1.14958],
  [(1.08345 + 1.08346) / 2, 5, 1.083455],
  [0.1 + 0.2, 2, 0.3],
  [-37.63000000000001, 2, -37.63],
  [0, 5, 0],
  [151.204, 3, 151.204],
  [64_000.150000000001, 2, 64_000.15],
  // Off the grid of its decimals: kept.
  [12.34567, 2, 12.34567],
  [0.000012, 2, 0.000012],
  // Beyond what an integer can hold: kept.
  [1.5e300, 5, 1.5e300],
  [Number.MAX_VALUE, 5, Number.MAX_VALUE],
] as const)('a price of %d with %i decimals is shown as %d', (price, decimals, shown) => {
  expect(shownPrice(price, decimals)).toBe(shown)
})

test('every price on the grid, computed in whatever way, has no more digits than its decimals and one', () => {
  for (let i = 1; i < 20_000; i += 7) {
    const [bid, ask] = [1.05 + i * 0.00001, 1.05 + (i + 3) * 0.00001]
    for (const price of [bid, ask, (bid + ask) / 2, bid + (ask - bid) / 2])
      expect(String(shownPrice(price, 5))).toMatch(/^\d(\.\d{1,6})?$/)
  }
})

test('a sum of sizes is shown without noise', () => {
  expect(shownSize(0.1 + 0.7)).toBe(0.8)
  expect(shownSize(12_345_678.00000001)).toBe(12_345_678.00000001)
})
