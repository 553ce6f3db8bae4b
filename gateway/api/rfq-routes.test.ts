import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import { INSTRUMENT, openTradingDesk, RFQ, type TradingDesk } from '../fixtures/trading-desk.ts'
import type { ChainEvent, Page, Problem, Rfq } from '../protocol.ts'
import { RfqPage, RfqSchema } from './rfq-schemas.ts'

let orion: RunningGateway
let desk: TradingDesk

beforeAll(async () => {
  orion = await runGateway({ limits: { commandWaitMs: 500, positionWaitMs: 500 } })
  desk = await openTradingDesk(orion)
  await until('ready', async () => (await orion.call('/readyz')).status === 200)
  await until('instruments', async () => {
    const token = await orion.token('trader')
    return (await orion.call('/api/v1/instruments/ACME.SIM', { token })).status === 200
  })
})

afterEach(() => {
  desk.release()
  desk.killSwitch(false)
})

afterAll(async () => {
  await desk.close()
  await orion.close()
})

interface Sent<T> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

interface As {
  readonly user?: string
  readonly tenant?: string
  readonly key?: string
  readonly headers?: Record<string, string>
}

async function post<T = Rfq>(path: string, json: unknown, as: As = {}): Promise<Sent<T>> {
  const { user = 'trader', tenant = 'demo', key, headers = {} } = as
  const response = await orion.call(`/api/v1${path}`, {
    token: await orion.token(user, tenant),
    json,
    headers: { ...headers, ...(key === undefined ? {} : { 'idempotency-key': key }) },
  })
  const body = (await response.json()) as T
  return { status: response.status, body, headers: response.headers }
}

async function get<T>(path: string, as: As = {}): Promise<Sent<T>> {
  const { user = 'trader', tenant = 'demo', headers = {} } = as
  const response = await orion.call(`/api/v1${path}`, {
    token: await orion.token(user, tenant),
    headers,
  })
  return { status: response.status, body: (await response.json()) as T, headers: response.headers }
}

async function created(as: As = {}, more: object = {}): Promise<Rfq> {
  const { status, body } = await post('/rfqs', { ...RFQ, ...more }, as)
  expect(`${status} ${JSON.stringify(body.reason)}`).toBe('201 null')
  return RfqSchema.parse(body)
}

async function quoted(rfq: Rfq, price = '1.1002', quoteId = `Q-${rfq.rfqId}`): Promise<Rfq> {
  desk.quote(rfq, price, quoteId)
  let seen = rfq
  await until('the quote is seen', async () => {
    seen = (await get<Rfq>(`/rfqs/${rfq.rfqId}`)).body
    return seen.quotes.some((quote) => quote.quoteId === quoteId)
  })
  return seen
}

