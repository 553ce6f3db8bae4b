import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { notionalOf } from './notional.ts'

test.each([
  ['FX', '1000000', 1.0865, '1086500'],
  ['RATES', '100000', 98.25, '98250'],
  ['CREDIT', '100000', 101.5, '101500'],
  ['EQUITY', '3', 272.41, '817.23'],
  ['CRYPTO', '0.0001', 91_000.55, '9.100055'],
  ['COMMODITY', '1000', -37.63, '-37630'],
  ['EQUITY', '12345678901234567.000000000000000001', 3, '37037036703703701.000000000000000003'],
] as const)('%s: %s at %d is %s', (assetClass, size, price, notional) => {
  expect(notionalOf(assetClass, new Decimal(size), price).toFixed()).toBe(notional)
})
