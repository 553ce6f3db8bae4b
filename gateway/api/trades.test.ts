import { Decimal } from 'decimal.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type {
  ConfirmationsEnvelope,
  SettlementEnvelope,
  TradeExecuted,
  TradesEnvelope,
} from '#avro'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import {
  settlementCompleted,
  settlementFailed,
  settlementRequested,
  settlementRetrying,
  TRADED_MS,
  tradeConfirmed,
  tradeExecuted,
} from '../fixtures/trade-events.ts'
import type { Confirmation, Page, Problem, Reconciliation, Trade } from '../protocol.ts'

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway({ limits: { tradesPerTenantMax: 7 } })
  // T-1: all of it, told twice and the settlement out of order.
  tell('demo', tradeExecuted('demo', 'T-1'))
  tell('demo', settlementCompleted('demo', 'T-1'), settlementRetrying('demo', 'T-1'))
  tell('demo', tradeConfirmed('demo', 'T-1'), tradeConfirmed('demo', 'T-1'))
  tell('demo', tradeExecuted('demo', 'T-1'), settlementRequested('demo', 'T-1'))
  // T-2: failed. T-3: not confirmed. T-4: a confirmation alone. T-5: amounts that differ, not settled.
  tell('demo', trade('T-2', 1, { side: 'SELL', notional: new Decimal('-5.5') }))
  tell('demo', tradeConfirmed('demo', 'T-2', { notional: new Decimal('-5.5') }))
  tell('demo', settlementFailed('demo', 'T-2'))
  tell(
    'demo',
    trade('T-3', 2, {
      ...client,
      assetClass: 'EQUITY',
      instrumentId: 'AAPL.SIMEX',
      notional: new Decimal(90),
    }),
  )
  tell('demo', tradeConfirmed('demo', 'T-4', { executedAtMs: TRADED_MS + 3 * 60_000 }))
  tell('demo', trade('T-5', 4, { lpId: '=LP"2,', buyer: '=HYPERLINK("x"),1' }))
  tell(
    'demo',
    tradeConfirmed('demo', 'T-5', { buyer: '=HYPERLINK("x"),1', notional: new Decimal(7) }),
  )
  tell('demo', settlementRetrying('demo', 'T-5'))
  tell('other', tradeExecuted('other', 'T-9'), tradeConfirmed('other', 'T-9'))
  await until('all are there', async () => {
    const [all, report] = [await ids('', 'admin'), await reconciliation('admin')]
    const others = await ids('', 'admin', 'other')
    return all.length === 4 && report.breaks.length === 5 && others.length === 1
  })
})

afterAll(() => orion.close())

const client = { requester: { userId: 'client', desk: '', roles: ['CLIENT'], assetClasses: [] } }

function trade(tradeId: string, minute: number, more: Partial<TradeExecuted>): TradesEnvelope {
  return tradeExecuted('demo', tradeId, { executedAtMs: TRADED_MS + minute * 60_000, ...more })
}

function tell(
  tenant: string,
  ...events: readonly (TradesEnvelope | ConfirmationsEnvelope | SettlementEnvelope)[]
): void {
  const { execution, posttrade } = orion.topics
  for (const event of events) {
    const { tradeId } = event.payload
    if (event.eventType === 'TradeExecuted') orion.publish(execution.trades, tenant, tradeId, event)
    else if (event.eventType === 'TradeConfirmed')
      orion.publish(posttrade.confirmations, tenant, tradeId, event)
    else orion.publish(posttrade.settlement, tenant, tradeId, event)
  }
}

async function ask(path: string, user: string, tenant = 'demo', headers = {}): Promise<Response> {
  return orion.call(`/api/v1/${path}`, { token: await orion.token(user, tenant), headers })
}

async function get<T>(path: string, user: string, tenant = 'demo'): Promise<T> {
  return (await (await ask(path, user, tenant)).json()) as T
}

async function ids(query: string, user: string, tenant = 'demo') {
  const { items } = await get<Page<Trade>>(`trades${query}`, user, tenant)
  return items.map(({ tradeId }) => tradeId)
}

const reconciliation = (user: string) =>
  get<Reconciliation>('reports/reconciliation?graceSeconds=0', user)

