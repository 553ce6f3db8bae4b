import { afterEach, expect, test } from 'vitest'
import { PASSWORD, type RunningGateway, runGateway } from '../gateway/fixtures/running-gateway.ts'
import { OrionClient, OrionProblem, type Session } from './index.ts'

let running: RunningGateway | undefined

afterEach(async () => {
  await running?.close()
  running = undefined
})

const TRADER = { tenant: 'demo', user: 'trader', password: PASSWORD }

async function problemOf(call: Promise<unknown>): Promise<OrionProblem['problem']> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof OrionProblem)) throw new Error(`no problem, but ${error}`)
  return error.problem
}

test('a trader logs in, reads who it is, pages through instruments, and reads a snapshot and bars', async () => {
  const bar = { open: 1, high: 2, low: 0.5, close: 1.5, volume: 10, vwap: 1.2, ticks: 4 }
  const asked: unknown[] = []
  running = await runGateway({
    bars: async (query) => {
      asked.push(query)
      return [{ windowStartMs: 60_000, ...bar, origin: 'COMPUTED' }]
    },
  })
  for (const id of ['A.SIM', 'B.SIM', 'C.SIM']) running.instrument(id, 'FX')
  running.price('B.SIM', 7)
  await running.priced(['B.SIM'])

  const client = new OrionClient({ baseUrl: `${running.base}/` })
  await client.login(TRADER)

  expect(await client.me()).toMatchObject({ user: 'trader', tenant: 'demo', roles: ['TRADER'] })
  const first = await client.instruments({ limit: 2 })
  expect(first.items.map((one) => one.instrumentId)).toEqual(['A.SIM', 'B.SIM'])
  const second = await client.instruments({ limit: 2, cursor: first.nextCursor ?? '' })
  expect(second.items.map((one) => one.instrumentId)).toEqual(['C.SIM'])
  expect((await client.allInstruments()).length).toBe(3)
  expect(await client.snapshot('B.SIM')).toMatchObject({ bid: 7, ask: 7.5, bidSize: 1_000 })
  const bars = await client.bars({
    instrumentId: 'B.SIM',
    interval: '1m',
    from: 0,
    to: 120_000,
    limit: 10,
  })
  expect(bars.items).toEqual([{ windowStartMs: 60_000, ...bar, origin: 'COMPUTED' }])
  expect(asked).toMatchObject([{ interval: '1m', fromMs: 0, toMs: 120_000, limit: 10 }])
})

test('a refusal arrives as the problem that the gateway described', async () => {
  running = await runGateway()
  const client = new OrionClient({ baseUrl: running.base })
  expect(await problemOf(client.login({ ...TRADER, password: 'wrong' }))).toMatchObject({
    status: 401,
    detail: 'Tenant, user and password do not match.',
  })
  expect(await problemOf(client.me())).toMatchObject({ status: 401 })
  await client.login(TRADER)
  expect(await problemOf(client.snapshot('NOT.THERE'))).toMatchObject({ status: 404 })
})

test('a gateway that cannot be reached is a problem with status 0', async () => {
  const client = new OrionClient({ baseUrl: 'http://127.0.0.1:1' })
  expect(await problemOf(client.login(TRADER))).toMatchObject({ status: 0, title: 'Unreachable' })
})

test('a token that has expired by the clock of the server is renewed, once for all calls, and the calls are repeated', async () => {
  running = await runGateway()
  const sessions: (Session | undefined)[] = []
  const client = new OrionClient({
    baseUrl: running.base,
    onSession: (session) => sessions.push(session),
  })
  await client.login(TRADER)
  running.clock.shiftMs = 16 * 60_000

  const answers = await Promise.all([client.me(), client.me(), client.allInstruments()])

  expect(answers[1]).toMatchObject({ user: 'trader' })
  expect(sessions.length).toBe(2)
})

test('a token is renewed before it expires by the clock of the client; one far ahead does not renew for every call', async () => {
  running = await runGateway()
  const sessions: (Session | undefined)[] = []
  let aheadMs = 0
  const client = new OrionClient({
    baseUrl: running.base,
    onSession: (session) => sessions.push(session),
    nowMs: () => Date.now() + aheadMs,
  })
  await client.login(TRADER)
  await client.me()
  expect(sessions.length).toBe(1)
  aheadMs = 15 * 60_000
  await client.me()
  await client.me()
  await client.me()
  expect(sessions.length).toBe(2)
})

test('a session that was ended elsewhere ends here with the next call', async () => {
  running = await runGateway()
  const sessions: (Session | undefined)[] = []
  const client = new OrionClient({
    baseUrl: running.base,
    onSession: (session) => sessions.push(session),
  })
  await client.login(TRADER)
  await running.identity.revokeUser('demo', 'trader', 'test')
  expect(await problemOf(client.me())).toMatchObject({ status: 401 })
  expect(sessions.at(-1)).toBeUndefined()
  expect(client.session).toBeUndefined()
})

test('after log-out the tokens are of no use, and a session kept from before goes on without a log-in', async () => {
  running = await runGateway()
  const client = new OrionClient({ baseUrl: running.base })
  const session = await client.login(TRADER)
  const reloaded = new OrionClient({ baseUrl: running.base, session })
  expect(await reloaded.me()).toMatchObject({ user: 'trader' })
  await client.logout()
  expect(client.session).toBeUndefined()
  expect(await problemOf(reloaded.me())).toMatchObject({ status: 401 })
})
