import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openRfqDesk, type RfqDesk } from '../fixtures/rfq-desk.ts'
import { until } from '../fixtures/running-gateway.ts'
import { INSTRUMENT, RFQ } from '../fixtures/trading-desk.ts'
import type { Page, Problem, Rfq } from '../protocol.ts'

let rfqs: RfqDesk

beforeAll(async () => {
  rfqs = await openRfqDesk()
})

afterEach(() => rfqs.desk.killSwitch(false))

afterAll(() => rfqs.close())

describe('an RFQ', () => {
  test('is created, quoted by a bot and by hand, accepted and traded, and every answer reflects what was done', async () => {
    const sent = await rfqs.post('/rfqs', RFQ, { headers: { 'x-correlation-id': 'my-chain' } })
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
    const rfq = await rfqs.quoted(sent.body, '1.1005')
    const byHand = await rfqs.post(
      `/rfqs/${rfq.rfqId}/quotes`,
      { price: '1.1003' },
      { user: 'sales' },
    )
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
    const accepted = await rfqs.post(`/rfqs/${rfq.rfqId}/accept`, { quoteId: best, version: 3 })
    expect(accepted.status).toBe(200)
    expect(accepted.body.acceptedQuoteId).toBe(best)
    await until('it is traded', async () => {
      const { body } = await rfqs.get<Rfq>(`/rfqs/${rfq.rfqId}`)
      return body.state === 'TRADED' && body.tradeId !== null
    })
    const { body: quotes } = await rfqs.get<Page<unknown>>(`/rfqs/${rfq.rfqId}/quotes`)
    expect(quotes.items).toMatchObject([{ quoteId: best }])
  })

  test('that admission refuses is there, and says why', async () => {
    const { status, body } = await rfqs.post('/rfqs', { ...RFQ, venueId: 'NOWHERE' })
    expect(status).toBe(201)
    expect(body).toMatchObject({ state: 'REJECTED', reason: { code: 'VENUE' } })
    expect(body.decisions.some(({ passed }) => !passed)).toBe(true)
  })

  test('is cancelled by a colleague of the desk, and not twice', async () => {
    const { rfqId } = await rfqs.created()
    const cancelled = await rfqs.post(`/rfqs/${rfqId}/cancel`, {}, { user: 'trader2' })
    expect(cancelled.status).toBe(200)
    expect(cancelled.body).toMatchObject({ state: 'CANCELLED', quotes: [] })
    const again = await rfqs.post<Problem & { current: Rfq }>(`/rfqs/${rfqId}/cancel`, {})
    expect(again).toMatchObject({
      status: 409,
      body: { type: 'urn:orion:problem:rfq-cancelled', current: { rfqId, state: 'CANCELLED' } },
    })
  })

  test('that has expired is not accepted', async () => {
    const rfq = await rfqs.quoted(await rfqs.created({}, { expirySeconds: 1 }))
    rfqs.orion.clock.shiftMs += 1_000
    const late = await rfqs.post<Problem & { current: Rfq }>(`/rfqs/${rfq.rfqId}/accept`, {
      quoteId: rfq.quotes[0]?.quoteId,
      version: rfq.version,
    })
    expect(late).toMatchObject({
      status: 409,
      body: { type: 'urn:orion:problem:rfq-expired', current: { state: 'EXPIRED', quotes: [] } },
    })
  })

  test('of another version is not accepted, and the answer has it as it stands', async () => {
    const rfq = await rfqs.quoted(await rfqs.created())
    const quoteId = rfq.quotes[0]?.quoteId
    const stale = await rfqs.post<Problem & { current: Rfq }>(`/rfqs/${rfq.rfqId}/accept`, {
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
    expect((await rfqs.post(`/rfqs/${rfq.rfqId}/accept`, { quoteId, version })).status).toBe(200)
  })

  test('takes no quote from a desk that was not asked, nor one that does not fit', async () => {
    rfqs.desk.lp('OTHERDESK', { kind: 'DESK', assetClasses: ['EQUITY'] })
    const { rfqId } = await rfqs.created()
    const path = `/rfqs/${rfqId}/quotes`
    const as = { user: 'sales' }
    await until('the desk is known', async () => {
      const { status, body } = await rfqs.post<Problem>(
        path,
        { price: '1.1', lpId: 'OTHERDESK' },
        as,
      )
      return status === 409 && body.type === 'urn:orion:problem:lp-not-invited'
    })
    expect(await rfqs.post(path, { price: '1.1', lpId: 'BANK' }, as)).toMatchObject({ status: 404 })
    expect(await rfqs.post(path, { price: '1.1', size: '5' }, as)).toMatchObject({
      status: 409,
      body: { type: 'urn:orion:problem:quote-not-full' },
    })
  })
})

describe('the kill switch', () => {
  test.each(['demo', 'platform'])(
    'of %s stops what is new; cancelling stays, and other tenants go on where it is not theirs',
    async (scope) => {
      const rfq = await rfqs.quoted(await rfqs.created())
      rfqs.desk.killSwitch(true, scope)
      await until('the gateway knows', async () => {
        const { status, body } = await rfqs.post<Problem>('/rfqs', RFQ)
        return status === 403 && body.type === 'urn:orion:problem:kill-switch'
      })
      const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
      expect((await rfqs.post(`/rfqs/${rfq.rfqId}/accept`, accept)).status).toBe(403)
      expect(
        (await rfqs.post(`/rfqs/${rfq.rfqId}/quotes`, { price: '1' }, { user: 'sales' })).status,
      ).toBe(403)
      expect((await rfqs.post('/rfqs', RFQ, { tenant: 'other' })).status).toBe(
        scope === 'demo' ? 201 : 403,
      )
      expect((await rfqs.post(`/rfqs/${rfq.rfqId}/cancel`, {})).status).toBe(200)
      rfqs.desk.killSwitch(false, scope)
      await until('it is off', async () => (await rfqs.post('/rfqs', RFQ)).status === 201)
    },
  )
})

test('what the topology refuses for the kill switch is 403, too', async () => {
  rfqs.desk.killSwitchUnheard(true)
  expect(await rfqs.post('/rfqs', RFQ)).toMatchObject({
    status: 403,
    body: { type: 'urn:orion:problem:kill-switch', current: { state: 'REJECTED' } },
  })
  rfqs.desk.killSwitchUnheard(false)
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
  expect((await rfqs.post('/rfqs', { ...RFQ, ...more })).status).toBe(400)
})
