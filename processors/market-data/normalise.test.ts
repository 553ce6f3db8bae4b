import { describe, expect, test } from 'vitest'
import type { RawEnvelope } from '#avro'
import {
  EURUSD,
  feedBar,
  feedDepth,
  feedHeartbeat,
  feedQuote,
  feedTrade,
  feedUnreadable,
  ID,
  normaliseAll,
  seeded,
  TEN,
  ticksOf,
} from './fixtures/feed.ts'
import { NO_TICK, type Normalised, normalise, type Reference } from './normalise.ts'
import { REFUSAL_CODES } from './refusals.ts'

const codeOf = (one: Normalised | undefined) =>
  one?.eventType === 'refused' ? one.cause.code : one?.eventType

describe('a quote', () => {
  test('with both sides becomes a tick with their mid, received when the feed took it', () => {
    const [tick] = ticksOf(normaliseAll([feedQuote(0, 1.1, 1.3)]))
    expect(tick).toEqual({
      instrumentId: ID,
      kind: 'QUOTE',
      source: 'SIM',
      eventTimeMs: TEN,
      receivedTimeMs: TEN + 5,
      bid: 1.1,
      ask: 1.3,
      mid: (1.1 + 1.3) / 2,
      bidSize: 1,
      askSize: 2,
      price: null,
      size: null,
      basis: 'MID',
      flags: [],
    })
  })

  test('with one side takes the other from the last quote, and says so', () => {
    const ticks = ticksOf(
      normaliseAll([
        feedQuote(0, 1.1, null),
        feedQuote(1, null, 1.3, { askSize: 7 }),
        feedQuote(2, 1.2, 0, { bidSize: 9 }),
      ]),
    )
    expect(
      ticks.map(({ bid, ask, bidSize, askSize, flags }) => [bid, ask, bidSize, askSize, flags]),
    ).toEqual([
      [1.1, null, 1, null, ['ONE_SIDED']],
      [1.1, 1.3, 1, 7, ['ONE_SIDED']],
      [1.2, 1.3, 9, 7, ['ONE_SIDED']],
    ])
    expect(ticks[0]?.mid).toBeNull()
  })

  test('that is older than the newest message is late and leaves the last quote as it was', () => {
    const ticks = ticksOf(
      normaliseAll([feedQuote(10, 1.1, 1.2), feedQuote(9, 1.5, 1.6), feedQuote(10, null, 1.3)]),
    )
    expect(ticks.map((tick) => tick.flags)).toEqual([[], ['LATE'], ['ONE_SIDED']])
    expect(ticks[2]?.bid).toBe(1.1)
  })

  test('is late after a heartbeat that said: everything up to here was sent', () => {
    const ticks = ticksOf(normaliseAll([feedHeartbeat(10), feedQuote(9, 1.1, 1.2)]))
    expect(ticks[0]?.flags).toEqual(['LATE'])
  })

  test('that crosses is tagged; indicative and suspicious pass through', () => {
    const ticks = ticksOf(
      normaliseAll([
        feedQuote(0, 1.3, 1.2),
        feedQuote(1, 1.2, 1.2, { indicative: true, suspicious: true }),
      ]),
    )
    expect(ticks.map((tick) => tick.flags)).toEqual([['CROSSED'], ['INDICATIVE', 'SUSPICIOUS']])
  })
})

test('a trade carries the last quote beside it', () => {
  const ticks = ticksOf(normaliseAll([feedQuote(0, 1.1, 1.3), feedTrade(1, 1.25, 4)]))
  expect(ticks[1]).toMatchObject({ kind: 'TRADE', bid: 1.1, ask: 1.3, price: 1.25, size: 4 })
})

test('events of the ticks stream are counted by instrument, bars of the feed on their own', () => {
  const ohlc = { open: 1, high: 2, low: 1, close: 2 }
  const results = normaliseAll([
    feedQuote(0, 1.1, 1.3),
    feedBar({ trade: ohlc }),
    feedDepth(1),
    feedHeartbeat(2),
  ])
  expect(
    results.map((one) => one.eventType !== 'refused' && [one.eventType, one.sequence]),
  ).toEqual([
    ['MarketTickReceived', 1],
    ['BarClosed', 1],
    ['MarketDepthReceived', 2],
    ['MarketHeartbeatReceived', 3],
  ])
})

