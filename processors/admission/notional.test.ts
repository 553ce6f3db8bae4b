import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { bookable, convert, notionalOf } from './notional.ts'

test.each([
  ['FX', '1000000', 1.0865, '1086500'],
  ['RATES', '100000', 98.25, '98250'],
  ['CREDIT', '100000', 101.5, '101500'],
  ['EQUITY', '3', 272.41, '817.23'],
  ['CRYPTO', '0.0001', 91_000.55, '9.100055'],
  ['COMMODITY', '1000', -37.63, '37630'],
  ['EQUITY', '12345678901234567.000000000000000001', 3, '37037036703703701.000000000000000003'],
] as const)('%s: %s at %d is %s', (assetClass, size, price, notional) => {
  expect(notionalOf(assetClass, new Decimal(size), price).toFixed()).toBe(notional)
})

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
