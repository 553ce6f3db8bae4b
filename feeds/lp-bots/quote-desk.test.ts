import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import type { LPConfigUpdated } from '#avro'
import {
  INSTRUMENT,
  instrument,
  lastLook,
  lpConfig,
  mark,
  quoteRejected,
  rfqCancelled,
  rfqSent,
} from './fixtures/rfq-events.ts'
import { Inventories } from './inventories.ts'
import { MarketKnowledge } from './market-knowledge.ts'
import { type Decline, type MadeQuote, QUOTES_PER_RFQ_MAX, QuoteDesk } from './quote-desk.ts'

const T0 = 1_000_000

interface Room {
  readonly desk: QuoteDesk
  readonly market: MarketKnowledge
  readonly inventories: Inventories
  readonly declines: [string, Decline][]
  /** Quotes up to then, and when each was made. */
  until(untilMs: number): MadeQuote[]
}

function room(
  lps: readonly LPConfigUpdated[] = [lpConfig('LP1'), lpConfig('LP2')],
  { seed = 1, openMax = 100, owner = 'platform' } = {},
): Room {
  const market = new MarketKnowledge()
  for (const lp of lps) market.lps.set(`${owner}|${lp.lpId}`, () => lp)
  market.instruments.set(`platform|${INSTRUMENT}`, instrument)
  market.marks.set(`platform|${INSTRUMENT}`, () => ({ mark: mark(100, T0), arrivedAtMs: T0 }))
  const inventories = new Inventories()
  const declines: [string, Decline][] = []
  const desk = new QuoteDesk({
    seed,
    market,
    inventories,
    openMax,
    onDecline: (lpId, reason) => declines.push([lpId, reason]),
  })
  return {
    desk,
    market,
    inventories,
    declines,
    until: (untilMs) => {
      const made: MadeQuote[] = []
      for (let due = desk.nextDueMs(); due !== undefined && due <= untilMs; due = desk.nextDueMs())
        made.push(...desk.quotesDue(Math.max(T0, Math.ceil(due))))
      return made
    },
  }
}

const sent = (rfqId: string, lpIds: readonly string[] = ['LP1', 'LP2'], lifeMs = 1_000) =>
  rfqSent(rfqId, { lpIds, sentAtMs: T0, expiryTimeMs: T0 + lifeMs })
const told = (quotes: readonly MadeQuote[]) =>
  quotes.map(({ quote: { payload, occurredAt, eventId } }) => ({
    eventId,
    occurredAt,
    quoteId: payload.quoteId,
    lpId: payload.lpId,
    price: payload.price.toString(),
  }))

test('each invited bot quotes once its time has come, under the correlation of the RFQ', () => {
  const { desk, until } = room()
  desk.onLifecycle(0, 5, sent('R-1'), T0)
  expect(desk.quotesDue(T0)).toEqual([])
  const quotes = until(T0 + 1_000)
  expect(quotes.map(({ quote }) => quote.payload.lpId).sort()).toEqual(['LP1', 'LP2'])
  for (const { quote, dueMs } of quotes) {
    expect(quote).toMatchObject({
      tenantId: 'demo',
      correlationId: 'c-R-1',
      causationId: sent('R-1').eventId,
      payload: { quotedBy: 'bot' },
    })
    expect([quote.payload.size.toString(), quote.payload.price.toString()]).toEqual(['1', '100.1'])
    expect(quote.payload.quoteId).toMatch(/^Q-[0-9a-f]{20}$/)
    expect(dueMs).toBeGreaterThan(T0)
  }
})

test('the same seed gives the same ids, times and prices, in any order of arrival; another seed does not', () => {
  const run = (seed: number, rfqIds: readonly string[]) => {
    const { desk, until } = room(undefined, { seed })
    for (const rfqId of rfqIds) desk.onLifecycle(0, 1, sent(rfqId), T0)
    return told(until(T0 + 1_000)).sort((a, b) => (a.quoteId < b.quoteId ? -1 : 1))
  }
  const first = run(7, ['R-1', 'R-2', 'R-3'])
  expect(run(7, ['R-3', 'R-1', 'R-2'])).toEqual(first)
  const other = run(8, ['R-1', 'R-2', 'R-3'])
  expect(other.map(({ quoteId }) => quoteId)).toEqual(first.map(({ quoteId }) => quoteId))
  expect(other.map(({ occurredAt }) => occurredAt)).not.toEqual(
    first.map(({ occurredAt }) => occurredAt),
  )
})

