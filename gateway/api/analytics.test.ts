import { Decimal } from 'decimal.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EnvelopeOf, LpMetricsUpdated, TcaComputed } from '#avro'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import type { LpMetrics, Page, Problem, Tca } from '../protocol.ts'

let orion: RunningGateway
const T0 = Date.UTC(2026, 10, 20, 12)

beforeAll(async () => {
  orion = await runGateway({ limits: { tcaPerTenantMax: 4 } })
  metrics('demo', 'LP-B', 1)
  metrics('demo', 'LP-A', 1)
  metrics('demo', 'LP-A', 7)
  metrics('other', 'LP-C', 1)
  trade('demo', 'T-1', { userId: 'trader' }, 0)
  trade('demo', 'T-2', { userId: 'trader2', lpId: 'LP-B', side: 'SELL' }, 1)
  trade('demo', 'T-3', { userId: 'trader', instrumentId: 'GBPUSD.SIM' }, 2)
  trade('other', 'T-4', { userId: 'trader' }, 3)
  await until('all are there', async () => {
    const trades = [...(await tca('', 'sales')), ...(await tca('', 'sales', 'other'))]
    return trades.length === 4 && (await lps('', 'sales')).length === 2
  })
})

afterAll(() => orion.close())

function metrics(tenant: string, lpId: string, invited: number): void {
  const quantiles = { count: invited, mean: 40, p50: 40, p90: 50, p99: null }
  const payload: LpMetricsUpdated = {
    lpId,
    invited,
    quoted: invited,
    won: 0,
    quotedOfTraded: 0,
    lastLookRejected: 0,
    quoteRate: 1,
    hitRatio: 0,
    hitRatioOfTraded: null,
    responseMs: quantiles,
    distanceToBestBps: quantiles,
    wonNotional: 0,
    updatedAtMs: T0,
  }
  orion.publish(
    orion.topics.analytics['lp-metrics'],
    tenant,
    lpId,
    envelope(tenant, 'LpMetricsUpdated', lpId, payload),
  )
}

function trade(
  tenant: string,
  tradeId: string,
  changes: Partial<TcaComputed>,
  minute: number,
): void {
  const payload: TcaComputed = {
    tradeId,
    rfqId: `R-${tradeId}`,
    instrumentId: 'EURUSD.SIM',
    assetClass: 'FX',
    lpId: 'LP-A',
    userId: 'trader',
    desk: 'macro',
    side: 'BUY',
    quantity: new Decimal('5000000'),
    price: new Decimal('1.08512'),
    currency: 'USD',
    decisionTimeMs: T0 + minute * 60_000,
    executionTimeMs: T0 + minute * 60_000 + 5,
    decisionMid: 1.0851,
    slippageBps: 0.18,
    slippageAmount: 100,
    effectiveSpreadBps: 0.4,
    spreadCapture: -0.2,
    timeToExecutionMs: 900,
    decisionToExecutionMs: 5,
    quotes: 3,
    coverBps: null,
    ...changes,
  }
  orion.publish(
    orion.topics.analytics.tca,
    tenant,
    tradeId,
    envelope(tenant, 'TcaComputed', tradeId, payload),
  )
}

function envelope<T extends string, P>(
  tenantId: string,
  eventType: T,
  entityId: string,
  payload: P,
): EnvelopeOf<T, P> {
  return {
    eventId: `${eventType}-${entityId}`,
    eventType,
    eventVersion: 1,
    occurredAt: T0,
    producer: 'analytics',
    tenantId,
    correlationId: 'chain',
    causationId: null,
    entity: { entityType: 'Test', entityId, sequence: 1 },
    payload,
  }
}

async function get<T>(path: string, user: string, tenant = 'demo') {
  const response = await orion.call(`/api/v1/analytics/${path}`, {
    token: await orion.token(user, tenant),
  })
  return { status: response.status, body: (await response.json()) as T }
}

async function tca(query: string, user: string, tenant = 'demo') {
  const { body } = await get<Page<Tca>>(`tca${query}`, user, tenant)
  return body.items.map(({ tradeId }) => tradeId)
}

