import { describe, expect, test } from 'vitest'
import type { BarClosed, MarketTickReceived, OpenBars, RawEnvelope, TicksEnvelope } from '#avro'
import { BAR_RULES, type BarRules, foldBars, NO_BARS } from './bars.ts'
import {
  EURUSD,
  feedHeartbeat,
  feedQuote,
  feedTrade,
  ID,
  normaliseAll,
  seeded,
  TEN,
  ticksStreamOf,
} from './fixtures/feed.ts'

const SECONDS: BarRules = { intervalsMs: [1_000], graceMs: 1_000 }
const OF_TRADES = { ...EURUSD, priceBasis: 'TRADE' } as const

function fold(rules: BarRules, events: readonly TicksEnvelope[]) {
  let state: OpenBars = NO_BARS
  const closed: BarClosed[] = []
  for (const event of events) {
    const result = foldBars(rules, state, event)
    state = result.state
    closed.push(...result.closed)
  }
  return { state, closed }
}

const barsOf = (rules: BarRules, messages: readonly RawEnvelope[], instrument = EURUSD) =>
  fold(rules, ticksStreamOf(normaliseAll(messages, instrument)))

describe('a bar', () => {
  test('of a MID instrument has the prices of its quotes and the weight of their sizes', () => {
    const { closed } = barsOf(SECONDS, [
      feedQuote(0, 1, 3, { bidSize: 1, askSize: 2 }),
      feedQuote(400, 3, 5, { bidSize: 2, askSize: 3 }),
      feedTrade(500, 9, 100),
      feedQuote(999, 0.5, 1.5, { bidSize: null, askSize: null }),
      feedHeartbeat(2_000),
    ])
    expect(closed).toEqual([
      {
        instrumentId: ID,
        intervalMs: 1_000,
        windowStartMs: TEN,
        origin: 'COMPUTED',
        basis: 'MID',
        source: 'SIM',
        open: 2,
        high: 4,
        low: 1,
        close: 1,
        volume: 9,
        vwap: (2 * 3 + 4 * 5 + 1 * 1) / 9,
        ticks: 3,
        bid: null,
        ask: null,
      },
    ])
  })

  test('of a TRADE instrument has the prices and sizes of its trades', () => {
    const messages = [
      feedQuote(0, 1, 3),
      feedTrade(1, 2, 5),
      feedTrade(2, 4, 15),
      feedHeartbeat(2_000),
    ]
    const { closed } = barsOf(SECONDS, messages, OF_TRADES)
    expect(closed).toMatchObject([
      { basis: 'TRADE', open: 2, close: 4, volume: 20, vwap: 3.5, ticks: 2 },
    ])
  })

  test('of trades without size has no average price', () => {
    const { closed } = barsOf(SECONDS, [feedTrade(1, 2, 0), feedHeartbeat(2_000)], OF_TRADES)
    expect(closed).toMatchObject([{ volume: 0, vwap: null, ticks: 1 }])
  })

  test('waits for its grace by the time of its own instrument, and closes once', () => {
    const messages = [
      feedQuote(500, 1, 1),
      feedHeartbeat(1_999),
      feedHeartbeat(2_000),
      feedHeartbeat(9_000),
    ]
    const counts = ticksStreamOf(normaliseAll(messages)).map(
      (_event, i, events) => fold(SECONDS, events.slice(0, i + 1)).closed.length,
    )
    expect(counts).toEqual([0, 0, 1, 1])
  })

  test('begins at a multiple of its interval; a tick at the border belongs to the next', () => {
    const { closed } = barsOf(SECONDS, [
      feedQuote(999, 1, 1),
      feedQuote(1_000, 2, 2),
      feedHeartbeat(5_000),
    ])
    expect(closed.map(({ windowStartMs, ticks }) => [windowStartMs - TEN, ticks])).toEqual([
      [0, 1],
      [1_000, 1],
    ])
  })

  test('takes late ticks within its grace by their event time, ties by arrival', () => {
    const { closed } = barsOf(SECONDS, [
      feedQuote(500, 2, 2),
      feedQuote(500, 3, 3),
      feedQuote(1_500, 9, 9),
      feedQuote(400, 1, 1),
      feedQuote(500, 4, 4),
      feedQuote(400, 7, 7),
      feedHeartbeat(2_000),
    ])
    expect(closed).toMatchObject([{ open: 1, close: 4, high: 7, low: 1, ticks: 5 }])
  })

  test('counts what comes after its grace as late, for the intervals that are closed only', () => {
    const rules: BarRules = { intervalsMs: [1_000, 60_000], graceMs: 1_000 }
    const { state, closed } = barsOf(rules, [
      feedQuote(0, 1, 1),
      feedHeartbeat(2_000),
      feedQuote(500, 5, 5),
      feedHeartbeat(61_000),
    ])
    expect(state.lateTicks).toBe(1)
    expect(closed.map(({ intervalMs, ticks, close }) => [intervalMs, ticks, close])).toEqual([
      [1_000, 1, 1],
      [60_000, 2, 5],
    ])
  })

  test('leaves out crossed and suspicious ticks, which still move time', () => {
    const { closed } = barsOf(SECONDS, [
      feedQuote(0, 1, 1),
      feedQuote(1, 9, 8),
      feedQuote(2, 7, 7, { suspicious: true }),
      feedQuote(2_000, 9, 8),
    ])
    expect(closed).toMatchObject([{ ticks: 1, high: 1 }])
  })

  test('of several that close together comes by its end, the shorter first', () => {
    const { closed } = barsOf(BAR_RULES, [
      feedQuote(3_599_500, 1, 1),
      feedQuote(3_600_500, 1, 1),
      feedHeartbeat(7_300_000),
    ])
    expect(
      closed.map(({ intervalMs, windowStartMs }) => [intervalMs, windowStartMs - TEN]),
    ).toEqual([
      [1_000, 3_599_000],
      [60_000, 3_540_000],
      [3_600_000, 0],
      [1_000, 3_600_000],
      [60_000, 3_600_000],
      [3_600_000, 3_600_000],
    ])
  })
})