test('response times are log-normal around the median, declines as probable as configured', () => {
  const slow = lpConfig('LP1')
  const personality = slow.personality && { ...slow.personality, declineProbability: 0.2 }
  const { desk, until, declines } = room([{ ...slow, personality }], { openMax: 5_000 })
  for (let n = 0; n < 2_000; n += 1)
    desk.onLifecycle(
      0,
      n,
      rfqSent(`R-${n}`, { lpIds: ['LP1'], sentAtMs: T0 + 10 * n, expiryTimeMs: T0 + 60_000 }),
      T0,
    )
  const first = new Map<string, number>()
  for (const { quote, dueMs, sentAtMs } of until(T0 + 30_000))
    if (!first.has(quote.payload.rfqId)) first.set(quote.payload.rfqId, dueMs - sentAtMs)
  const delays = [...first.values()].sort((a, b) => a - b)
  const logs = delays.map((delay) => Math.log(delay / 50))
  const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length
  const deviation = Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logs.length)
  expect(Math.abs(mean)).toBeLessThan(0.05)
  expect(Math.abs(deviation - 0.5)).toBeLessThan(0.05)
  expect(declines.length / 2_000).toBeGreaterThan(0.16)
  expect(declines.length / 2_000).toBeLessThan(0.24)
  expect(delays.length + declines.length).toBe(2_000)
})

test('a quote never outlives its RFQ, and after an expiry a new one follows while there is time', () => {
  const { desk, until } = room([lpConfig('LP1', { quoteTtlMs: 300 })])
  desk.onLifecycle(0, 1, sent('R-1', ['LP1']), T0)
  const quotes = until(T0 + 5_000)
  expect(quotes.length).toBeGreaterThan(2)
  expect(new Set(quotes.map(({ quote }) => quote.payload.quoteId)).size).toBe(quotes.length)
  for (const [at, { quote }] of quotes.entries()) {
    expect(quote.payload.expiresAtMs).toBeLessThanOrEqual(T0 + 1_000)
    const before = quotes[at - 1]
    if (before !== undefined)
      expect(quote.occurredAt).toBeGreaterThanOrEqual(before.quote.payload.expiresAtMs)
  }
  expect(quotes.at(-1)?.quote.payload.expiresAtMs).toBe(T0 + 1_000)
  expect(desk.openRfqs).toBe(0)
})

test('refreshing has an end', () => {
  const { desk, until } = room([lpConfig('LP1', { quoteTtlMs: 100 })])
  desk.onLifecycle(0, 1, sent('R-1', ['LP1'], 3_600_000), T0)
  expect(until(T0 + 3_600_000)).toHaveLength(QUOTES_PER_RFQ_MAX)
})

test('who was refused does not go on; who was only told to have said it before does', () => {
  const { desk, until } = room([
    lpConfig('LP1', { quoteTtlMs: 100 }),
    lpConfig('LP2', { quoteTtlMs: 100 }),
  ])
  desk.onLifecycle(0, 1, sent('R-1', ['LP1', 'LP2'], 60_000), T0)
  desk.onLifecycle(0, 2, quoteRejected('R-1', 'LP1', 'QUOTE_EXPIRED'), T0)
  desk.onLifecycle(0, 3, quoteRejected('R-1', 'LP2', 'QUOTE_DUPLICATE'), T0)
  const lps = until(T0 + 60_000).map(({ quote }) => quote.payload.lpId)
  expect(lps).toEqual(Array.from({ length: QUOTES_PER_RFQ_MAX }, () => 'LP2'))
})

test.each<[string, readonly LPConfigUpdated[], { owner?: string; tenantId?: string }]>([
  ['a desk', [lpConfig('LP1', { kind: 'DESK' })], {}],
  ['a disabled one', [lpConfig('LP1', { enabled: false })], {}],
  ['one without personality', [lpConfig('LP1', { personality: null })], {}],
  ['one that was not invited', [lpConfig('LP9')], {}],
  ['one that serves other tenants', [lpConfig('LP1', { tenantIds: ['other'] })], {}],
  ['one that belongs to another tenant', [lpConfig('LP1')], { owner: 'other' }],
])('silent: %s', (_, lps, { owner = 'platform' }) => {
  const { desk, until } = room(lps, { owner })
  desk.onLifecycle(0, 1, sent('R-1', ['LP1']), T0)
  expect(until(T0 + 1_000)).toEqual([])
  expect(desk.openRfqs).toBe(0)
})

test("a tenant's own provider hides the platform's of the same id", () => {
  const { desk, until, market } = room([lpConfig('LP1')])
  market.lps.set('demo|LP1', () => lpConfig('LP1', { enabled: false }))
  desk.onLifecycle(0, 1, sent('R-1', ['LP1']), T0)
  expect(until(T0 + 1_000)).toEqual([])
})

test.each(['demo', 'platform'])(
  'the flag of %s switches the bots off, also for what is due',
  (owner) => {
    const { desk, until, market } = room()
    desk.onLifecycle(0, 1, sent('R-1'), T0)
    market.flags.set(`${owner}|lp-bots`, () => ({ flag: 'lp-bots', enabled: false }))
    expect(until(T0 + 1_000)).toEqual([])
    market.flags.delete(`${owner}|lp-bots`)
    desk.onLifecycle(0, 2, sent('R-2'), T0)
    expect(until(T0 + 1_000)).toHaveLength(2)
  },
)

test('a provider that is disabled between RFQ and quote is silent', () => {
  const { desk, until, market } = room()
  desk.onLifecycle(0, 1, sent('R-1'), T0)
  market.lps.set('platform|LP2', () => lpConfig('LP2', { enabled: false }))
  expect(until(T0 + 1_000).map(({ quote }) => quote.payload.lpId)).toEqual(['LP1'])
})