describe('a bar of the feed', () => {
  const bid = { open: 1, high: 4, low: 1, close: 2 }
  const ask = { open: 3, high: 6, low: 3, close: 4 }
  const barOf = (event: RawEnvelope) => {
    const [one] = normaliseAll([event])
    return one?.eventType === 'BarClosed' ? one.payload : codeOf(one)
  }

  test('of quotes is the mean of both sides, which are kept, and weighs their sizes', () => {
    expect(barOf(feedBar({ bid, ask, bidSize: 5, askSize: 6 }))).toMatchObject({
      origin: 'FEED',
      basis: 'MID',
      windowStartMs: TEN,
      open: 2,
      high: 5,
      low: 2,
      close: 3,
      volume: 11,
      bid,
      ask,
    })
  })

  test('with one side is that side', () => {
    const zero = { open: 0, high: 0, low: 0, close: 0 }
    expect(barOf(feedBar({ bid: zero, ask }))).toMatchObject({ ...ask, bid: null, ask })
  })

  test('of trades has their volume', () => {
    expect(barOf(feedBar({ trade: bid, volume: 12 }))).toMatchObject({
      basis: 'TRADE',
      ...bid,
      volume: 12,
      bid: null,
    })
  })

  test('happened when its window ended', () => {
    const [one] = normaliseAll([feedBar({ trade: bid })])
    expect(one?.eventType === 'BarClosed' && one.eventTimeMs).toBe(TEN + 60_000)
  })

  test('does not make later ticks late', () => {
    const ticks = ticksOf(normaliseAll([feedBar({ trade: bid }), feedQuote(0, 1, 2)]))
    expect(ticks[0]?.flags).toEqual([])
  })

  test.each([
    ['MARKET_DATA_EMPTY', feedBar({})],
    ['MARKET_DATA_BAD_BAR', feedBar({ trade: bid, intervalMs: 0 })],
    ['MARKET_DATA_BAD_BAR', feedBar({ trade: { open: 2, high: 1, low: 3, close: 2 } })],
    ['MARKET_DATA_BAD_PRICE', feedBar({ trade: { ...bid, low: -1 } })],
    ['MARKET_DATA_BAD_SIZE', feedBar({ trade: bid, volume: -1 })],
  ])('is refused with %s', (code, event) => {
    expect(barOf(event)).toBe(code)
  })
})

describe('a message is refused', () => {
  const rates: Reference = { ...EURUSD, assetClass: 'RATES' }
  const day = 86_400_000
  test.each<[string, string, RawEnvelope, (Reference | undefined)?]>([
    ['MARKET_DATA_UNREADABLE', 'a row that the adapter could not read', feedUnreadable()],
    [
      'MARKET_DATA_INSTRUMENT_DISABLED',
      'of a disabled instrument',
      feedQuote(0, 1, 2),
      { ...EURUSD, enabled: false },
    ],
    ['MARKET_DATA_EMPTY', 'a quote without sides', feedQuote(0, 0, 0)],
    ['MARKET_DATA_EMPTY', 'a quote without sides', feedQuote(0, null, null)],
    ['MARKET_DATA_BAD_PRICE', 'a price that is no number', feedQuote(0, Number.NaN, 2)],
    ['MARKET_DATA_BAD_PRICE', 'an infinite price', feedTrade(0, Number.POSITIVE_INFINITY, 2)],
    ['MARKET_DATA_BAD_PRICE', 'a negative price of FX', feedQuote(0, -1, 2)],
    ['MARKET_DATA_BAD_PRICE', 'a trade at 0 of FX', feedTrade(0, 0, 2)],
    ['MARKET_DATA_BAD_SIZE', 'a negative size', feedQuote(0, 1, 2, { askSize: -1 })],
    ['MARKET_DATA_BAD_SIZE', 'a size that is no number', feedTrade(0, 1, Number.NaN)],
    ['MARKET_DATA_BAD_TIME', 'a time before 1970-01-02', feedQuote(-TEN + day - 1, 1, 2)],
    [
      'MARKET_DATA_BAD_TIME',
      'more than a day after its receipt',
      { ...feedQuote(day + 1, 1, 2), occurredAt: TEN },
    ],
    ['MARKET_DATA_BAD_DEPTH', 'update ids that run backwards', feedDepth(0, { firstUpdateId: 2 })],
    [
      'MARKET_DATA_BAD_PRICE',
      'a level at no price',
      feedDepth(0, { bids: [{ price: Number.NaN, size: 1 }] }),
    ],
    [
      'MARKET_DATA_BAD_SIZE',
      'a level of negative size',
      feedDepth(0, { asks: [{ price: 1, size: -1 }] }),
    ],
    ['MarketTickReceived', 'not: a yield may be negative', feedQuote(0, -0.5, -0.4), rates],
    [
      'MarketTickReceived',
      'not: exactly a day after its receipt',
      { ...feedQuote(day, 1, 2), occurredAt: TEN },
    ],
    [
      'MarketDepthReceived',
      'not: a level of size 0 removes one',
      feedDepth(0, { bids: [{ price: 1, size: 0 }] }),
    ],
  ])('%s: %s', (code, _what, event, instrument = EURUSD) => {
    const message = { event, receivedTimeMs: event.occurredAt }
    expect(codeOf(normalise(NO_TICK, message, instrument))).toBe(code)
  })

  test('MARKET_DATA_UNKNOWN_INSTRUMENT: an instrument that the reference data does not have', () => {
    const event = feedQuote(0, 1, 2)
    const message = { event, receivedTimeMs: event.occurredAt }
    expect(codeOf(normalise(NO_TICK, message, undefined))).toBe('MARKET_DATA_UNKNOWN_INSTRUMENT')
  })
})