/** Bars of one interval by sorting and grouping every tick at the end: what a query over the ticks would say. */
function recomputed(events: readonly TicksEnvelope[], intervalMs: number, graceMs: number) {
  const groups = new Map<number, MarketTickReceived[]>()
  let newest = 0
  for (const { eventType, payload } of events) {
    newest = Math.max(newest, payload.eventTimeMs)
    if (eventType !== 'MarketTickReceived' || payload.kind !== 'QUOTE' || payload.mid === null)
      continue
    if (payload.flags.includes('CROSSED') || payload.flags.includes('SUSPICIOUS')) continue
    const start = Math.floor(payload.eventTimeMs / intervalMs) * intervalMs
    if (start + intervalMs + graceMs <= newest) continue
    groups.set(start, [...(groups.get(start) ?? []), payload])
  }
  const final = [...groups].filter(([start]) => start + intervalMs + graceMs <= newest)
  return final
    .sort(([left], [right]) => left - right)
    .map(([windowStartMs, ticks]) => {
      // Stable: of equal times the first to arrive stays first.
      const inOrder = [...ticks].sort((left, right) => left.eventTimeMs - right.eventTimeMs)
      const mids = inOrder.map((tick) => tick.mid ?? Number.NaN)
      const weights = ticks.map((tick) => (tick.bidSize ?? 0) + (tick.askSize ?? 0) || 1)
      return {
        windowStartMs,
        open: mids[0],
        high: Math.max(...mids),
        low: Math.min(...mids),
        close: mids.at(-1),
        volume: weights.reduce((sum, weight) => sum + weight, 0),
        ticks: ticks.length,
      }
    })
}

test.each([1, 2, 3])('bars equal a naive recomputation from the ticks, seed %i', (seed) => {
  const random = seeded(seed)
  let at = 0
  const messages = Array.from({ length: 6_000 }, () => {
    at += Math.floor(random() * 400)
    const time = random() < 0.15 ? at - Math.floor(random() * 2_500) : at
    if (random() < 0.05) return feedHeartbeat(time)
    const bid = 1 + Math.round(random() * 1_000) / 1_000
    const ask = random() < 0.05 ? null : bid + (random() < 0.05 ? -0.01 : 0.01)
    const suspicious = random() < 0.02
    return feedQuote(time, bid, ask, { bidSize: Math.floor(random() * 5), askSize: 1, suspicious })
  })
  const events = ticksStreamOf(normaliseAll(messages))
  const { closed, state } = fold(BAR_RULES, events)
  expect(state.lateTicks).toBeGreaterThan(0)
  for (const intervalMs of [1_000, 60_000]) {
    const own = closed
      .filter((bar) => bar.intervalMs === intervalMs)
      .map(({ windowStartMs, open, high, low, close, volume, ticks }) => ({
        windowStartMs,
        open,
        high,
        low,
        close,
        volume,
        ticks,
      }))
    const expected = recomputed(events, intervalMs, BAR_RULES.graceMs)
    expect(expected.length).toBeGreaterThan(10)
    expect(own).toEqual(expected)
  }
})
