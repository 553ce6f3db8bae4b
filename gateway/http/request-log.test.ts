import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Metrics, noMetrics } from '#streams'
import { type LogLine, recordingLogger } from '../fixtures/recording-logger.ts'
import { PASSWORD, type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import { StreamClient } from '../fixtures/stream-client.ts'

const logger = recordingLogger()
const counts = new Map<string, number>()
const metrics: Metrics = {
  ...noMetrics,
  counter: (name, _help, labels = {}) => ({
    add: (count: number) => {
      const key = `${name} ${Object.values(labels).join(' ')}`.trim()
      counts.set(key, (counts.get(key) ?? 0) + count)
    },
  }),
}
let orion: RunningGateway
let database: 'empty' | 'broken' = 'empty'

beforeAll(async () => {
  orion = await runGateway({
    logger,
    metrics,
    identityOptions: { logger },
    limits: { messageBytesMax: 1_024 },
    bars: async () => {
      if (database === 'broken') throw new Error('no connection')
      return []
    },
  })
  orion.instrument('EURUSD.SIM', 'FX')
  orion.price('EURUSD.SIM', 1)
  await orion.priced(['EURUSD.SIM'])
})

afterAll(() => orion.close())

/** Lines about requests with this correlation id, without the time they took. */
function linesOf(correlationId: string): Omit<LogLine, 'durationMs'>[] {
  return logger.lines
    .filter((line) => line.message === 'gateway: request' && line.correlationId === correlationId)
    .map(({ durationMs, ...line }) => {
      expect(durationMs).toBeGreaterThanOrEqual(0)
      expect(durationMs).toBeLessThan(5_000)
      return line
    })
}

const EXPECTED: readonly (readonly [
  name: string,
  request: { method?: string; path: string; user?: string; json?: unknown },
  line: Readonly<Record<string, unknown>> | undefined,
])[] = [
  ['a read that succeeds', { path: '/api/v1/me', user: 'trader' }, undefined],
  [
    'a read of what is not there',
    { path: '/api/v1/instruments/NO.SUCH', user: 'trader' },
    { method: 'GET', route: '/api/v1/instruments/{id}', status: 404, user: 'trader' },
  ],
  [
    'a read without a token',
    { path: '/api/v1/me' },
    { method: 'GET', route: '/api/v1/me', status: 401 },
  ],
  ['a path that is no route', { path: '/nowhere' }, { method: 'GET', route: 'none', status: 404 }],
  [
    'a log-in',
    { path: '/api/v1/login', json: { tenant: 'demo', user: 'quant', password: PASSWORD } },
    { method: 'POST', route: '/api/v1/login', status: 200 },
  ],
  [
    'what the role forbids',
    { method: 'POST', path: '/api/v1/admin/users/quant/revoke-sessions', user: 'trader' },
    {
      method: 'POST',
      route: '/api/v1/admin/users/{user}/revoke-sessions',
      status: 403,
      user: 'trader',
    },
  ],
  [
    'a revocation',
    { method: 'POST', path: '/api/v1/admin/users/quant/revoke-sessions', user: 'admin' },
    {
      method: 'POST',
      route: '/api/v1/admin/users/{user}/revoke-sessions',
      status: 200,
      user: 'admin',
    },
  ],
]

test.each(EXPECTED)(
  '%s: one line, or none',
  async (name, { path, user, json, method }, expected) => {
    const correlationId = name.replaceAll(' ', '-')
    const response = await orion.call(path, {
      headers: { 'x-correlation-id': correlationId },
      ...(method === undefined ? {} : { method }),
      ...(user === undefined ? {} : { token: await orion.token(user) }),
      ...(json === undefined ? {} : { json }),
    })
    const line =
      expected === undefined
        ? []
        : [
            {
              ...expected,
              ...(user === undefined ? {} : { tenantId: 'demo' }),
              correlationId,
              level: 'info',
              message: 'gateway: request',
            },
          ]
    expect(linesOf(correlationId)).toEqual(line)
    expect(response.status).toBe(expected?.['status'] ?? 200)
  },
)

test('what fails on our side is a warning', async () => {
  database = 'broken'
  await orion.call('/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m', {
    headers: { 'x-correlation-id': 'broken' },
    token: await orion.token('trader'),
  })
  expect(linesOf('broken')).toMatchObject([{ level: 'warn', status: 503, user: 'trader' }])
})

test('who ended whose sessions is in the log, and an unknown user is not found', async () => {
  const revoke = async (user: string) =>
    orion.call(`/api/v1/admin/users/${user}/revoke-sessions`, {
      method: 'POST',
      headers: { 'x-correlation-id': `revoke-${user}` },
      token: await orion.token('admin'),
    })
  expect((await revoke('nobody')).status).toBe(404)
  expect((await revoke('risk')).status).toBe(200)
  const notes = logger.lines.filter(({ message }) => message === 'identity: revoke')
  expect(notes.map(({ correlationId }) => correlationId)).not.toContain('revoke-nobody')
  expect(notes.at(-1)).toMatchObject({ tenantId: 'demo', user: 'risk', by: 'admin' })
})

test('a flood of refused requests is not a flood of lines, and what was left out is counted', async () => {
  const before = logger.lines.length
  for (let i = 0; i < 15; i += 1) {
    await Promise.all(
      Array.from({ length: 100 }, async () => (await orion.call('/nowhere')).arrayBuffer()),
    )
  }
  expect(logger.lines.length - before).toBeLessThan(1_400)
  expect(counts.get('orion_gateway_request_log_left_out_total')).toBeGreaterThan(100)
})

test('a message that is too large, or no message, is counted and in the log with who sent it', async () => {
  const counted = (reason: string) => counts.get(`orion_gateway_bad_messages_total ${reason}`) ?? 0
  const client = await StreamClient.open(orion.base, await orion.token('sales'))
  client.sendText('not json')
  await until('an error', () => client.errors()[0]?.code === 'BAD_MESSAGE')
  expect(counted('not-understood')).toBe(1)
  client.sendText(`"${'x'.repeat(2_000)}"`)
  await until('it is counted', () => counted('too-large') === 1)
  expect(logger.lines.at(-1)).toMatchObject({ level: 'warn', tenantId: 'demo', user: 'sales' })
  const other = await StreamClient.open(orion.base, await orion.token('sales'))
  await other.close()
  expect(counted('too-large') + counted('not-websocket')).toBe(1)
})
