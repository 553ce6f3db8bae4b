import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRfqDesk, type RfqDesk } from '../fixtures/rfq-desk.ts'
import { RFQ } from '../fixtures/trading-desk.ts'
import type { ChainEvent, Page, Rfq } from '../protocol.ts'

let rfqs: RfqDesk

beforeAll(async () => {
  rfqs = await openRfqDesk()
})

afterAll(() => rfqs.close())

test('the other tenant finds nothing, on every route', async () => {
  const rfq = await rfqs.quoted(await rfqs.created())
  const as = { tenant: 'other' }
  expect((await rfqs.get(`/rfqs/${rfq.rfqId}`, as)).status).toBe(404)
  expect((await rfqs.get(`/rfqs/${rfq.rfqId}/quotes`, as)).status).toBe(404)
  const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
  expect((await rfqs.post(`/rfqs/${rfq.rfqId}/accept`, accept, as)).status).toBe(404)
  expect((await rfqs.post(`/rfqs/${rfq.rfqId}/cancel`, {}, as)).status).toBe(404)
  const sales = { tenant: 'other', user: 'sales' }
  expect((await rfqs.post(`/rfqs/${rfq.rfqId}/quotes`, { price: '1' }, sales)).status).toBe(404)
  for (const user of ['trader', 'sales', 'admin']) {
    const { body } = await rfqs.get<Page<Rfq>>(`/rfqs?q=${rfq.rfqId}`, { ...as, user })
    expect(body.items).toEqual([])
    const chain = await rfqs.get<Page<unknown>>(`/audit?correlationId=${rfq.correlationId}`, {
      ...as,
      user,
    })
    expect(chain.body.items).toEqual([])
  }
})

test('who runs the platform has no part in it', async () => {
  const { rfqId } = await rfqs.created()
  const as = { user: 'platform' }
  for (const path of ['/rfqs', `/rfqs/${rfqId}`, `/rfqs/${rfqId}/quotes`, '/audit?correlationId=x'])
    expect(`${path} ${(await rfqs.get(path, as)).status}`).toBe(`${path} 403`)
  for (const path of [
    '/rfqs',
    `/rfqs/${rfqId}/accept`,
    `/rfqs/${rfqId}/cancel`,
    `/rfqs/${rfqId}/quotes`,
  ])
    expect(`${path} ${(await rfqs.post(path, {}, as)).status}`).toBe(`${path} 403`)
})

test('each sees its own: the desk, the tenant for those who watch it, nothing outside of the entitlement', async () => {
  const fx = await rfqs.created()
  const equity = await rfqs.created({}, { instrumentId: 'ACME.SIM' })
  const sees = async (user: string, { rfqId }: Rfq) =>
    (await rfqs.get(`/rfqs/${rfqId}`, { user })).status
  for (const user of ['trader', 'sales', 'risk', 'compliance', 'admin', 'quant'])
    expect([user, await sees(user, fx), await sees(user, equity)]).toEqual([user, 200, 200])
  // FX and rates only, of the same rfqs.desk.
  expect([await sees('trader2', fx), await sees('trader2', equity)]).toEqual([200, 404])
  // Entitled to equity, and it is not the client's.
  expect([await sees('client', fx), await sees('client', equity)]).toEqual([404, 404])
  expect(
    (await rfqs.post('/rfqs', { ...RFQ, instrumentId: 'ACME.SIM' }, { user: 'trader2' })).status,
  ).toBe(404)
  expect((await rfqs.post('/rfqs', { ...RFQ, instrumentId: 'NONE.SIM' })).status).toBe(404)
  for (const user of ['sales', 'risk', 'client'])
    expect((await rfqs.post('/rfqs', RFQ, { user })).status).toBe(403)
  const rfq = await rfqs.quoted(fx)
  const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
  expect(await rfqs.post(`/rfqs/${rfq.rfqId}/accept`, accept, { user: 'trader2' })).toMatchObject({
    status: 403,
    body: { type: 'urn:orion:problem:not-requester' },
  })
  expect((await rfqs.post(`/rfqs/${rfq.rfqId}/quotes`, { price: '1' })).status).toBe(403)
})

test('a chain shows what belongs to RFQs that the caller may see, whatever ids it was given', async () => {
  const headers = { 'x-correlation-id': 'shared-chain' }
  const equity = await rfqs.created({ headers }, { instrumentId: 'ACME.SIM' })
  const fx = await rfqs.created({ headers, user: 'trader2' })
  const chain = async (user: string) =>
    (await rfqs.get<Page<ChainEvent>>('/audit?correlationId=shared-chain', { user })).body.items
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