describe('an RFQ', () => {
  test('is created, quoted by a bot and by hand, accepted and traded, and every answer reflects what was done', async () => {
    const sent = await post('/rfqs', RFQ, { headers: { 'x-correlation-id': 'my-chain' } })
    expect(sent.status).toBe(201)
    expect(sent.headers.get('location')).toBe(`/api/v1/rfqs/${sent.body.rfqId}`)
    expect(sent.body).toMatchObject({
      state: 'SENT',
      version: 2,
      instrumentId: INSTRUMENT,
      side: 'BUY',
      size: '1000000',
      requester: 'trader',
      desk: 'macro',
      lpIds: ['BANK', 'DESK'],
      correlationId: 'my-chain',
    })
    const rfq = await quoted(sent.body, '1.1005')
    const byHand = await post(`/rfqs/${rfq.rfqId}/quotes`, { price: '1.1003' }, { user: 'sales' })
    expect(byHand.status).toBe(201)
    expect(byHand.body).toMatchObject({
      state: 'QUOTING',
      version: 3,
      quotes: [
        { lpId: 'DESK', quotedBy: 'sales', price: '1.1003', rank: 1, size: '1000000' },
        { lpId: 'BANK', quotedBy: 'bot', price: '1.1005', rank: 2 },
      ],
    })
    const best = byHand.body.quotes[0]?.quoteId
    const accepted = await post(`/rfqs/${rfq.rfqId}/accept`, { quoteId: best, version: 3 })
    expect(accepted.status).toBe(200)
    expect(accepted.body.acceptedQuoteId).toBe(best)
    await until('it is traded', async () => {
      const { body } = await get<Rfq>(`/rfqs/${rfq.rfqId}`)
      return body.state === 'TRADED' && body.tradeId !== null
    })
    const { body: quotes } = await get<Page<unknown>>(`/rfqs/${rfq.rfqId}/quotes`)
    expect(quotes.items).toMatchObject([{ quoteId: best }])
  })

  test('that admission refuses is there, and says why', async () => {
    const { status, body } = await post('/rfqs', { ...RFQ, venueId: 'NOWHERE' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ state: 'REJECTED', reason: { code: 'VENUE' } })
    expect(body.decisions.some(({ passed }) => !passed)).toBe(true)
  })

  test('is cancelled by a colleague of the desk, and not twice', async () => {
    const { rfqId } = await created()
    const cancelled = await post(`/rfqs/${rfqId}/cancel`, {}, { user: 'trader2' })
    expect(cancelled.status).toBe(200)
    expect(cancelled.body).toMatchObject({ state: 'CANCELLED', quotes: [] })
    const again = await post<Problem & { current: Rfq }>(`/rfqs/${rfqId}/cancel`, {})
    expect(again).toMatchObject({
      status: 409,
      body: { type: 'urn:orion:problem:rfq-cancelled', current: { rfqId, state: 'CANCELLED' } },
    })
  })

  test('that has expired is not accepted', async () => {
    const rfq = await quoted(await created({}, { expirySeconds: 1 }))
    orion.clock.shiftMs += 1_000
    const late = await post<Problem & { current: Rfq }>(`/rfqs/${rfq.rfqId}/accept`, {
      quoteId: rfq.quotes[0]?.quoteId,
      version: rfq.version,
    })
    expect(late).toMatchObject({
      status: 409,
      body: { type: 'urn:orion:problem:rfq-expired', current: { state: 'EXPIRED', quotes: [] } },
    })
  })

  test('of another version is not accepted, and the answer has it as it stands', async () => {
    const rfq = await quoted(await created())
    const quoteId = rfq.quotes[0]?.quoteId
    const stale = await post<Problem & { current: Rfq }>(`/rfqs/${rfq.rfqId}/accept`, {
      quoteId,
      version: rfq.version - 1,
    })
    expect(stale).toMatchObject({
      status: 409,
      body: {
        type: 'urn:orion:problem:version-conflict',
        current: { version: rfq.version, state: 'QUOTING', reason: { code: 'VERSION_CONFLICT' } },
      },
    })
    const { version } = stale.body.current
    expect((await post(`/rfqs/${rfq.rfqId}/accept`, { quoteId, version })).status).toBe(200)
  })

  test('takes no quote from a desk that was not asked, nor one that does not fit', async () => {
    desk.lp('OTHERDESK', { kind: 'DESK', assetClasses: ['EQUITY'] })
    const { rfqId } = await created()
    const path = `/rfqs/${rfqId}/quotes`
    const as = { user: 'sales' }
    await until('the desk is known', async () => {
      const { status, body } = await post<Problem>(path, { price: '1.1', lpId: 'OTHERDESK' }, as)
      return status === 409 && body.type === 'urn:orion:problem:lp-not-invited'
    })
    expect(await post(path, { price: '1.1', lpId: 'BANK' }, as)).toMatchObject({ status: 404 })
    expect(await post(path, { price: '1.1', size: '5' }, as)).toMatchObject({
      status: 409,
      body: { type: 'urn:orion:problem:quote-not-full' },
    })
  })
})