async function lps(query: string, user: string, tenant = 'demo') {
  return (await get<Page<LpMetrics>>(`lp-metrics${query}`, user, tenant)).body.items
}

test('the latest figures of each provider, of the own tenant alone', async () => {
  const found = await lps('', 'trader')
  expect(found.map(({ lpId, invited }) => [lpId, invited])).toEqual([
    ['LP-A', 7],
    ['LP-B', 1],
  ])
  expect(found[0]).toEqual({
    lpId: 'LP-A',
    invited: 7,
    quoted: 7,
    won: 0,
    quotedOfTraded: 0,
    lastLookRejected: 0,
    quoteRate: 1,
    hitRatio: 0,
    hitRatioOfTraded: null,
    responseMs: { count: 7, mean: 40, p50: 40, p90: 50, p99: null },
    distanceToBestBps: { count: 7, mean: 40, p50: 40, p90: 50, p99: null },
    updatedAt: '2026-11-20T12:00:00.000Z',
  })
  expect((await lps('', 'sales', 'other')).map(({ lpId }) => lpId)).toEqual(['LP-C'])
  expect(await lps('?lpId=LP-C', 'sales')).toEqual([])
})

test('a trader sees what its own trades cost, who supervises those of the tenant', async () => {
  expect(await tca('', 'trader')).toEqual(['T-3', 'T-1'])
  expect(await tca('', 'trader2')).toEqual(['T-2'])
  for (const user of ['sales', 'risk', 'compliance', 'quant', 'admin']) {
    expect(await tca('', user)).toEqual(['T-3', 'T-2', 'T-1'])
  }
  expect(await tca('', 'admin', 'other')).toEqual(['T-4'])
  const { body } = await get<Page<Tca>>('tca?tradeId=T-1', 'trader')
  expect(body.items[0]).toMatchObject({
    user: 'trader',
    quantity: '5000000',
    price: '1.08512',
    slippageBps: 0.18,
    executionTime: '2026-11-20T12:00:00.005Z',
  })
})

test('filters and pages', async () => {
  expect(await tca('?instrumentId=GBPUSD.SIM', 'sales')).toEqual(['T-3'])
  expect(await tca('?lpId=LP-B&side=SELL', 'sales')).toEqual(['T-2'])
  expect(await tca('?user=trader2', 'trader')).toEqual([])
  expect(await tca(`?from=${T0 + 60_000}&to=2026-11-20T12:02:00Z`, 'sales')).toEqual(['T-2'])
  const first = (await get<Page<Tca>>('tca?limit=2', 'sales')).body
  expect(first.items.map(({ tradeId }) => tradeId)).toEqual(['T-3', 'T-2'])
  expect(await tca(`?limit=2&cursor=${first.nextCursor}`, 'sales')).toEqual(['T-1'])
})

test.each([
  ['lp-metrics', 'compliance'],
  ['lp-metrics', 'client'],
  ['lp-metrics', 'platform'],
  ['tca', 'client'],
  ['tca', 'platform'],
])('%s is refused to %s', async (path, user) => {
  expect((await get(path, user)).status).toBe(403)
})

test.each([
  ['lp-metrics?limit=0', 'query.limit'],
  ['lp-metrics?cursor=x', 'query.cursor'],
  ['tca?side=LONG', 'query.side'],
  ['tca?assetClass=GOLD', 'query.assetClass'],
  ['tca?from=2026-11-20T13:00:00Z&to=2026-11-20T12:00:00Z', 'query.from'],
])('%s names what is wrong', async (path, field) => {
  const { status, body } = await get<Problem>(path, 'sales')
  expect([status, body.errors?.[0]?.path]).toEqual([400, field])
})

test('beyond the bound the oldest trade goes', async () => {
  trade('demo', 'T-5', {}, 4)
  trade('demo', 'T-6', {}, 5)
  await until('both are there', async () => (await tca('?tradeId=T-6', 'sales')).length === 1)
  await until('and T-5', async () => (await tca('?tradeId=T-5', 'sales')).length === 1)
  expect(await tca('', 'sales')).toHaveLength(4)
})
