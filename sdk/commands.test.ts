import { afterEach, expect, test } from 'vitest'
import { FakeGateway, type FakeReply, type FakeRequest } from './fixtures/fake-gateway.ts'
import { rfq } from './fixtures/rfqs.ts'
import { OrionClient, OrionProblem } from './index.ts'

let gateway: FakeGateway | undefined

afterEach(async () => {
  await gateway?.close()
  gateway = undefined
})

const SESSION = { accessToken: 'a', refreshToken: 'r', expiresAt: '2099-01-01T00:00:00.000Z' }
const REQUEST = {
  instrumentId: 'EURUSD.SIM',
  side: 'BUY',
  size: '5000000',
  expirySeconds: 30,
} as const

async function start(answer: (request: FakeRequest) => FakeReply) {
  gateway = await FakeGateway.open({ answer })
  const client = new OrionClient({ baseUrl: gateway.base, session: SESSION })
  return { client, requests: gateway.requests }
}

const at = (offset: number, partition = 0, topic = 'rfq.lifecycle') => ({
  'x-orion-position': JSON.stringify({ [topic]: { [partition]: offset } }),
})

test('a command carries a key: a new one each time, or the one that it was given', async () => {
  const { client, requests } = await start(() => ({ status: 201, body: rfq('R-1') }))
  expect((await client.createRfq(REQUEST)).current?.rfqId).toBe('R-1')
  await client.createRfq(REQUEST)
  await client.createRfq(REQUEST, { idempotencyKey: 'mine', correlationId: 'C-9' })
  const keys = requests.map((one) => one.headers['idempotency-key'])
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
  expect(keys[1]).not.toBe(keys[0])
  expect(keys[2]).toBe('mine')
  expect(requests[2]?.headers['x-correlation-id']).toBe('C-9')
  expect(requests[2]?.body).toEqual(REQUEST)
})

test('reads see what answers of the same resource before them saw: positions are merged and sent', async () => {
  const positions = [at(5), at(3), at(2, 0, 'execution.trades'), at(9, 1)]
  const { client, requests } = await start(() => ({
    body: rfq('R-1'),
    headers: positions.shift() ?? {},
  }))
  await client.cancelRfq('R-1')
  await client.rfq('R-1')
  await client.trades()
  await client.rfq('R-1')
  await client.rfqs({ state: 'SENT', limit: 5 })
  await client.trade('T-1')
  expect(requests.map((one) => one.headers['x-orion-position'])).toEqual([
    undefined,
    '{"rfq.lifecycle":{"0":5}}',
    undefined,
    '{"rfq.lifecycle":{"0":5}}',
    '{"rfq.lifecycle":{"0":5,"1":9}}',
    '{"execution.trades":{"0":2}}',
  ])
  expect(requests[4]?.query).toEqual({ state: 'SENT', limit: '5' })
})

test('a position that is never reached fails one read, not all that follow', async () => {
  const { client, requests } = await start(({ method, headers }) =>
    method === 'POST'
      ? { body: rfq('R-1'), headers: at(5) }
      : headers['x-orion-position'] === undefined
        ? { body: rfq('R-1') }
        : { status: 504, body: { status: 504, title: 'late', detail: 'late' } },
  )
  await client.cancelRfq('R-1')
  await expect(client.rfq('R-1')).rejects.toThrow('late')
  expect((await client.rfq('R-1')).rfqId).toBe('R-1')
  expect(requests.length).toBe(3)
})

test('a command whose outcome is not seen yet says where it will be', async () => {
  const { client } = await start(() => ({
    status: 202,
    headers: { location: '/api/v1/rfqs/R-7' },
    body: {},
  }))
  expect(await client.createRfq(REQUEST)).toEqual({
    rfqId: 'R-7',
    current: undefined,
    location: '/api/v1/rfqs/R-7',
  })
})

test('a conflict brings the RFQ as it is now', async () => {
  const current = rfq('R-1', { state: 'EXPIRED', version: 4 })
  const { client } = await start(() => ({
    status: 409,
    body: { type: 'conflict', title: 'Conflict', status: 409, detail: 'it is expired', current },
  }))
  const refused = await client
    .acceptQuote('R-1', { quoteId: 'Q-1', version: 3 })
    .catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(OrionProblem)
  expect((refused as OrionProblem).problem.current).toEqual(current)
})

test('a confirmation is a file of the kind that was asked for', async () => {
  const { client, requests } = await start(() => ({ body: new Uint8Array([37, 80, 68, 70]) }))
  const file = await client.confirmationPdf('T-1')
  expect([file.type, await file.text()]).toEqual(['application/pdf', '%PDF'])
  expect(requests[0]).toMatchObject({
    path: '/trades/T-1/confirmation',
    query: { format: 'pdf' },
    headers: { accept: 'application/pdf' },
  })
})
