import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import type { Bar, Instrument, Page, Problem } from '../protocol.ts'
import type { BarQuery } from './bar-source.ts'
import {
  BarPage,
  InstrumentPage,
  InstrumentSchema,
  MarketSnapshotSchema,
  ProblemSchema,
} from './schemas.ts'

let orion: RunningGateway
const asked: BarQuery[] = []
let answerBars: (query: BarQuery) => Promise<readonly Bar[]> = async () => []

beforeAll(async () => {
  orion = await runGateway({
    limits: { queryTimeoutMs: 200, requestTimeoutMs: 2_000 },
    bars: (query) => {
      asked.push(query)
      return answerBars(query)
    },
  })
  for (const id of ['AUDUSD.SIM', 'EURUSD.SIM', 'GBPUSD.SIM']) orion.instrument(id, 'FX')
  orion.instrument('ACME.SIM', 'EQUITY')
  orion.instrument('BOND.SIM', 'RATES')
  orion.instrument('OWN.DEMO', 'FX', 'demo')
  orion.price('EURUSD.SIM', 5)
  orion.price('ACME.SIM', 6)
  orion.price('OWN.DEMO', 7, 'demo')
  await orion.priced(['EURUSD.SIM', 'ACME.SIM', 'OWN.DEMO'])
  await until('all instruments', async () => (await ids('trader', '')).length === 6)
})

afterAll(() => orion.close())

async function get<T>(
  path: string,
  user = 'trader',
  tenant = 'demo',
): Promise<{ status: number; body: T; headers: Headers }> {
  const response = await orion.call(path, { token: await orion.token(user, tenant) })
  return { status: response.status, body: (await response.json()) as T, headers: response.headers }
}

async function ids(user: string, query: string, tenant = 'demo'): Promise<string[]> {
  const { body } = await get<Page<Instrument>>(`/api/v1/instruments${query}`, user, tenant)
  return body.items.map(({ instrumentId }) => instrumentId)
}

