import { expect, test } from 'vitest'
import type { Instrument } from '#sdk'
import { builtInLists } from '../watchlists/built-in-lists.ts'
import { searchInstruments, withRecent } from './instrument-search.ts'

function instrument(
  symbol: string,
  name: string,
  assetClass: Instrument['assetClass'],
): Instrument {
  return {
    instrumentId: `${symbol}.SIM`,
    symbol,
    venue: 'SIM',
    name,
    assetClass,
    currency: 'USD',
    tickSize: '0.01',
    lotSize: '1',
    priceDecimals: 2,
    staleAfterMs: 5_000,
    tenor: null,
    tradingHours: '24x7',
    enabled: true,
  }
}

const ALL = [
  instrument('EURUSD', 'Euro / US dollar', 'FX'),
  instrument('USDCHF', 'US dollar / Swiss franc', 'FX'),
  instrument('USD', 'Dollar index', 'FX'),
  instrument('UBER', 'Uber Technologies', 'EQUITY'),
]
const symbols = (found: readonly Instrument[]) => found.map((one) => one.symbol)

const SEARCHES = [
  ['usd', ['USD', 'USDCHF', 'EURUSD']],
  ['eur/usd', ['EURUSD']],
  ['EURUSD.SIM', ['EURUSD']],
  ['franc', ['USDCHF']],
  ['u', ['UBER', 'USD', 'USDCHF', 'EURUSD']],
  ['zzz', []],
] as const

test.each(SEARCHES)('%s finds %j', (typed, found) => {
  expect(symbols(searchInstruments(ALL, typed))).toEqual(found)
})

test('recent ones come first among equals, and stand alone before anything is typed', () => {
  const recent = withRecent(withRecent([], 'EURUSD.SIM'), 'USDCHF.SIM')
  expect(symbols(searchInstruments(ALL, '', recent))).toEqual(['USDCHF', 'EURUSD'])
  expect(symbols(searchInstruments(ALL, 'u', recent))).toEqual(['USDCHF', 'UBER', 'USD', 'EURUSD'])
  expect(withRecent(recent, 'EURUSD.SIM')).toEqual(['EURUSD.SIM', 'USDCHF.SIM'])
})

test('there is a list of all instruments, and one per asset class that has some', () => {
  expect(builtInLists(ALL).map((list) => [list.id, list.instrumentIds.length])).toEqual([
    ['all', 4],
    ['class-FX', 3],
    ['class-EQUITY', 1],
  ])
})