describe('a retry with the same key', () => {
  test('gets the first outcome of every command, and nothing is done twice', async () => {
    const first = await post('/rfqs', RFQ, { key: 'retry-1' })
    const again = await post('/rfqs', RFQ, { key: 'retry-1' })
    expect([again.status, again.body.rfqId]).toEqual([201, first.body.rfqId])
    const rfq = await quoted(first.body)
    const { rfqId } = rfq
    const quote = { price: '1.2' }
    const sales = { user: 'sales', key: 'retry-1' }
    const q1 = await post(`/rfqs/${rfqId}/quotes`, quote, sales)
    const q2 = await post(`/rfqs/${rfqId}/quotes`, quote, sales)
    expect([q1.status, q2.status, q2.body.quotes.length]).toEqual([201, 201, 2])
    const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
    const both = await Promise.all([
      post(`/rfqs/${rfqId}/accept`, accept, { key: 'retry-1' }),
      post(`/rfqs/${rfqId}/accept`, accept, { key: 'retry-1' }),
    ])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect((await post(`/rfqs/${rfqId}/accept`, accept, { key: 'retry-1' })).status).toBe(200)
    const another = await post(`/rfqs/${rfqId}/accept`, accept, { key: 'another' })
    expect(another.status).toBe(409)
    const refused = await post(`/rfqs/${rfqId}/accept`, accept, { key: 'another' })
    expect(refused.status).toBe(409)
    const { body } = await get<Page<ChainEvent>>(`/audit?correlationId=${rfq.correlationId}`, {
      user: 'risk',
    })
    expect(body.items.filter(({ eventType }) => eventType === 'QuoteAccepted')).toHaveLength(1)
  })

  test('and another body is refused, also at the same time and when this gateway has forgotten', async () => {
    expect((await post('/rfqs', RFQ, { key: 'reused' })).status).toBe(201)
    const other = { ...RFQ, size: '2000000' }
    expect(await post('/rfqs', other, { key: 'reused' })).toMatchObject({
      status: 422,
      body: { type: 'urn:orion:problem:idempotency-key-reused' },
    })
    const both = await Promise.all([
      post('/rfqs', RFQ, { key: 'race' }),
      post('/rfqs', other, { key: 'race' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 422])
    // The same number in another writing is the same request; another user's key is another key.
    expect((await post('/rfqs', { ...RFQ, size: '1000000.00' }, { key: 'reused' })).status).toBe(
      201,
    )
    expect((await post('/rfqs', other, { key: 'reused', user: 'trader2' })).status).toBe(201)

    const forgetful = await runGateway({
      on: orion,
      limits: { outcomesRememberedMax: 16 },
    })
    await until('ready', async () => (await forgetful.call('/readyz')).status === 200)
    for (let i = 0; i < 17; i += 1) await created({ key: `fill-${i}` })
    const token = await forgetful.token('trader')
    const call = (json: unknown) =>
      forgetful.call('/api/v1/rfqs', {
        token,
        json,
        headers: { 'idempotency-key': 'reused' },
      })
    const repeated = await call(RFQ)
    expect(repeated.status).toBe(201)
    expect((await call(other)).status).toBe(422)
    await forgetful.close()
  })

  test('keys are 1 to 128 visible characters', async () => {
    for (const key of ['x'.repeat(129), 'a b']) {
      expect(await post('/rfqs', RFQ, { key })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'header.idempotency-key' }] },
      })
    }
  })
})

describe('waiting', () => {
  test('a command without an outcome in time is answered 202, and a retry finds what came of it', async () => {
    desk.hold()
    const late = await post<{ commandId: string }>('/rfqs', RFQ, { key: 'late' })
    expect(late.status).toBe(202)
    const location = late.headers.get('location') ?? ''
    const path = location.replace('/api/v1', '')
    expect((await get(path)).status).toBe(404)
    desk.release()
    const again = await post('/rfqs', RFQ, { key: 'late' })
    expect(again.status).toBe(201)
    expect(again.headers.get('location')).toBe(location)
  })

  test('a read waits for the position of an answer, on any gateway of the log', async () => {
    const second = await runGateway({ on: orion, limits: { positionWaitMs: 300 } })
    const token = await second.token('trader')
    const { body, headers } = await post('/rfqs', RFQ)
    const position = headers.get('x-orion-position') ?? ''
    const read = (path: string, asked: string) =>
      second.call(`/api/v1${path}`, { token, headers: { 'x-orion-position': asked } })
    // The second gateway has just begun to read: only the position makes it wait.
    for (const path of [
      `/rfqs/${body.rfqId}`,
      '/rfqs?limit=1',
      `/audit?correlationId=${body.correlationId}`,
    ]) {
      const response = await read(path, position)
      expect(response.status).toBe(200)
      expect(await response.text()).toContain(body.rfqId)
      expect(response.headers.get('x-orion-position')).not.toBeNull()
    }
    const ahead = position.replace(/(\d+)}}$/, '999999}}')
    expect((await read(`/rfqs/${body.rfqId}`, ahead)).status).toBe(504)
    for (const junk of ['x', '[]', '{"no.such.topic":{"0":1}}', '{"a":{"0":-1}}'])
      expect((await read('/rfqs', junk)).status).toBe(400)
    await second.close()
  })

  test('a log that is away is 503, and the retry goes through', async () => {
    orion.memory.fail(true)
    expect((await post('/rfqs', RFQ, { key: 'away' })).status).toBe(503)
    orion.memory.fail(false)
    await until('the view is back', async () => (await orion.call('/readyz')).status === 200)
    expect((await post('/rfqs', RFQ, { key: 'away' })).status).toBe(201)
  })
})