test('a trade with its confirmation and its settlement, whatever order they came in', async () => {
  const response = await ask('trades/T-1', 'trader')
  expect(response.headers.get('x-orion-position')).toContain('posttrade.settlement')
  expect(await response.json()).toEqual({
    tradeId: 'T-1',
    rfqId: 'R-T-1',
    quoteId: 'Q-T-1',
    instrumentId: 'EURUSD.SIMFX',
    assetClass: 'FX',
    side: 'BUY',
    quantity: '1000000',
    price: '1.10021',
    notional: '1100210',
    currency: 'USD',
    buyer: 'macro',
    seller: 'LP1',
    lpId: 'LP1',
    venueId: 'SIMFX',
    requester: 'trader',
    desk: 'macro',
    executedAt: '2024-11-22T12:00:00.000Z',
    tradeDate: '2024-11-22',
    confirmationId: 'C-T-1',
    settlementDate: '2024-11-26',
    settlement: {
      state: 'SETTLED',
      attempt: 2,
      reason: null,
      nextAttemptAt: null,
      settledAt: '2024-11-22T12:00:03.510Z',
    },
    correlationId: 'chain-T-1',
  })
})

test('who supervises sees the tenant, a trader its desk, a client its own, each in its asset classes', async () => {
  for (const user of ['sales', 'risk', 'compliance', 'quant', 'admin'])
    expect(await ids('', user)).toEqual(['T-5', 'T-3', 'T-2', 'T-1'])
  expect(await ids('', 'trader2')).toEqual(['T-5', 'T-2', 'T-1'])
  expect(await ids('', 'client')).toEqual(['T-3'])
  expect(await ids('', 'admin', 'other')).toEqual(['T-9'])
  expect(await ids('', 'client', 'other')).toEqual([])
})

test.each([
  ['trades/T-1', 'admin', 'other', 404],
  ['trades/T-1/confirmation', 'admin', 'other', 404],
  ['trades/T-9', 'admin', 'demo', 404],
  ['trades/T-1', 'client', 'demo', 404],
  ['trades/T-3', 'trader2', 'demo', 404],
  ['trades/T-3/confirmation', 'client', 'demo', 404],
  ['trades/T-4', 'admin', 'demo', 404],
  ['trades/none', 'admin', 'demo', 404],
  ['trades', 'platform', 'demo', 403],
  ['trades/T-1', 'platform', 'demo', 403],
  ['trades/T-1/confirmation?format=pdf', 'platform', 'demo', 403],
  ['reports/reconciliation', 'platform', 'demo', 403],
  ['trades/T-1/confirmation?format=doc', 'admin', 'demo', 400],
  ['trades?settlement=LOST', 'admin', 'demo', 400],
  ['trades?from=5&to=5', 'admin', 'demo', 400],
  ['trades?cursor=x', 'admin', 'demo', 400],
  ['reports/reconciliation?graceSeconds=-1', 'admin', 'demo', 400],
])('%s as %s of %s is answered %i', async (path, user, tenant, status) => {
  const response = await ask(path, user, tenant)
  expect([response.status, ((await response.json()) as Problem).status]).toEqual([status, status])
})

test.each([
  ['?settlement=SETTLED,FAILED', ['T-2', 'T-1']],
  ['?settlement=RETRYING', ['T-5']],
  ['?side=SELL', ['T-2']],
  ['?instrumentId=AAPL.SIMEX', ['T-3']],
  ['?assetClass=EQUITY', ['T-3']],
  ['?requester=client', ['T-3']],
  ['?desk=macro&lpId=LP1', ['T-2', 'T-1']],
  ['?q=c-t-', ['T-5', 'T-2', 'T-1']],
  ['?q=AAPL', ['T-3']],
  ['?rfqId=R-T-2', ['T-2']],
  [`?from=${TRADED_MS + 60_000}&to=2024-11-22T12:02:00Z`, ['T-2']],
  ['?sort=notional', ['T-2', 'T-3', 'T-1', 'T-5']],
  ['?sort=-notional&limit=2', ['T-5', 'T-1']],
  ['?sort=instrumentId&limit=1', ['T-3']],
])('%s', async (query, expected) => {
  expect(await ids(query, 'admin')).toEqual(expected)
})

test('pages follow one another, and a cursor is of its order', async () => {
  const first = await get<Page<Trade>>('trades?limit=3&sort=notional', 'admin')
  expect(await ids(`?limit=3&sort=notional&cursor=${first.nextCursor}`, 'admin')).toEqual(['T-5'])
  expect((await ask(`trades?cursor=${first.nextCursor}`, 'admin')).status).toBe(400)
})

test('a read waits for what its caller has seen', async () => {
  const at = (await ask('trades', 'admin')).headers.get('x-orion-position') ?? ''
  const again = await ask('trades/T-1', 'admin', 'demo', { 'x-orion-position': at })
  expect(again.status).toBe(200)
  const bad = await ask('trades', 'admin', 'demo', { 'x-orion-position': '{"nope":{"0":1}}' })
  expect(bad.status).toBe(400)
})

