import { afterEach, expect, test } from 'vitest'
import { until } from '../gateway/fixtures/running-gateway.ts'
import type { JournalItems, ServerMessage } from '../gateway/protocol.ts'
import { type FakeConnection, FakeGateway } from './fixtures/fake-gateway.ts'
import { rfq } from './fixtures/rfqs.ts'
import { OrionClient, OrionStream } from './index.ts'

const closing: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const SESSION = { accessToken: 'a', refreshToken: 'r', expiresAt: '2099-01-01T00:00:00.000Z' }

async function follow(isRefused = false) {
  const gateway = await FakeGateway.open({
    answer: () => ({ body: {} }),
    onMessage: (message, connection) => {
      if (message.op === 'subscribe' && message.id !== undefined)
        connection.send({ op: 'subscribed', id: message.id, ok: !isRefused })
    },
  })
  closing.push(() => gateway.close())
  const client = new OrionClient({ baseUrl: gateway.base, session: SESSION })
  const heard: string[] = []
  const states: string[] = []
  const problems: string[] = []
  const stream = new OrionStream(client, {
    onItems: (items, type) => heard.push(`market ${type} ${items.length}`),
    onState: (state, detail) => states.push(`${state}: ${detail}`),
    onProblem: (message) => problems.push(message),
  })
  closing.push(() => stream.close())
  const named = (items: readonly JournalItems['rfqs'][]) => items.map((one) => one.rfqId).join()
  const stop = stream.follow('rfqs', {
    onSnapshot: (items) => heard.push(`snapshot ${named(items)}`),
    onUpdate: (items) => heard.push(`update ${named(items)}`),
    onReset: () => heard.push('reset'),
  })
  stream.open()
  return { gateway, stream, heard, states, problems, stop }
}

async function connection(gateway: FakeGateway, index = 0): Promise<FakeConnection> {
  const channels = () =>
    gateway.connections[index]?.received.flatMap((one) =>
      one.op === 'subscribe' ? one.channel : [],
    )
  await until('the subscription', () => channels()?.includes('rfqs') === true)
  return gateway.connections[index] as FakeConnection
}

const frame = (seq: number, type: 'snapshot' | 'update' | 'reset', ...ids: string[]) =>
  ({ channel: 'rfqs', type, seq, data: ids.map((id) => rfq(id)) }) satisfies ServerMessage

test('a journal is heard in order, beside the market, each with its own count of frames', async () => {
  const { gateway, stream, heard, states } = await follow()
  stream.subscribe(['EURUSD.SIM'])
  const server = await connection(gateway)
  server.send(frame(1, 'snapshot', 'R-1'))
  server.send({ channel: 'market', type: 'snapshot', seq: 1, data: [] })
  server.send(frame(2, 'update', 'R-1', 'R-1'))
  server.send(frame(3, 'reset'))
  server.send(frame(4, 'snapshot', 'R-2'))
  await until('all', () => heard.length === 5)
  expect(heard).toEqual([
    'snapshot R-1',
    'market snapshot 0',
    'update R-1,R-1',
    'reset',
    'snapshot R-2',
  ])
  expect(states).toEqual(['connecting: connecting', 'open: live'])
})

test('a lost frame of a journal ends the connection; on the new one it is followed from a snapshot', async () => {
  const { gateway, heard, states } = await follow()
  const server = await connection(gateway)
  server.send(frame(1, 'snapshot', 'R-1'))
  server.send(frame(3, 'update', 'R-3'))
  const again = await connection(gateway, 1)
  expect(states).toContain('connecting: frames were lost')
  again.send(frame(1, 'snapshot', 'R-4'))
  await until('the snapshot', () => heard.length === 2)
  expect(heard).toEqual(['snapshot R-1', 'snapshot R-4'])
})

test('a lost connection is followed again; what is no longer followed is not', async () => {
  const { gateway, stream, stop } = await follow()
  const server = await connection(gateway)
  const stopAlerts = stream.follow('alerts', { onSnapshot: () => {}, onUpdate: () => {} })
  stopAlerts()
  await until('the end', () => server.received.some((one) => one.op === 'unsubscribe'))
  server.close()
  const again = await connection(gateway, 1)
  const wanted = again.received.flatMap((one) => (one.op === 'subscribe' ? one.channel : []))
  expect(wanted).toEqual(['rfqs'])
  expect(() => stream.follow('rfqs', { onSnapshot: () => {}, onUpdate: () => {} })).toThrow(
    'rfqs has a follower already',
  )
  stop()
  await until('the end', () => again.received.some((one) => one.op === 'unsubscribe'))
})

test('a journal that is refused is said in words', async () => {
  const { problems } = await follow(true)
  await until('the refusal', () => problems.length > 0)
  expect(problems).toEqual(['not available to you: rfqs'])
})
