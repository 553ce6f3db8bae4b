import { afterAll, beforeAll, expect, test } from 'vitest'
import { RawStreamClient } from '../fixtures/raw-stream-client.ts'
import { openRfqDesk, type RfqDesk } from '../fixtures/rfq-desk.ts'
import { until } from '../fixtures/running-gateway.ts'
import { StreamClient } from '../fixtures/stream-client.ts'
import type { ServerMessage } from '../protocol.ts'

let rfqs: RfqDesk

beforeAll(async () => {
  rfqs = await openRfqDesk({ journalChangesMax: 64, coalesceIntervalMs: PRICES_EVERY_MS })
})

afterAll(() => rfqs.close())

async function follow(user: string, tenant = 'demo'): Promise<StreamClient> {
  const client = await StreamClient.open(rfqs.orion.base, await rfqs.orion.token(user, tenant))
  expect(await client.follow('rfqs')).toBe(true)
  await until('the snapshot', () => client.journal('rfqs').length > 0)
  return client
}

const statesOf = (client: StreamClient, rfqId: string) =>
  client
    .journal('rfqs')
    .filter(({ type }) => type === 'update')
    .flatMap(({ data }) => data.filter((rfq) => rfq.rfqId === rfqId))
    .map(({ quotes, state }) => `${state} ${quotes.length}`)

test('a client sees what is live, then every step, and the end that nobody asked for', async () => {
  const before = await rfqs.created()
  const client = await follow('trader')
  expect(client.journal('rfqs')[0]).toMatchObject({ type: 'snapshot', seq: 1 })
  expect(client.journal('rfqs')[0]?.data.map(({ rfqId }) => rfqId)).toContain(before.rfqId)
  const rfq = await rfqs.created()
  rfqs.desk.quote(rfq, '1.1004', 'Q1')
  rfqs.desk.quote(rfq, '1.1003', 'Q2')
  rfqs.orion.clock.shiftMs += 31_000
  rfqs.desk.tick()
  await until('it is over', () => statesOf(client, rfq.rfqId).at(-1) === 'EXPIRED 0')
  expect(statesOf(client, rfq.rfqId)).toEqual([
    'CREATED 0',
    'SENT 0',
    'QUOTING 1',
    'QUOTING 2',
    'EXPIRED 0',
  ])
  const seqs = client.journal('rfqs').map(({ seq }) => seq)
  expect(seqs).toEqual(seqs.map((_, i) => i + 1))
  await client.close()
})

test('each item goes to those who may see it: tenant, role, desk, asset class', async () => {
  const users = ['trader', 'trader2', 'sales', 'risk', 'compliance', 'quant', 'admin', 'client']
  const clients = await Promise.all(users.map((user) => follow(user)))
  const other = await follow('admin', 'other')
  const fx = await rfqs.created()
  const equity = await rfqs.created({}, { instrumentId: 'ACME.SIM' })
  const theirs = await rfqs.created({ tenant: 'other' })
  await until('all was sent', () => statesOf(other, theirs.rfqId).length === 2)
  const seen = (client: StreamClient) =>
    [fx, equity, theirs].map(({ rfqId }) => statesOf(client, rfqId).length > 0)
  expect(clients.map((client, i) => [users[i], ...seen(client)])).toEqual([
    ['trader', true, true, false],
    ['trader2', true, false, false],
    ...['sales', 'risk', 'compliance', 'quant', 'admin'].map((user) => [user, true, true, false]),
    ['client', false, false, false],
  ])
  expect(seen(other)).toEqual([false, false, true])
  await Promise.all([...clients, other].map((client) => client.close()))
})

test('who runs the platform is refused, and a channel that is not there is named', async () => {
  const client = await StreamClient.open(rfqs.orion.base, await rfqs.orion.token('platform'))
  expect(await client.follow('rfqs')).toBe(false)
  client.send({ op: 'subscribe', channel: 'orders', id: 9 } as never)
  await until('the error', () => client.errors().length === 1)
  expect(client.errors()[0]).toMatchObject({ code: 'CHANNEL_UNAVAILABLE', id: 9 })
  expect(client.journal('rfqs')).toEqual([])
  await client.close()
})