test('an RFQ that is over is not quoted, nor one in the hands of a last look until that is rejected', () => {
  const { desk, until } = room([lpConfig('LP1')])
  desk.onLifecycle(0, 1, sent('R-over', ['LP1']), T0)
  desk.onLifecycle(0, 2, rfqCancelled('R-over', T0), T0)
  desk.onLifecycle(0, 3, sent('R-held', ['LP1']), T0)
  desk.onLifecycle(0, 4, lastLook('R-held', 'begins', T0), T0)
  expect(until(T0 + 900)).toEqual([])
  expect(desk.firstOpenOffset(0)).toBe(3)
  desk.onLifecycle(0, 5, lastLook('R-held', 'rejects', T0), T0)
  expect(desk.quotesDue(T0 + 900)).toHaveLength(1)
  // One that was over before it was read.
  desk.onLifecycle(0, 6, sent('R-late', ['LP1']), T0 + 1_000)
  expect(until(T0 + 5_000)).toEqual([])
  expect(desk.openRfqs).toBe(0)
})

test('what is held is not quoted before it is ready, and what the log has is not quoted again', () => {
  const whole = room()
  whole.desk.onLifecycle(2, 8, sent('R-1'), T0)
  const [first, second] = whole.until(T0 + 1_000)
  const { desk, until } = room()
  desk.hold(2)
  desk.onLifecycle(2, 8, sent('R-1'), T0)
  expect(until(T0 + 500)).toEqual([])
  expect(desk.firstOpenSentAtMs(2)).toBe(T0)
  if (first !== undefined) desk.onWritten(2, first.quote)
  desk.ready(2)
  expect(desk.quotesDue(T0 + 500).map(({ quote }) => quote.payload.quoteId)).toEqual([
    second?.quote.payload.quoteId,
  ])
})

test('inventory moves the price against more of it, and halves with time', () => {
  const price = (atMs: number, side: 'BUY' | 'SELL'): string | undefined => {
    const { desk, inventories } = room([lpConfig('LP1')])
    inventories.traded('demo', {
      lpId: 'LP1',
      instrumentId: INSTRUMENT,
      side: 'SELL',
      notional: new Decimal(1_000_000),
      executedAtMs: T0,
    })
    desk.onLifecycle(
      0,
      1,
      rfqSent('R-1', { lpIds: ['LP1'], side, sentAtMs: atMs - 1_000, expiryTimeMs: atMs + 9_000 }),
      atMs,
    )
    return desk.quotesDue(atMs)[0]?.quote.payload.price.toString()
  }
  // Half spread 10 bps, nearly 30 by the age of the mark after 120 s; skew 5 bps, then 2.5.
  expect([price(T0, 'BUY'), price(T0, 'SELL')]).toEqual(['100.05', '99.85'])
  expect([price(T0 + 120_000, 'BUY'), price(T0 + 120_000, 'SELL')]).toEqual(['100.28', '99.67'])
})

test("nobody's prices tell of another tenant's trades", () => {
  const { inventories } = room()
  const trade = {
    lpId: 'LP1',
    instrumentId: INSTRUMENT,
    side: 'BUY',
    notional: new Decimal(5),
    executedAtMs: T0,
  } as const
  inventories.traded('demo', trade)
  expect(inventories.held('demo', 'LP1', INSTRUMENT, T0)).toBe(-5)
  expect(inventories.held('other', 'LP1', INSTRUMENT, T0)).toBe(0)
})

test('throttled and without a mark: declined, with the reason', () => {
  const { desk, until, declines, market } = room([lpConfig('LP1', { rfqsPerSecond: 2 })])
  for (const n of [1, 2, 3]) desk.onLifecycle(0, n, sent(`R-${n}`, ['LP1']), T0)
  expect(until(T0 + 1_000)).toHaveLength(2)
  expect(declines).toEqual([['LP1', 'throttled']])
  market.marks.set(`platform|${INSTRUMENT}`, () => ({ mark: mark(null, T0), arrivedAtMs: T0 }))
  const later = { lpIds: ['LP1'], sentAtMs: T0 + 2_000, expiryTimeMs: T0 + 9_000 }
  desk.onLifecycle(0, 9, rfqSent('R-9', later), T0)
  expect(until(T0 + 9_000)).toEqual([])
  expect(declines.at(-1)).toEqual(['LP1', 'no-mark'])
})

test('open RFQs are bounded, and told where the bound declines', () => {
  const { desk, declines, until } = room([lpConfig('LP1')], { openMax: 3 })
  for (let n = 0; n < 10; n += 1) desk.onLifecycle(0, n, sent(`R-${n}`, ['LP1']), T0)
  expect(desk.openRfqs).toBe(3)
  expect(declines).toHaveLength(7)
  until(T0 + 1_000)
  expect(desk.openRfqs).toBe(0)
  expect(desk.firstOpenOffset(0)).toBeUndefined()
})