describe('instruments', () => {
  test('come by id, a page at a time, and a page has the promised shape', async () => {
    const first = await get<Page<Instrument>>('/api/v1/instruments?limit=4')
    expect(InstrumentPage.parse(first.body)).toEqual(first.body)
    expect(first.body.items.map(({ instrumentId }) => instrumentId)).toEqual([
      'ACME.SIM',
      'AUDUSD.SIM',
      'BOND.SIM',
      'EURUSD.SIM',
    ])
    const second = await get<Page<Instrument>>(
      `/api/v1/instruments?limit=4&cursor=${first.body.nextCursor}`,
    )
    expect(second.body.items.map(({ instrumentId }) => instrumentId)).toEqual([
      'GBPUSD.SIM',
      'OWN.DEMO',
    ])
    expect(second.body.nextCursor).toBeNull()
  })

  test('are filtered by asset class and by text', async () => {
    expect(await ids('trader', '?assetClass=RATES')).toEqual(['BOND.SIM'])
    expect(await ids('trader', '?q=eur')).toEqual(['EURUSD.SIM'])
    expect(await ids('trader', '?q=usd&assetClass=EQUITY')).toEqual([])
  })

  const SORTED: readonly (readonly [sort: string, ids: string])[] = [
    ['instrumentId', 'ACME.SIM AUDUSD.SIM BOND.SIM EURUSD.SIM GBPUSD.SIM OWN.DEMO'],
    ['-instrumentId', 'OWN.DEMO GBPUSD.SIM EURUSD.SIM BOND.SIM AUDUSD.SIM ACME.SIM'],
    ['symbol', 'ACME.SIM AUDUSD.SIM BOND.SIM EURUSD.SIM GBPUSD.SIM OWN.DEMO'],
    ['-symbol', 'OWN.DEMO GBPUSD.SIM EURUSD.SIM BOND.SIM AUDUSD.SIM ACME.SIM'],
    ['assetClass', 'ACME.SIM AUDUSD.SIM EURUSD.SIM GBPUSD.SIM OWN.DEMO BOND.SIM'],
    ['-assetClass', 'BOND.SIM OWN.DEMO GBPUSD.SIM EURUSD.SIM AUDUSD.SIM ACME.SIM'],
  ]
  test.each(SORTED)('sorted by %s come as %s, in pages of every size', async (sort, expected) => {
    for (const limit of [1, 2, 5, 6]) {
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const next: string = cursor === null ? '' : `&cursor=${cursor}`
        const { body }: { body: Page<Instrument> } = await get<Page<Instrument>>(
          `/api/v1/instruments?sort=${sort}&limit=${limit}${next}`,
        )
        seen.push(...body.items.map(({ instrumentId }) => instrumentId))
        cursor = body.nextCursor
      } while (cursor !== null)
      expect(seen.join(' ')).toBe(expected)
    }
  })

  test('a page after one that has gone goes on where that one was; a cursor of another order is refused', async () => {
    // By id it stands before EURUSD.SIM, by symbol after it.
    orion.instrument('EURUSD-1.SIM', 'FX')
    await until('it is there', async () => (await ids('trader', '?q=EURUSD-1')).length === 1)
    const { body } = await get<Page<Instrument>>('/api/v1/instruments?sort=-symbol&limit=3')
    expect(body.items.at(-1)?.instrumentId).toBe('EURUSD-1.SIM')
    orion.publish(orion.topics.admin.instruments, 'platform', 'EURUSD-1.SIM', null)
    await until('it is gone', async () => (await ids('trader', '?q=EURUSD-1')).length === 0)
    expect(await ids('trader', `?sort=-symbol&limit=3&cursor=${body.nextCursor}`)).toEqual([
      'EURUSD.SIM',
      'BOND.SIM',
      'AUDUSD.SIM',
    ])
    const other = await get<Problem>(`/api/v1/instruments?sort=symbol&cursor=${body.nextCursor}`)
    expect(other.status).toBe(400)
    expect((await get<Problem>('/api/v1/instruments?sort=name')).status).toBe(400)
  })

  const VISIBLE: readonly (readonly [tenant: string, user: string, ids: string])[] = [
    ['demo', 'trader', 'ACME.SIM AUDUSD.SIM BOND.SIM EURUSD.SIM GBPUSD.SIM OWN.DEMO'],
    ['demo', 'trader2', 'AUDUSD.SIM BOND.SIM EURUSD.SIM GBPUSD.SIM OWN.DEMO'],
    ['demo', 'client', 'ACME.SIM'],
    ['other', 'trader', 'ACME.SIM AUDUSD.SIM BOND.SIM EURUSD.SIM GBPUSD.SIM'],
    ['other', 'client', 'ACME.SIM'],
  ]
  test.each(VISIBLE)('tenant %s, user %s sees %s', async (tenant, user, expected) => {
    expect(await ids(user, '', tenant)).toEqual(expected.split(' '))
  })

  test('one is found by its id, with decimals as text', async () => {
    const { status, body } = await get<Instrument>('/api/v1/instruments/EURUSD.SIM')
    expect(status).toBe(200)
    expect(InstrumentSchema.parse(body)).toEqual(body)
    expect(body).toMatchObject({ assetClass: 'FX', tickSize: '0.00001', lotSize: '1000' })
  })
})

describe('access to one instrument', () => {
  const CASES: readonly (readonly [tenant: string, user: string, id: string, status: number])[] = [
    ['demo', 'trader', 'EURUSD.SIM', 200],
    ['demo', 'trader2', 'EURUSD.SIM', 200],
    ['demo', 'trader2', 'ACME.SIM', 403],
    ['demo', 'client', 'EURUSD.SIM', 403],
    ['demo', 'trader', 'OWN.DEMO', 200],
    ['other', 'trader', 'OWN.DEMO', 404],
    ['demo', 'trader', 'NO.SUCH', 404],
  ]
  test.each(CASES)(
    '%s/%s asking for %s gets %i on every route',
    async (tenant, user, id, status) => {
      answerBars = async () => []
      for (const path of [
        `/api/v1/instruments/${id}`,
        `/api/v1/market/snapshot?instrumentId=${id}`,
        `/api/v1/market/bars?instrumentId=${id}&interval=1m`,
      ]) {
        const answer = await get<Problem>(path, user, tenant)
        expect(`${path} ${answer.status}`).toBe(`${path} ${status}`)
        if (status !== 200) expect(ProblemSchema.parse(answer.body)).toEqual(answer.body)
      }
    },
  )
})

test('a snapshot has the promised shape; without a price it is 404', async () => {
  const { body } = await get('/api/v1/market/snapshot?instrumentId=EURUSD.SIM')
  expect(MarketSnapshotSchema.parse(body)).toEqual(body)
  expect(body).toMatchObject({
    bid: 5,
    ask: 5.5,
    mid: 5.25,
    sequence: 5,
    stale: false,
    quality: 'GOOD',
    bids: [{ price: 5, size: 1000 }],
  })
  expect(await get('/api/v1/market/snapshot?instrumentId=GBPUSD.SIM')).toMatchObject({
    status: 404,
    body: { type: 'urn:orion:problem:no-price-yet' },
  })
})