test('a log-out ends what a channel sends', async () => {
  const { accessToken } = await rfqs.orion.login('trader')
  const client = await StreamClient.open(rfqs.orion.base, accessToken)
  await client.follow('rfqs')
  await rfqs.orion.call('/api/v1/logout', { method: 'POST', token: accessToken })
  await until('it is closed', () => client.closed !== undefined)
  expect(client.closed?.code).toBe(4403)
})

test('a token that expires ends what a channel sends; who comes with a new one begins with what is live', async () => {
  const client = await follow('trader')
  rfqs.orion.clock.shiftMs += 880_000
  await until('it is warned', () =>
    client.errors().some(({ code }) => code === 'TOKEN_EXPIRES_SOON'),
  )
  const warned = await rfqs.created()
  await until('it is sent still', () => statesOf(client, warned.rfqId).at(-1) === 'SENT 0')
  rfqs.orion.clock.shiftMs += 30_000
  await until('it is closed', () => client.closed !== undefined)
  expect(client.closed?.code).toBe(4401)
  const later = await rfqs.created()
  const again = await follow('trader')
  expect(again.journal('rfqs')[0]).toMatchObject({ type: 'snapshot', seq: 1 })
  expect(again.journal('rfqs')[0]?.data.map(({ rfqId }) => rfqId)).toContain(later.rfqId)
  expect(statesOf(client, later.rfqId)).toEqual([])
  await again.close()
})

test('a client that stops reading slows nobody, and begins again with what is live', async () => {
  const token = await rfqs.orion.token('trader')
  const slow = await RawStreamClient.open(rfqs.orion.gateway.port, token)
  slow.send({ op: 'subscribe', channel: 'rfqs', id: 1 })
  await until('the slow one has its snapshot', () => slow.received.length >= 2)
  slow.stopReading()
  const quick = await follow('trader')
  const both = [await rfqs.created(), await rfqs.created()]
  const delaysMs: number[] = []
  // Each quote makes the ranking, and so the frame, longer: the operating system's buffers are full after some.
  for (const rfq of both) {
    for (let burst = 1; burst <= BURSTS; burst += 1) {
      for (let i = 0; i < QUOTES; i += 1)
        rfqs.desk.quote(rfq, '1.1004', `${rfq.rfqId}-${burst}-${i}`)
      const publishedMs = performance.now()
      const last = `QUOTING ${burst * QUOTES}`
      await until('the quick one has it', () => statesOf(quick, rfq.rfqId).at(-1) === last)
      delaysMs.push(performance.now() - publishedMs)
    }
  }
  slow.read()
  const frames = () => slow.received.filter(isRfqFrame)
  const quotesOf = (rfqId: string) =>
    frames()
      .flatMap(({ data }) => data)
      .findLast((item) => item.rfqId === rfqId)?.quotes.length
  await until('the slow one has what is live', () =>
    both.every(({ rfqId }) => quotesOf(rfqId) === BURSTS * QUOTES),
  )
  // It was reset: otherwise this test has not filled the buffers and shows nothing.
  const types = frames().map(({ type }) => type)
  const reset = types.indexOf('reset')
  expect(reset).toBeGreaterThan(0)
  expect(types[reset + 1]).toBe('snapshot')
  expect(frames().map(({ seq }) => seq)).toEqual(frames().map((_, i) => i + 1))
  // No flush waits for the interval of prices, and none for the slow one.
  expect(delaysMs.toSorted((a, b) => a - b)[BURSTS]).toBeLessThan(PRICES_EVERY_MS / 2)
  slow.destroy()
  await quick.close()
})

/** Far above what a flush takes, also on a machine that is busy. */
const PRICES_EVERY_MS = 2_000
/** Together no more than the journal keeps, nor all of them than an RFQ takes. */
const QUOTES = 19
const BURSTS = 10

function isRfqFrame(
  message: ServerMessage,
): message is Extract<ServerMessage, { channel: 'rfqs' }> {
  return 'channel' in message && message.channel === 'rfqs'
}
