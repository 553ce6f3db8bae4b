import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PASSWORD, type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import type { Problem } from '../protocol.ts'
import { MeSchema, Readiness, SessionSchema } from './schemas.ts'

let orion: RunningGateway
let partReady = true

beforeAll(async () => {
  orion = await runGateway({
    checks: [
      { name: 'a part', check: () => ({ ok: partReady, detail: partReady ? 'well' : 'not well' }) },
    ],
  })
  await until('ready', async () => (await orion.call('/readyz')).status === 200)
})

afterAll(() => orion.close())

describe('a correlation id', () => {
  test('is taken over when it is plain', async () => {
    const response = await orion.call('/healthz', { headers: { 'x-correlation-id': 'chain-7.a' } })
    expect(response.headers.get('x-correlation-id')).toBe('chain-7.a')
  })

  test.each(['with space', 'x'.repeat(65), 'quote"'])('%j is replaced', async (id) => {
    const response = await orion.call('/api/v1/nothing', { headers: { 'x-correlation-id': id } })
    const given = response.headers.get('x-correlation-id')
    expect(given).toMatch(/^[0-9a-f]{32}$/)
    expect(((await response.json()) as Problem).correlationId).toBe(given)
  })
})

describe('tokens', () => {
  const PROTECTED = [
    '/api/v1/me',
    '/api/v1/instruments',
    '/api/v1/instruments/EURUSD.SIM',
    '/api/v1/market/snapshot?instrumentId=EURUSD.SIM',
    '/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m',
  ]
  test.each(PROTECTED)('%s needs one', async (path) => {
    const expired = await orion.token('trader')
    const tampered = `${expired.slice(0, -6)}AAAAAA`
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${expired.split('.')[1]}.`
    orion.clock.shiftMs += 901_000
    for (const token of [undefined, 'junk', tampered, none, expired]) {
      const response = await orion.call(path, token === undefined ? {} : { token })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  test('me says who the caller is', async () => {
    const token = await orion.token('client', 'other')
    const response = await orion.call('/api/v1/me', { token })
    expect(MeSchema.parse(await response.json())).toEqual({
      user: 'client',
      tenant: 'other',
      desk: '',
      roles: ['CLIENT'],
      entitlements: { assetClasses: ['EQUITY'] },
    })
  })

  test('a route for administrators refuses everybody else', async () => {
    const path = '/api/v1/admin/users/quant/revoke-sessions'
    for (const user of ['trader', 'sales', 'risk', 'quant', 'compliance', 'platform', 'client']) {
      const response = await orion.call(path, { method: 'POST', token: await orion.token(user) })
      expect(`${user} ${response.status}`).toBe(`${user} 403`)
    }
    const session = await orion.login('quant')
    const otherTenant = await orion.login('quant', 'other')
    const response = await orion.call(path, { method: 'POST', token: await orion.token('admin') })
    expect(await response.json()).toEqual({ sessions: 1 })
    expect((await orion.call('/api/v1/me', { token: session.accessToken })).status).toBe(401)
    expect((await orion.call('/api/v1/me', { token: otherTenant.accessToken })).status).toBe(200)
  })

  test('log in, refresh, log out', async () => {
    const response = await orion.call('/api/v1/login', {
      json: { tenant: 'demo', user: 'trader', password: PASSWORD },
    })
    const session = SessionSchema.parse(await response.json())
    const refreshed = SessionSchema.parse(
      await (
        await orion.call('/api/v1/refresh', { json: { refreshToken: session.refreshToken } })
      ).json(),
    )
    expect((await orion.call('/api/v1/me', { token: refreshed.accessToken })).status).toBe(200)
    expect(
      (await orion.call('/api/v1/logout', { method: 'POST', token: refreshed.accessToken })).status,
    ).toBe(204)
    for (const token of [session.accessToken, refreshed.accessToken]) {
      expect((await orion.call('/api/v1/me', { token })).status).toBe(401)
    }
    expect(
      (await orion.call('/api/v1/refresh', { json: { refreshToken: refreshed.refreshToken } }))
        .status,
    ).toBe(401)
  })
})

describe('operations', () => {
  test('readiness names what is not in order', async () => {
    expect((await orion.call('/healthz')).status).toBe(200)
    expect((await orion.call('/readyz')).status).toBe(200)
    partReady = false
    const response = await orion.call('/readyz')
    partReady = true
    expect(response.status).toBe(503)
    const body = Readiness.parse(await response.json())
    expect(body.checks).toContainEqual({ name: 'a part', ok: false, detail: 'not well' })
    expect(body.checks.map(({ name }) => name)).toEqual([
      'view instruments',
      'view market',
      'view administration',
      'view events',
      'log',
      'a part',
    ])
  })

  test('metrics are text for Prometheus', async () => {
    const response = await orion.call('/metrics')
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('# nothing\n')
  })

  test('HEAD answers as GET without a body', async () => {
    const response = await orion.call('/healthz', { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String('{"status":"up"}'.length))
  })
})
