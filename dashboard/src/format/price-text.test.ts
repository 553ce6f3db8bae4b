import { expect, test } from 'vitest'
import { decimalText, sizeText } from './number-text.ts'
import { exactPriceParts, priceParts, priceText } from './price-text.ts'

const PRICES = [
  // price, asset class, decimals, lead, pips, fraction
  [1.08542, 'FX', 5, '1.08', '54', '2'],
  [151.237, 'FX', 3, '151.', '23', '7'],
  [0.9, 'FX', 4, '0.90', '00', ''],
  [101.2, 'FX', 1, '101.', '2', ''],
  [1234.5, 'EQUITY', 2, '1,234.', '50', ''],
  [97.53125, 'RATES', 5, '97.531', '25', ''],
  [101.5, 'CREDIT', 1, '101.', '5', ''],
  [86123, 'CRYPTO', 0, '86,1', '23', ''],
  [7, 'COMMODITY', 0, '', '7', ''],
  [-0.25, 'RATES', 2, '-0.', '25', ''],
] as const

test.each(PRICES)(
  '%d of %s with %i decimals reads %s|%s|%s',
  (price, assetClass, priceDecimals, lead, pips, fraction) => {
    expect(priceParts(price, { assetClass, priceDecimals })).toEqual({ lead, pips, fraction })
  },
)

test('a price that is not there is a dash', () => {
  expect(priceParts(null, { assetClass: 'FX', priceDecimals: 5 }).pips).toBe('–')
  expect(priceText(null, 2)).toBe('–')
})

test('thousands are separated, decimals are fixed, sizes are as short as they are', () => {
  expect(decimalText(1234567.891, 2)).toBe('1,234,567.89')
  expect(priceText(86000, 1)).toBe('86,000.0')
  expect(sizeText(2_000_000)).toBe('2,000,000')
  expect(sizeText(0.125)).toBe('0.125')
  expect(sizeText(null)).toBe('–')
})

test.each([
  ['1.08542', 5, '1.08|54|2'],
  ['1.0854230', 5, '1.08|54|23'],
  ['1.08', 5, '1.08|00|0'],
  ['1234567.5', 3, '1,234,567.|50|0'],
] as const)('the quote %s at %i decimals reads %s, exactly', (price, priceDecimals, expected) => {
  const parts = exactPriceParts(price, { assetClass: 'FX', priceDecimals })
  expect(`${parts.lead}|${parts.pips}|${parts.fraction}`).toBe(expected)
})
