import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openRfqDesk, type RfqDesk } from '../fixtures/rfq-desk.ts'
import { runGateway, until } from '../fixtures/running-gateway.ts'
import { RFQ } from '../fixtures/trading-desk.ts'
import type { ChainEvent, Page } from '../protocol.ts'

let rfqs: RfqDesk

beforeAll(async () => {
  rfqs = await openRfqDesk()
})

afterEach(() => rfqs.desk.release())

afterAll(() => rfqs.close())

describe('a retry with the same key', () => {
  test('gets the first outcome of every command, and nothing is done twice', async () => {
    const first = await rfqs.post('/rfqs', RFQ, { key: 'retry-1' })
    const again = await rfqs.post('/rfqs', RFQ, { key: 'retry-1' })
    expect([again.status, again.body.rfqId]).toEqual([201, first.body.rfqId])
    const rfq = await rfqs.quoted(first.body)
    const { rfqId } = rfq
    const quote = { price: '1.2' }
    const sales = { user: 'sales', key: 'retry-1' }
    const q1 = await rfqs.post(`/rfqs/${rfqId}/quotes`, quote, sales)
    const q2 = await rfqs.post(`/rfqs/${rfqId}/quotes`, quote, sales)
    expect([q1.status, q2.status, q2.body.quotes.length]).toEqual([201, 201, 2])
    const accept = { quoteId: rfq.quotes[0]?.quoteId, version: rfq.version }
    const both = await Promise.all([
      rfqs.post(`/rfqs/${rfqId}/accept`, accept, { key: 'retry-1' }),
      rfqs.post(`/rfqs/${rfqId}/accept`, accept, { key: 'retry-1' }),
    ])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    expect((await rfqs.post(`/rfqs/${rfqId}/accept`, accept, { key: 'retry-1' })).status).toBe(200)
    const another = await rfqs.post(`/rfqs/${rfqId}/accept`, accept, { key: 'another' })
    expect(another.status).toBe(409)
    const refused = await rfqs.post(`/rfqs/${rfqId}/accept`, accept, { key: 'another' })
    expect(refused.status).toBe(409)
    const { body } = await rfqs.get<Page<ChainEvent>>(`/audit?correlationId=${rfq.correlationId}`, {
      user: 'risk',
    })
    expect(body.items.filter(({ eventType }) => eventType === 'QuoteAccepted')).toHaveLength(1)
  })

  test('and another body is refused, also at the same time and when this gateway has forgotten', async () => {
    expect((await rfqs.post('/rfqs', RFQ, { key: 'reused' })).status).toBe(201)
    const other = { ...RFQ, size: '2000000' }
    expect(await rfqs.post('/rfqs', other, { key: 'reused' })).toMatchObject({
      status: 422,
      body: { type: 'urn:orion:problem:idempotency-key-reused' },
    })
    const both = await Promise.all([
      rfqs.post('/rfqs', RFQ, { key: 'race' }),
      rfqs.post('/rfqs', other, { key: 'race' }),
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([201, 422])
    // The same number in another writing is the same request; another user's key is another key.
    expect(
      (await rfqs.post('/rfqs', { ...RFQ, size: '1000000.00' }, { key: 'reused' })).status,
    ).toBe(201)
    expect((await rfqs.post('/rfqs', other, { key: 'reused', user: 'trader2' })).status).toBe(201)

    const forgetful = await runGateway({
      on: rfqs.orion,
      limits: { outcomesRememberedMax: 16 },
    })
    await until('ready', async () => (await forgetful.call('/readyz')).status === 200)
    for (let i = 0; i < 17; i += 1) await rfqs.created({ key: `fill-${i}` })
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
      expect(await rfqs.post('/rfqs', RFQ, { key })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'header.idempotency-key' }] },
      })
    }
  })
})

describe('waiting', () => {
  test('a command without an outcome in time is answered 202, and a retry finds what came of it', async () => {
    rfqs.desk.hold()
    const late = await rfqs.post<{ commandId: string }>('/rfqs', RFQ, { key: 'late' })
    expect(late.status).toBe(202)
    const location = late.headers.get('location') ?? ''
    const path = location.replace('/api/v1', '')
    expect((await rfqs.get(path)).status).toBe(404)
    rfqs.desk.release()
    const again = await rfqs.post('/rfqs', RFQ, { key: 'late' })
    expect(again.status).toBe(201)
    expect(again.headers.get('location')).toBe(location)
  })

  test('a read waits for the position of an answer, on any gateway of the log', async () => {
    const second = await runGateway({ on: rfqs.orion, limits: { positionWaitMs: 300 } })
    const token = await second.token('trader')
    const { body, headers } = await rfqs.post('/rfqs', RFQ)
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
    rfqs.orion.memory.fail(true)
    expect((await rfqs.post('/rfqs', RFQ, { key: 'away' })).status).toBe(503)
    rfqs.orion.memory.fail(false)
    await until('the view is back', async () => (await rfqs.orion.call('/readyz')).status === 200)
    expect((await rfqs.post('/rfqs', RFQ, { key: 'away' })).status).toBe(201)
  })
})
