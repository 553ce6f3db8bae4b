import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { type PricingInput, quotePrice } from './pricing.ts'

type Change = {
  readonly side?: 'BUY' | 'SELL'
  readonly size?: string
  readonly inventory?: number
  readonly tick?: string
  readonly personality?: Partial<PricingInput['personality']>
  readonly mark?: Partial<PricingInput['mark']>
}

/** Mid 100, half spread 10 bps, no impact, no skew, tick 0.01. */
function input(change: Change = {}): PricingInput {
  return {
    side: change.side ?? 'BUY',
    size: new Decimal(change.size ?? '1'),
    personality: {
      halfSpreadBps: 10,
      skewBps: 0,
      inventoryMax: new Decimal(1_000_000),
      sizeImpactBps: 0,
      ...change.personality,
    },
    instrument: {
      tickSize: new Decimal(change.tick ?? '0.01'),
      lotSize: new Decimal(1),
      staleAfterMs: 10_000,
    },
    mark: { mid: 100, bid: 99.99, ask: 100.01, ageMs: 0, ...change.mark },
    inventory: change.inventory ?? 0,
  }
}

const skewed = { skewBps: 4 }

test.each<[string, Change, string | undefined]>([
  ['a buyer pays the half spread over the mid', {}, '100.1'],
  ['a seller gets the half spread less', { side: 'SELL' }, '99.9'],
  ['the tick is taken away from the mid: up for a buyer', { tick: '0.25' }, '100.25'],
  ['and down for a seller', { side: 'SELL', tick: '0.25' }, '99.75'],
  ['a price on the tick stays', { tick: '0.1' }, '100.1'],
  [
    'a tenfold size adds the impact once',
    { size: '10', personality: { sizeImpactBps: 2 } },
    '100.12',
  ],
  ['a hundredfold twice', { size: '100', personality: { sizeImpactBps: 2 } }, '100.14'],
  ['less than a lot adds none', { size: '0.5', personality: { sizeImpactBps: 2 } }, '100.1'],
  ['long sells cheaper', { inventory: 1_000_000, personality: skewed }, '100.06'],
  ['long pays less', { side: 'SELL', inventory: 1_000_000, personality: skewed }, '99.86'],
  ['short sells dearer', { inventory: -1_000_000, personality: skewed }, '100.14'],
  ['short pays more', { side: 'SELL', inventory: -1_000_000, personality: skewed }, '99.94'],
  ['half full, half the skew', { inventory: 500_000, personality: skewed }, '100.08'],
  ['more than full is full', { inventory: 9e9, personality: skewed }, '100.06'],
  ['never through the own mid', { inventory: 9e9, personality: { skewBps: 50 } }, '100'],
  [
    'no room for inventory: no skew',
    { inventory: 5, personality: { skewBps: 4, inventoryMax: new Decimal(0) } },
    '100.1',
  ],
  ['a mark of two seconds is as good as new', { mark: { ageMs: 2_000 } }, '100.1'],
  ['an old mark doubles the half spread', { mark: { ageMs: 12_000 } }, '100.2'],
  ['and trebles it at most', { mark: { ageMs: 3_600_000 } }, '100.3'],
  ['half of a wide market counts', { mark: { bid: 99, ask: 101 } }, '100.5'],
  ['a crossed market does not', { mark: { bid: 101, ask: 99 } }, '100.1'],
  ['nor one side alone', { mark: { bid: null } }, '100.1'],
  ['no price without a positive mid', { mark: { mid: 0 } }, undefined],
  ['nor for a number that is none', { mark: { mid: Number.NaN } }, undefined],
  ['nor where it would not be positive', { side: 'SELL', mark: { mid: 0.001 } }, undefined],
])('%s', (_, change, price) => {
  expect(quotePrice(input(change))?.toString()).toBe(price)
})

test('prices are exact decimals on the tick, far beyond what doubles hold', () => {
  const price = quotePrice(input({ tick: '0.000000000000000001', mark: { mid: 0.1, bid: null } }))
  expect(price?.toFixed()).toBe('0.1001')
})
