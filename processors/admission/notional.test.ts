import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { bookable, convert } from './notional.ts'

const MIDS: Readonly<Record<string, number>> = { EURUSD: 1.25, USDJPY: 160, GBPJPY: 200, XXXUSD: 0 }
const midOf = (base: string, quote: string): number | undefined => MIDS[base + quote]

test.each([
  ['USD', 'USD', '100'],
  ['EUR', 'USD', '125'],
  ['USD', 'EUR', '80'],
  ['EUR', 'JPY', '20000'],
  ['JPY', 'EUR', '0.5'],
  ['GBP', 'JPY', '20000'],
  ['USDT', 'USD', '100'],
  ['USDT', 'EUR', '80'],
  ['EUR', 'USDC', '125'],
  ['GBP', 'USD', undefined],
  ['GBP', 'EUR', undefined],
  ['XXX', 'USD', undefined],
])('100 %s in %s are %s', (from, to, expected) => {
  expect(convert(new Decimal(100), { from, to }, midOf)?.toFixed()).toBe(expected)
})

test('a record keeps 18 decimals, half up, and nothing that would not fit', () => {
  expect(bookable(new Decimal('1.0000000000000000005'))?.toFixed()).toBe('1.000000000000000001')
  expect(bookable(new Decimal('999999999999999999'))?.toFixed()).toBe('999999999999999999')
  expect(bookable(new Decimal('1e18'))).toBe(null)
  expect(bookable(undefined)).toBe(null)
})
