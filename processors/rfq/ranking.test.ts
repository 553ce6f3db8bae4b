import { expect, test } from 'vitest'
import type { KeptQuote } from '#avro'
import { MARK, quote } from './fixtures/rfq.ts'
import { driftAgainstLpBps, rankQuotes } from './ranking.ts'

function kept(quoteId: string, price: string, receivedAtMs: number, status = 'OPEN'): KeptQuote {
  return { quote: quote(quoteId, price).payload, eventId: quoteId, receivedAtMs, status }
}

const QUOTES = [
  kept('B', '1.1002', 5),
  kept('A', '1.1002', 5),
  kept('Z', '1.1002', 4),
  kept('C', '1.1003', 1),
  kept('D', '1.1001', 9),
  kept('E', '1', 1, 'EXPIRED'),
  kept('F', '2', 1, 'REJECTED'),
]

test('best price for the side, then the earliest, then the smaller id; only what is open', () => {
  const ids = (side: 'BUY' | 'SELL') => rankQuotes(QUOTES, side, null).map(({ quoteId }) => quoteId)
  expect(ids('BUY').join('')).toBe('DZABC')
  expect(ids('SELL').join('')).toBe('CZABD')
  expect(rankQuotes(QUOTES, 'BUY', null).map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5])
})

test('prices that differ by less than a double tells apart are ranked apart', () => {
  const near = [kept('A', '1.100000000000000002', 1), kept('B', '1.100000000000000001', 2)]
  expect(rankQuotes(near, 'BUY', null).map(({ quoteId }) => quoteId)).toEqual(['B', 'A'])
  expect(rankQuotes(near, 'SELL', null).map(({ quoteId }) => quoteId)).toEqual(['A', 'B'])
})

test('spread is the cost against the mid, impact the cost against the touch', () => {
  const mark = { ...MARK, bid: 99, mid: 100, ask: 101 }
  const at = (price: string, side: 'BUY' | 'SELL') => {
    const [ranked] = rankQuotes([kept('A', price, 1)], side, mark)
    return [ranked?.spreadBps, ranked?.impactBps]
  }
  expect(at('102', 'BUY')).toEqual([200, 100])
  expect(at('100', 'BUY')).toEqual([0, -100])
  expect(at('98', 'SELL')).toEqual([200, 100])
  expect(at('99.5', 'SELL')).toEqual([50, -50])
  const cost = (some: Partial<typeof mark> | null) => {
    const [ranked] = rankQuotes([kept('A', '102', 1)], 'BUY', some && { ...MARK, ...mark, ...some })
    return [ranked?.spreadBps, ranked?.impactBps]
  }
  expect(cost(null)).toEqual([null, null])
  expect(cost({ ask: null as never })).toEqual([200, null])
  expect(cost({ mid: 0 })).toEqual([null, null])
})

test('drift counts against who sells to a buyer when the mid rises, to a seller when it falls', () => {
  const [before, after] = [
    { ...MARK, mid: 100 },
    { ...MARK, mid: 101 },
  ]
  expect(driftAgainstLpBps('BUY', before, after)).toBe(100)
  expect(driftAgainstLpBps('SELL', before, after)).toBe(-100)
  expect(driftAgainstLpBps('BUY', { ...MARK, mid: -100 }, { ...MARK, mid: -99 })).toBe(100)
  expect(driftAgainstLpBps('BUY', null, after)).toBeNull()
  expect(driftAgainstLpBps('BUY', before, { ...MARK, mid: null })).toBeNull()
})
