import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { bookableNotional, tradeIdOf } from './trade.ts'

test.each([
  ['1000000', '1.10021', '1100210'],
  ['123456789.123456789', '98765.432109876', '12193263124676.049260646786148164'],
  ['0.000000001', '0.000000001', '0.000000000000000001'],
  ['1000', '-0.37', '-370'],
  ['0.0000000001', '0.000000001', undefined],
  ['99999999999', '1000000000', '99999999999000000000'],
  ['100000000000', '1000000000', undefined],
])('%s x %s is %s, to the last digit', (quantity, price, notional) => {
  expect(bookableNotional('FX', new Decimal(quantity), new Decimal(price))?.toFixed()).toBe(
    notional,
  )
})

test('bonds and swaps are priced in percent of par', () => {
  const [nominal, price] = [new Decimal(1_000_000), new Decimal('98.25')]
  expect(bookableNotional('RATES', nominal, price)?.toFixed()).toBe('982500')
  expect(bookableNotional('CREDIT', nominal, price)?.toFixed()).toBe('982500')
})

test('a trade is named by its tenant, RFQ and quote, whose borders count', () => {
  expect(tradeIdOf('demo', 'R-1', 'Q-1')).toBe(tradeIdOf('demo', 'R-1', 'Q-1'))
  expect(tradeIdOf('demo', 'R-1', 'Q-1')).toMatch(/^T-[0-9a-f]{20}$/)
  const others = [
    ['other', 'R-1', 'Q-1'],
    ['demo', 'R-2', 'Q-1'],
    ['demo', 'R-1', 'Q-2'],
    ['demo', 'R-1Q', '-1'],
  ] as const
  const ids = new Set(others.map(([tenant, rfqId, quoteId]) => tradeIdOf(tenant, rfqId, quoteId)))
  expect(ids.size).toBe(others.length)
  expect(ids.has(tradeIdOf('demo', 'R-1', 'Q-1'))).toBe(false)
})
