import { describe, expect, test } from 'vitest'
import type { RawEnvelope, SnapshotState } from '#avro'
import { EURUSD, feedQuote, feedTrade, normaliseAll, TEN, ticksOf } from './fixtures/feed.ts'
import { afterTick, NO_SNAPSHOT, snapshotOf } from './snapshot.ts'

const NO_BOOK = { bids: [], asks: [] }
const MIDNIGHT = Date.UTC(2026, 2, 2)

function snapshotsOf(messages: readonly RawEnvelope[], instrument = EURUSD) {
  let state: SnapshotState = NO_SNAPSHOT
  return ticksOf(normaliseAll(messages, instrument)).map((tick) => {
    state = afterTick(state, tick)
    return snapshotOf(state, tick, NO_BOOK)
  })
}

test('every tick gives a snapshot, counted from 1', () => {
  const messages = [
    feedQuote(0, 1, 2),
    feedTrade(1, 1.5, 3),
    feedQuote(-5, 7, 8),
    feedQuote(2, 5, 4),
  ]
  const snapshots = snapshotsOf(messages)
  expect(snapshots.map(({ sequence, cause }) => [sequence, cause])).toEqual([
    [1, 'QUOTE'],
    [2, 'TRADE'],
    [3, 'QUOTE'],
    [4, 'QUOTE'],
  ])
})

describe('what a snapshot shows', () => {
  test('is the newest quote and the newest trade; late ones replace nothing', () => {
    const last = snapshotsOf([
      feedQuote(10, 1, 2),
      feedTrade(20, 1.5, 3),
      feedQuote(9, 7, 8),
      feedTrade(19, 9, 9),
    ]).at(-1)
    expect(last).toMatchObject({
      bid: 1,
      ask: 2,
      mid: 1.5,
      lastPrice: 1.5,
      lastSize: 3,
      flags: ['LATE'],
    })
  })

  test('a quote that is late behind a trade, but newer than the last quote, is the newest quote', () => {
    const last = snapshotsOf([feedQuote(10, 1, 2), feedTrade(20, 1.5, 3), feedQuote(15, 3, 4)]).at(
      -1,
    )
    expect(last).toMatchObject({ bid: 3, ask: 4 })
  })

  test('is a crossed quote, with its flag', () => {
    expect(snapshotsOf([feedQuote(0, 5, 4)])).toMatchObject([
      { bid: 5, ask: 4, flags: ['CROSSED'] },
    ])
  })
})

describe('the day', () => {
  const nextDay = MIDNIGHT + 86_400_000 - TEN

  test('has open, high and low of sound mids, by event time, and all ticks', () => {
    const last = snapshotsOf([
      feedQuote(10, 2, 2),
      feedQuote(20, 5, 5),
      feedQuote(5, 1, 1),
      feedQuote(30, 9, 8),
      feedQuote(31, 99, 99, { suspicious: true }),
      feedTrade(40, 77, 4),
    ]).at(-1)
    expect(last).toMatchObject({
      dayStartMs: MIDNIGHT,
      dayOpen: 1,
      dayHigh: 5,
      dayLow: 1,
      dayVolume: 4,
      dayTicks: 6,
    })
  })

  test('of a TRADE instrument is that of its trades', () => {
    const instrument = { ...EURUSD, priceBasis: 'TRADE' } as const
    const last = snapshotsOf(
      [feedQuote(0, 1, 2), feedTrade(1, 5, 1), feedTrade(2, 4, 2)],
      instrument,
    ).at(-1)
    expect(last).toMatchObject({ dayOpen: 5, dayHigh: 5, dayLow: 4, dayVolume: 3, dayTicks: 3 })
  })

  test('begins anew at 00:00 UTC of event time; a late tick of yesterday changes nothing of it', () => {
    const snapshots = snapshotsOf([
      feedQuote(nextDay - 1, 2, 2),
      feedQuote(nextDay, 3, 3),
      feedQuote(nextDay - 1, 9, 9),
    ])
    expect(
      snapshots.map(({ dayStartMs, dayOpen, dayHigh, dayTicks }) => [
        (dayStartMs - MIDNIGHT) / 86_400_000,
        dayOpen,
        dayHigh,
        dayTicks,
      ]),
    ).toEqual([
      [0, 2, 2, 1],
      [1, 3, 3, 1],
      [1, 3, 3, 1],
    ])
  })
})