describe('bars', () => {
  const bar = (windowStartMs: number): Bar => ({
    windowStartMs,
    open: 1,
    high: 2,
    low: 0.5,
    close: 1.5,
    volume: 10,
    vwap: null,
    ticks: 3,
    origin: 'COMPUTED',
  })

  test('are asked for within the bounds given, the latest first, page by page', async () => {
    answerBars = async ({ fromMs, toMs, limit }) =>
      [0, 60_000, 120_000]
        .filter((at) => at >= fromMs && at < toMs)
        .slice(-limit)
        .map(bar)
    const path =
      '/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m&from=0&to=1970-01-01T01:00:00Z&limit=2'
    const first = await get<Page<Bar>>(path)
    expect(BarPage.parse(first.body)).toEqual(first.body)
    expect(first.body.items.map(({ windowStartMs }) => windowStartMs)).toEqual([60_000, 120_000])
    expect(asked.at(-1)).toEqual({
      tenant: 'platform',
      instrumentId: 'EURUSD.SIM',
      interval: '1m',
      fromMs: 0,
      toMs: 3_600_000,
      limit: 2,
    })
    const second = await get<Page<Bar>>(`${path}&cursor=${first.body.nextCursor}`)
    expect(second.body).toEqual({ items: [bar(0)], nextCursor: null })
  })

  const FAILURES: readonly (readonly [string, () => Promise<never>, number])[] = [
    ['an engine that is down', () => Promise.reject(new Error('connection refused')), 503],
    ['an engine that does not answer', () => new Promise<never>(() => {}), 504],
  ]
  test.each(FAILURES)('%s is a problem that says so, and prices go on', async (_, fail, status) => {
    answerBars = fail
    const answer = await get<Problem>('/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1s')
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect((await get('/api/v1/market/snapshot?instrumentId=EURUSD.SIM')).status).toBe(200)
  })
})

describe('input', () => {
  const BAD: readonly (readonly [path: string, place: string])[] = [
    ['/api/v1/instruments?limit=0', 'query.limit'],
    ['/api/v1/instruments?limit=x', 'query.limit'],
    ['/api/v1/instruments?limit=1.5', 'query.limit'],
    ['/api/v1/instruments?assetClass=GOLD', 'query.assetClass'],
    ['/api/v1/instruments?cursor=%00', 'query.cursor'],
    ['/api/v1/instruments?cursor=WyJiYXJzIiwiYSJd', 'query.cursor'],
    ['/api/v1/instruments?q=', 'query.q'],
    ['/api/v1/instruments?surprise=1', 'query'],
    ['/api/v1/instruments/a%20b', 'path.id'],
    ['/api/v1/market/snapshot', 'query.instrumentId'],
    ['/api/v1/market/bars?instrumentId=EURUSD.SIM', 'query.interval'],
    ['/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=2m', 'query.interval'],
    ['/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m&from=yesterday', 'query.from'],
    ['/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m&from=10&to=10', 'query.from'],
    ['/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m&from=999999999999999', 'query'],
  ]
  test.each(BAD)('%s is refused at %s', async (path, place) => {
    const { status, body } = await get<Problem>(path)
    expect(status).toBe(400)
    expect(body.errors?.map((error) => error.path)).toContain(place)
  })

  const BODIES: readonly (readonly [string, RequestInit, number])[] = [
    ['no body', { body: '' }, 400],
    ['no JSON', { body: '{' }, 400],
    ['no UTF-8', { body: new Uint8Array([0x22, 0xff, 0x22]) }, 400],
    ['another shape', { body: '[]' }, 400],
    [
      'a field too many',
      { body: JSON.stringify({ tenant: 'demo', user: 'trader', password: 'x', admin: true }) },
      400,
    ],
    [
      'a form',
      { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
    ],
    ['too many bytes', { body: JSON.stringify({ password: 'x'.repeat(100_000) }) }, 413],
  ]
  test.each(BODIES)('a log-in with %s is refused', async (_, init, status) => {
    const response = await orion.call('/api/v1/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...init,
    })
    expect(response.status).toBe(status)
    expect(ProblemSchema.parse(await response.json()).status).toBe(status)
  })

  test('an unknown path is 404, a wrong method 405 with what is allowed', async () => {
    expect(await get('/api/v1/nothing')).toMatchObject({
      status: 404,
      body: { type: 'urn:orion:problem:not-found' },
    })
    const wrong = await orion.call('/api/v1/me', { method: 'DELETE' })
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toBe('GET, HEAD')
  })
})
