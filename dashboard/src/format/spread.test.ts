import { expect, test } from 'vitest'
import { spreadBpsText, spreadText, spreadUnit } from './spread.ts'

const SPREADS = [
  // bid, ask, asset class, decimals, tick size, pips or ticks, unit, bps
  [1.08542, 1.0855, 'FX', 5, '0.00001', '0.8', 'pip', '0.74'],
  [151.23, 151.242, 'FX', 3, '0.001', '1.2', 'pip', '0.79'],
  [100, 100.03, 'EQUITY', 2, '0.01', '3', 'tick', '3.00'],
  [99.5, 100.5, 'RATES', 5, '0.015625', '64', 'tick', '100'],
  [100.03, 100, 'EQUITY', 2, '0.01', '-3', 'tick', '-3.00'],
  [null, 100, 'EQUITY', 2, '0.01', '–', 'tick', '–'],
  [100, null, 'FX', 5, '0.00001', '–', 'pip', '–'],
] as const

test.each(SPREADS)(
  '%d / %d of %s (%i decimals, tick %s) is %s %ss, %s bps',
  (bid, ask, assetClass, priceDecimals, tickSize, text, unit, bps) => {
    expect(spreadText({ bid, ask }, { assetClass, priceDecimals, tickSize })).toBe(text)
    expect(spreadUnit({ assetClass })).toBe(unit)
    expect(spreadBpsText({ bid, ask })).toBe(bps)
  },
)

test('around zero there are no basis points', () => {
  expect(spreadBpsText({ bid: -0.01, ask: 0.01 })).toBe('–')
})
