import { afterEach, expect, test } from 'vitest'
import {
  PASSWORD,
  type RunningGateway,
  runGateway,
  until,
} from '../gateway/fixtures/running-gateway.ts'
import { BreakableLink } from './fixtures/breakable-link.ts'
import { OrionClient, OrionStream } from './index.ts'

const closing: (() => Promise<void> | void)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function start(): Promise<RunningGateway> {
  const running = await runGateway()
  closing.push(() => running.close())
  for (const id of ['A.SIM', 'B.SIM']) running.instrument(id, 'FX')
  running.price('A.SIM', 1)
  running.price('B.SIM', 1)
  await running.priced(['A.SIM', 'B.SIM'])
  return running
}

async function watch(running: RunningGateway, baseUrl = running.base) {
  const client = new OrionClient({ baseUrl })
  await client.login({ tenant: 'demo', user: 'trader', password: PASSWORD })
  const states: string[] = []
  const problems: string[] = []
  const frames: string[][] = []
  const latest = new Map<string, number>()
  const stream = new OrionStream(client, {
    onItems: (items, type) => {
      frames.push([type, ...items.map((item) => `${item.instrumentId}@${item.sequence}`)])
      for (const item of items) latest.set(item.instrumentId, item.sequence)
    },
    onState: (state, detail) => states.push(`${state}: ${detail}`),
    onProblem: (message) => problems.push(message),
  })
  closing.push(() => stream.close())
  return { client, stream, states, problems, frames, latest }
}

test('a snapshot comes first, then updates; what is unsubscribed stops', async () => {
  const running = await start()
  const { stream, frames, latest, states } = await watch(running)
  stream.subscribe(['A.SIM', 'B.SIM'])
  stream.open()
  await until('a snapshot', () => frames.length > 0)
  expect(frames[0]?.toSorted()).toEqual(['A.SIM@1', 'B.SIM@1', 'snapshot'])

  stream.unsubscribe(['B.SIM'])
  running.price('B.SIM', 2)
  running.price('A.SIM', 2)
  await until('the update', () => latest.get('A.SIM') === 2)
  running.price('B.SIM', 3)
  running.price('A.SIM', 3)
  await until('the next update', () => latest.get('A.SIM') === 3)
  expect(latest.get('B.SIM')).not.toBe(3)
  expect(states).toEqual(['connecting: connecting', 'open: live'])
})

test('the clock of the server is known after a ping', async () => {
  const running = await start()
  const { stream } = await watch(running)
  running.clock.shiftMs = 5_000
  stream.open()
  await until(
    'the offset',
    () => Math.abs(stream.serverNowMs() - Date.now() - 5_000) < 1_000,
    15_000,
  )
})

test('after a loss it comes back, to another gateway too, subscribes again and gets a snapshot', async () => {
  const running = await start()
  const link = await BreakableLink.open(running.gateway.port)
  closing.push(() => link.cut())
  const { stream, frames, states, latest } = await watch(running, `http://127.0.0.1:${link.port}`)
  stream.subscribe(['A.SIM'])
  stream.open()
  await until('a snapshot', () => frames.length > 0)

  await link.cut()
  await until('the loss', () => states.at(-1) === 'connecting: connection lost')
  const { identity, topics, memory } = running
  const other = await runGateway({ identity, topics, log: memory.asLog() })
  closing.push(() => other.close())
  running.price('A.SIM', 2)
  link.targetPort = other.gateway.port
  await link.mend()

  await until('the latest price', () => latest.get('A.SIM') === 2, 15_000)
  expect(states.at(-1)).toBe('open: live')
  expect(frames.at(-1)?.[0]).toBe('snapshot')
})

test('before its token expires the stream moves to a new connection, and nobody sees a break', async () => {
  const running = await start()
  const { client, stream, states, latest, frames } = await watch(running)
  stream.subscribe(['A.SIM'])
  stream.open()
  await until('a snapshot', () => frames.length > 0)
  const before = client.session

  running.clock.shiftMs = 15 * 60_000 - 20_000
  await until('a second snapshot', () => frames.filter(([type]) => type === 'snapshot').length > 1)
  expect(client.session?.accessToken).not.toBe(before?.accessToken)
  await until('one connection', () => running.gateway.connections === 1)

  running.clock.shiftMs += 60_000
  running.price('A.SIM', 2)
  await until('prices after the old token', () => latest.get('A.SIM') === 2)
  expect(states).toEqual(['connecting: connecting', 'open: live'])
})

test('a session that was ended ends the stream for good, with the reason', async () => {
  const running = await start()
  const { client, stream, states } = await watch(running)
  stream.open()
  await until('the connection', () => states.at(-1) === 'open: live')
  await running.identity.revokeUser('demo', 'trader', 'test')
  await until('the end', () => states.at(-1) === 'closed: the session was ended')
  expect(client.session).toBeUndefined()
})

test('a session that ended while there was no connection ends the stream with the next attempt', async () => {
  const running = await start()
  const { stream, states } = await watch(running)
  await running.identity.revokeUser('demo', 'trader', 'test')
  stream.open()
  await until('the end', () => states.at(-1) === 'closed: the session has ended')
})

test('an instrument that the gateway does not know yet is reported once, and delivered when it is there', async () => {
  const running = await start()
  const { stream, problems, latest } = await watch(running)
  stream.subscribe(['LATER.SIM'])
  stream.open()
  await until('the refusal', () => problems.length > 0)
  running.instrument('LATER.SIM', 'FX')
  running.price('LATER.SIM', 5)
  await until('its price', () => latest.get('LATER.SIM') === 5)
  expect(problems).toEqual(['not available to you: LATER.SIM'])
})