test('a confirmation as JSON', async () => {
  expect(await get<Confirmation>('trades/T-1/confirmation', 'trader')).toMatchObject({
    confirmationId: 'C-T-1',
    instrumentName: 'EUR/USD',
    notional: '1100210',
    settlementDate: '2024-11-26',
    settlementCycle: 'T+2',
    calendar: 'TARGET+US_SETTLEMENT',
    confirmedAt: '2024-11-22T12:00:00.005Z',
    correlationId: 'chain-T-1',
  })
})

test('a confirmation as PDF of one page, the same bytes each time', async () => {
  const asked = await ask('trades/T-1/confirmation', 'trader', 'demo', {
    accept: 'application/pdf',
  })
  expect(asked.headers.get('content-type')).toBe('application/pdf')
  expect(asked.headers.get('content-disposition')).toContain('confirmation-T-1.pdf')
  const bytes = Buffer.from(await asked.arrayBuffer())
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-')
  expect(bytes.toString('latin1').match(/\/Type \/Page\b/g)).toHaveLength(1)
  expect(bytes.toString('latin1')).toContain('(D:20241122120000Z)')
  orion.clock.shiftMs += 90_000
  const again = await ask('trades/T-1/confirmation?format=pdf', 'trader2')
  expect(Buffer.from(await again.arrayBuffer()).equals(bytes)).toBe(true)
  expect(
    (await ask('trades/T-1/confirmation?format=json', 'trader')).headers.get('content-type'),
  ).toBe('application/json')
})

test('reconciliation names what is open and what does not agree', async () => {
  const { breaks, completeAfter, trades, unsettled } = await reconciliation('risk')
  expect([trades, completeAfter]).toEqual([4, null])
  expect(unsettled.map(({ tradeId }) => tradeId)).toEqual(['T-3', 'T-5'])
  expect(breaks.map(({ detail, kind, tradeId }) => [tradeId, kind, detail]).sort()).toEqual([
    ['T-2', 'SETTLEMENT_FAILED', 'Settlement failed: the buyer could not pay, after 2 attempts.'],
    ['T-2', 'TERMS_DIFFER', 'the settlement is of 1100210 USD, the confirmation of -5.5 USD.'],
    ['T-3', 'NOT_CONFIRMED', 'There is a trade, and no confirmation.'],
    ['T-4', 'CONFIRMED_WITHOUT_TRADE', 'There is a confirmation, and no trade.'],
    [
      'T-5',
      'TERMS_DIFFER',
      'the notional is 1100210 in the trade and 7 in the confirmation; the settlement is of 1100210 USD, the confirmation of 7 USD.',
    ],
  ])
  const own = await reconciliation('client')
  expect(own.breaks.map(({ tradeId }) => tradeId)).toEqual(['T-3'])
  expect((await get<Reconciliation>('reports/reconciliation', 'admin', 'other')).breaks).toEqual([])
})

test('reconciliation as a file that no spreadsheet takes for formulas', async () => {
  const response = await ask('reports/reconciliation?format=csv&graceSeconds=0', 'admin')
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  const lines = (await response.text()).trimEnd().split('\r\n')
  expect(lines.length).toBe(1 + 2 + 5)
  expect(lines[0]).toMatch(/^entry,trade_id,confirmation_id,/)
  expect(lines).toContain(
    'UNSETTLED,T-3,,AAPL.SIMEX,1000000,90,USD,macro,LP1,2024-11-22T12:02:00.000Z,,,,,chain-T-3',
  )
  expect(lines.find((line) => line.startsWith('TERMS_DIFFER,T-5'))).toContain(
    `,"'=HYPERLINK(""x""),1",LP1,`,
  )
  expect(lines.find((line) => line.startsWith('SETTLEMENT_FAILED,T-2'))).toContain(',-5.5,USD,')
})

test('beyond the bound the oldest trade goes, and reconciliation says so', async () => {
  tell('demo', trade('T-6', 6, {}), trade('T-7', 7, {}), trade('T-8', 8, {}))
  await until(
    'all are there',
    async () =>
      (await ids('?q=T-6', 'admin')).length +
        (await ids('?q=T-7', 'admin')).length +
        (await ids('?q=T-8', 'admin')).length ===
      3,
  )
  // Six trades and the confirmation without one.
  expect(await ids('', 'admin')).toHaveLength(6)
  const { completeAfter, trades } = await reconciliation('admin')
  expect(trades).toBe(6)
  expect(Date.parse(completeAfter ?? '')).toBeGreaterThanOrEqual(TRADED_MS)
})