describe('the kill switch', () => {
  test.each(['demo', 'platform'])(
    'of %s stops what is new; cancelling stays, and other tenants go on where it is not theirs',
    async (scope) => {
      const rfq = await quoted(await created())
      desk.killSwitch(true, scope)
      await until('the gateway knows', async () => {
        const { status, body } = await post<Problem>('/rfqs', RFQ)
        return status === 403 && body.type === 'urn:orion:problem:kill-switch'
      })
      const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
      expect((await post(`/rfqs/${rfq.rfqId}/accept`, accept)).status).toBe(403)
      expect(
        (await post(`/rfqs/${rfq.rfqId}/quotes`, { price: '1' }, { user: 'sales' })).status,
      ).toBe(403)
      expect((await post('/rfqs', RFQ, { tenant: 'other' })).status).toBe(
        scope === 'demo' ? 201 : 403,
      )
      expect((await post(`/rfqs/${rfq.rfqId}/cancel`, {})).status).toBe(200)
      desk.killSwitch(false, scope)
      await until('it is off', async () => (await post('/rfqs', RFQ)).status === 201)
    },
  )
})

test('what the topology refuses for the kill switch is 403, too', async () => {
  desk.killSwitchUnheard(true)
  expect(await post('/rfqs', RFQ)).toMatchObject({
    status: 403,
    body: { type: 'urn:orion:problem:kill-switch', current: { state: 'REJECTED' } },
  })
  desk.killSwitchUnheard(false)
})

describe('access', () => {
  test('the other tenant finds nothing, on every route', async () => {
    const rfq = await quoted(await created())
    const as = { tenant: 'other' }
    expect((await get(`/rfqs/${rfq.rfqId}`, as)).status).toBe(404)
    expect((await get(`/rfqs/${rfq.rfqId}/quotes`, as)).status).toBe(404)
    const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
    expect((await post(`/rfqs/${rfq.rfqId}/accept`, accept, as)).status).toBe(404)
    expect((await post(`/rfqs/${rfq.rfqId}/cancel`, {}, as)).status).toBe(404)
    const sales = { tenant: 'other', user: 'sales' }
    expect((await post(`/rfqs/${rfq.rfqId}/quotes`, { price: '1' }, sales)).status).toBe(404)
    for (const user of ['trader', 'sales', 'admin']) {
      const { body } = await get<Page<Rfq>>(`/rfqs?q=${rfq.rfqId}`, { ...as, user })
      expect(body.items).toEqual([])
      const chain = await get<Page<unknown>>(`/audit?correlationId=${rfq.correlationId}`, {
        ...as,
        user,
      })
      expect(chain.body.items).toEqual([])
    }
  })

  test('who runs the platform has no part in it', async () => {
    const { rfqId } = await created()
    const as = { user: 'platform' }
    for (const path of [
      '/rfqs',
      `/rfqs/${rfqId}`,
      `/rfqs/${rfqId}/quotes`,
      '/audit?correlationId=x',
    ])
      expect(`${path} ${(await get(path, as)).status}`).toBe(`${path} 403`)
    for (const path of [
      '/rfqs',
      `/rfqs/${rfqId}/accept`,
      `/rfqs/${rfqId}/cancel`,
      `/rfqs/${rfqId}/quotes`,
    ])
      expect(`${path} ${(await post(path, {}, as)).status}`).toBe(`${path} 403`)
  })

  test('each sees its own: the desk, the tenant for those who watch it, nothing outside of the entitlement', async () => {
    const fx = await created()
    const equity = await created({}, { instrumentId: 'ACME.SIM' })
    const sees = async (user: string, { rfqId }: Rfq) =>
      (await get(`/rfqs/${rfqId}`, { user })).status
    for (const user of ['trader', 'sales', 'risk', 'compliance', 'admin', 'quant'])
      expect([user, await sees(user, fx), await sees(user, equity)]).toEqual([user, 200, 200])
    // FX and rates only, of the same desk.
    expect([await sees('trader2', fx), await sees('trader2', equity)]).toEqual([200, 404])
    // Entitled to equity, and it is not the client's.
    expect([await sees('client', fx), await sees('client', equity)]).toEqual([404, 404])
    expect(
      (await post('/rfqs', { ...RFQ, instrumentId: 'ACME.SIM' }, { user: 'trader2' })).status,
    ).toBe(404)
    expect((await post('/rfqs', { ...RFQ, instrumentId: 'NONE.SIM' })).status).toBe(404)
    for (const user of ['sales', 'risk', 'client'])
      expect((await post('/rfqs', RFQ, { user })).status).toBe(403)
    const rfq = await quoted(fx)
    const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
    expect(await post(`/rfqs/${rfq.rfqId}/accept`, accept, { user: 'trader2' })).toMatchObject({
      status: 403,
      body: { type: 'urn:orion:problem:not-requester' },
    })
    expect((await post(`/rfqs/${rfq.rfqId}/quotes`, { price: '1' })).status).toBe(403)
  })

  test('a chain shows what belongs to RFQs that the caller may see, whatever ids it was given', async () => {
    const headers = { 'x-correlation-id': 'shared-chain' }
    const equity = await created({ headers }, { instrumentId: 'ACME.SIM' })
    const fx = await created({ headers, user: 'trader2' })
    const chain = async (user: string) =>
      (await get<Page<ChainEvent>>('/audit?correlationId=shared-chain', { user })).body.items
    const rfqIds = (events: readonly ChainEvent[]) => [
      ...new Set(events.map(({ payload }) => payload['rfqId'])),
    ]
    expect(rfqIds(await chain('trader2'))).toEqual([fx.rfqId])
    expect(rfqIds(await chain('compliance')).sort()).toEqual([equity.rfqId, fx.rfqId].sort())
    expect(await chain('client')).toEqual([])
    const all = await chain('trader2')
    expect(all.map(({ eventType }) => eventType)).toEqual(['CreateRFQ', 'RFQCreated', 'RFQSent'])
    expect(all[0]).toMatchObject({ payload: { size: '1000000' }, topic: 'dev.rfq.commands.v1' })
    expect(all[1]?.causationId).toBe(all[0]?.eventId)
  })
})

