import { expect, test } from 'vitest'
import type { MarketSnapshotUpdated, MarkState } from '#avro'
import { TEN } from './fixtures/feed.ts'
import { markAfter } from './mark.ts'
import { NO_SNAPSHOT, snapshotOf } from './snapshot.ts'

function snapshot(
  at: number,
  prices: { bid?: number; ask?: number; last?: number },
  flags: MarketSnapshotUpdated['flags'] = [],
): MarketSnapshotUpdated {
  const { bid = null, ask = null, last = null } = prices
  const state = { ...NO_SNAPSHOT, newestQuoteMs: TEN, bid, ask, lastPrice: last }
  const tick = { instrumentId: 'X', source: 'SIM', eventTimeMs: TEN + at, receivedTimeMs: TEN + at }
  const cause = { ...tick, kind: 'QUOTE', bid, ask, mid: null, bidSize: null, askSize: null }
  return snapshotOf(
    state,
    { ...cause, kind: 'QUOTE', price: null, size: null, basis: 'MID', flags },
    { bids: [], asks: [] },
  )
}

/** Times and mids of the marks that come of these snapshots. */
function marksOf(snapshots: readonly MarketSnapshotUpdated[]): readonly (number | null)[][] {
  let last: MarkState | undefined
  return snapshots.flatMap((one) => {
    const mark = markAfter(last, one)
    last = mark ?? last
    return mark === undefined ? [] : [[mark.sequence, mark.eventTimeMs - TEN, mark.mid]]
  })
}

test('the first price is a mark; then at most one a second of event time', () => {
  const at = (ms: number) => snapshot(ms, { bid: 9_999 + ms / 1_000, ask: 10_001 + ms / 1_000 })
  expect(marksOf([at(0), at(500), at(999), at(1_000), at(1_001), at(2_500)])).toEqual([
    [1, 0, 10_000],
    [2, 1_000, 10_001],
    [3, 2_500, 10_002.5],
  ])
})

test('a move of 5 basis points is told at once, either way; one of less is not', () => {
  const at = (ms: number, mid: number) => snapshot(ms, { bid: mid - 1, ask: mid + 1 })
  expect(marksOf([at(0, 10_000), at(10, 10_004.9), at(20, 10_005), at(30, 9_999)])).toEqual([
    [1, 0, 10_000],
    [2, 20, 10_005],
    [3, 30, 9_999],
  ])
})

test('an unchanged market is silent, however long; a spread that widens is a change', () => {
  expect(
    marksOf([
      snapshot(0, { bid: 1, ask: 3 }),
      snapshot(9_000, { bid: 1, ask: 3 }),
      snapshot(9_001, { bid: 0.5, ask: 3.5 }),
    ]),
  ).toEqual([
    [1, 0, 2],
    [2, 9_001, 2],
  ])
})

test('without quotes the mid is the last traded price; without any price there is no mark', () => {
  expect(marksOf([snapshot(0, {}), snapshot(1, { last: 7 }), snapshot(2, { last: 8 })])).toEqual([
    [1, 1, 7],
    [2, 2, 8],
  ])
})

test('crossed, suspicious and late markets make no mark', () => {
  expect(
    marksOf([
      snapshot(0, { bid: 5, ask: 4 }),
      snapshot(1, { bid: 4, ask: 6 }, ['SUSPICIOUS']),
      snapshot(2_000, { bid: 4, ask: 6 }, ['INDICATIVE']),
      snapshot(1_999, { bid: 8, ask: 9 }),
    ]),
  ).toEqual([[1, 2_000, 5]])
})

test('prices about zero, as spreads have them, do not divide by it', () => {
  const at = (ms: number, mid: number) => snapshot(ms, { bid: mid, ask: mid })
  expect(marksOf([at(0, 0), at(1, 0), at(2, 0.01), at(3, -0.01)])).toEqual([
    [1, 0, 0],
    [2, 2, 0.01],
    [3, 3, -0.01],
  ])
})
