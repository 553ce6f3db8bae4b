import { expect, test } from 'vitest'
import { rfq, rfqQuote } from '../../../sdk/fixtures/rfqs.ts'
import { comparePrices, parsePrice, placeOf, stepPrice, suggestedPrice } from './quote-price.ts'

const FX = { tickSize: '0.00001', priceDecimals: 5 }
const BOND = { tickSize: '0.015625', priceDecimals: 6 }

test.each([
  ['1.08540', FX, 1, '1.08541'],
  ['1.08540', FX, -1, '1.08539'],
  ['1.085404', FX, -1, '1.08540'],
  ['1.085404', FX, 1, '1.08541'],
  ['1.1', FX, -1, '1.09999'],
  ['99.984375', BOND, 1, '100.000000'],
  ['0.00000', FX, -1, '-0.00001'],
  ['-0.000005', FX, -1, '-0.00001'],
  ['12345678901.12345', FX, 1, '12345678901.12346'],
  ['nothing', FX, 1, 'nothing'],
] as const)('%s stepped on its grid', (price, instrument, direction, next) => {
  expect(stepPrice(price, instrument, direction)).toBe(next)
})

test.each([
  ['1.0854', '1.0854'],
  [' 1,085.40 ', '1085.40'],
  ['', undefined],
  ['1.', undefined],
  ['1e5', undefined],
  ['five', undefined],
])('a typed %j is the price %j', (typed, price) => {
  expect(parsePrice(typed)).toBe(price)
})

test('the better price is the lower one for a buyer, the higher one for a seller', () => {
  expect(comparePrices('1.0854', '1.08541', 'BUY')).toBe(-1)
  expect(comparePrices('1.0854', '1.08541', 'SELL')).toBe(1)
  expect(comparePrices('1.0854', '1.085400', 'BUY')).toBe(0)
})

test('a quote begins a tick better than the best of the others, and at the mid where there is none', () => {
  const quotes = [
    rfqQuote('Q-1', { price: '1.08540', quotedBy: 'sales' }),
    rfqQuote('Q-2', { price: '1.08550', rank: 2 }),
  ]
  expect(suggestedPrice(rfq('R-1', { quotes }), 'sales', FX, undefined)).toBe('1.08549')
  expect(suggestedPrice(rfq('R-1', { quotes, side: 'SELL' }), 'sales', FX, undefined)).toBe(
    '1.08551',
  )
  expect(suggestedPrice(rfq('R-1'), 'sales', FX, { mid: 1.085425 })).toBe('1.08543')
  expect(suggestedPrice(rfq('R-1'), 'sales', FX, undefined)).toBe('')
})

test('of equal prices the earlier has the better place', () => {
  const quotes = [
    rfqQuote('Q-1', { price: '1.08540' }),
    rfqQuote('Q-2', { price: '1.08550', rank: 2 }),
  ]
  const asked = rfq('R-1', { quotes })
  expect(
    ['1.08539', '1.08540', '1.08545', '1.0855', '1.09'].map((price) =>
      placeOf(asked, price, 'sales'),
    ),
  ).toEqual([1, 2, 2, 3, 3])
})