describe('the list', () => {
  test('is filtered, sorted and paged', async () => {
    const mine: Rfq[] = []
    for (let i = 0; i < 5; i += 1)
      mine.push(
        await created(
          { user: 'trader' },
          { side: i % 2 === 0 ? 'SELL' : 'BUY', instrumentId: 'ACME.SIM' },
        ),
      )
    const from = mine[0]?.createdAt ?? ''
    const ids = async (query: string) => {
      const { body } = await get<Page<Rfq>>(`/rfqs?from=${encodeURIComponent(from)}&${query}`)
      return RfqPage.parse(body).items.map(({ rfqId }) => rfqId)
    }
    const of = (items: readonly Rfq[]) => items.map(({ rfqId }) => rfqId)
    const byTime = [...mine].sort((a, b) =>
      a.createdAt + a.rfqId < b.createdAt + b.rfqId ? -1 : 1,
    )
    expect(await ids('')).toEqual(of(byTime.toReversed()))
    expect(await ids('sort=createdAt')).toEqual(of(byTime))
    expect((await ids('side=SELL&sort=createdAt')).sort()).toEqual(
      of(mine.filter(({ side }) => side === 'SELL')).sort(),
    )
    expect(await ids('state=CANCELLED,EXPIRED')).toEqual([])
    expect(await ids('state=SENT&instrumentId=ACME.SIM&desk=macro&requester=trader')).toHaveLength(
      5,
    )
    expect(await ids(`q=${mine[2]?.rfqId.toUpperCase()}`)).toEqual([mine[2]?.rfqId])
    const paged: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body }: Sent<Page<Rfq>> = await get(
        `/rfqs?from=${encodeURIComponent(from)}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      )
      paged.push(...of(body.items))
      cursor = body.nextCursor
    }
    expect(paged).toEqual(of(byTime.toReversed()))
    for (const bad of [
      'state=NONE',
      'sort=price',
      'limit=0',
      'cursor=x',
      'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    ])
      expect(`${bad} ${(await get(`/rfqs?${bad}`)).status}`).toBe(`${bad} 400`)
  })
})

test.each([
  { size: '0' },
  { size: '-1' },
  { size: '1e6' },
  { size: 1_000_000 },
  { size: '1'.repeat(21) },
  { size: '1.0000000000000000001' },
  { side: 'HOLD' },
  { expirySeconds: 0 },
  { expirySeconds: 3_601 },
  { expirySeconds: 1.5 },
  { minSize: '1000001' },
  { partialAllowed: 'yes' },
  { instrumentId: 'a b' },
  { extra: 1 },
])('%o is no request', async (more) => {
  expect((await post('/rfqs', { ...RFQ, ...more })).status).toBe(400)
})