test('whatever a feed sends, each message gives one event or one refusal with a known code', () => {
  const seed = 20_261_121
  const random = seeded(seed)
  const odd = [
    0,
    -0,
    1,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e308,
    5e-324,
    -TEN,
    2 ** 53,
    null,
  ]
  const anyNumber = (): number =>
    random() < 0.6
      ? 1 + Math.floor(random() * 3)
      : (odd[Math.floor(random() * (odd.length - 1))] ?? 1)
  const anyOrNull = (): number | null => odd[Math.floor(random() * odd.length)] ?? null
  const ohlc = () =>
    random() < 0.3
      ? null
      : { open: anyNumber(), high: anyNumber(), low: anyNumber(), close: anyNumber() }
  const levels = () =>
    Array.from({ length: Math.floor(random() * 3) }, () => ({
      price: anyNumber(),
      size: anyNumber(),
    }))
  const make: readonly (() => RawEnvelope)[] = [
    () =>
      feedQuote(anyNumber(), anyOrNull(), anyOrNull(), {
        bidSize: anyOrNull(),
        askSize: anyOrNull(),
      }),
    () => feedTrade(anyNumber(), anyNumber(), anyNumber()),
    () => feedHeartbeat(anyNumber()),
    () =>
      feedDepth(anyNumber(), {
        firstUpdateId: anyNumber(),
        lastUpdateId: anyNumber(),
        bids: levels(),
        asks: levels(),
      }),
    () =>
      feedBar({
        trade: ohlc(),
        bid: ohlc(),
        ask: ohlc(),
        intervalMs: anyNumber(),
        windowStartMs: TEN + anyNumber(),
        volume: anyOrNull(),
      }),
    feedUnreadable,
  ]
  const messages = Array.from({ length: 20_000 }, () =>
    (make[Math.floor(random() * make.length)] ?? feedUnreadable)(),
  )
  const results = normaliseAll(messages)
  expect(results.length).toBe(messages.length)
  const seen = new Map<string, number>()
  const unsound: Normalised[] = []
  for (const result of results) {
    const code = codeOf(result) ?? ''
    seen.set(code, (seen.get(code) ?? 0) + 1)
    const isSound =
      result.eventType === 'refused'
        ? REFUSAL_CODES.some((known) => known === result.cause.code)
        : Object.values(result.payload).every(
            (figure) => typeof figure !== 'number' || Number.isFinite(figure),
          )
    if (!isSound) unsound.push(result)
  }
  expect(unsound, `seed ${seed}`).toEqual([])
  // The garbage reaches every kind of answer.
  for (const code of [
    'MarketTickReceived',
    'MarketDepthReceived',
    'MarketHeartbeatReceived',
    'BarClosed',
    'MARKET_DATA_BAD_PRICE',
    'MARKET_DATA_BAD_SIZE',
    'MARKET_DATA_BAD_TIME',
    'MARKET_DATA_EMPTY',
    'MARKET_DATA_BAD_DEPTH',
    'MARKET_DATA_BAD_BAR',
    'MARKET_DATA_UNREADABLE',
  ]) {
    expect(seen.get(code) ?? 0, `${code}, seed ${seed}`).toBeGreaterThan(0)
  }
})
