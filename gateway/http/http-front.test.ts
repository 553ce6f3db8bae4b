import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(5_000))})`
let orion: RunningGateway
let dashboardDirectory: string

beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'orion-dashboard-'))
  dashboardDirectory = join(root, 'dist')
  mkdirSync(join(dashboardDirectory, 'assets'), { recursive: true })
  writeFileSync(join(root, 'secret.txt'), 'not for the network')
  writeFileSync(join(dashboardDirectory, 'index.html'), '<!doctype html><title>Orion</title>')
  writeFileSync(join(dashboardDirectory, 'assets', 'index-B1gHash_.js'), SCRIPT)
  orion = await runGateway({
    dashboardDirectory,
    limits: { userRequestsPerS: 1, userRequestsBurst: 5, requestTimeoutMs: 300 },
    bars: () => new Promise(() => {}),
  })
})

afterAll(async () => {
  await orion.close()
  rmSync(join(dashboardDirectory, '..'), { recursive: true, force: true })
})

describe('the dashboard', () => {
  test('is served with a policy that lets no foreign script in, and is asked for anew each time', async () => {
    const response = await orion.call('/')
    expect(await response.text()).toContain('<title>Orion</title>')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self';")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    const again = await orion.call('/', {
      headers: { 'if-none-match': response.headers.get('etag') ?? '' },
    })
    expect(again.status).toBe(304)
  })

  test('has assets that never change, compressed for who takes that', async () => {
    const path = '/assets/index-B1gHash_.js'
    const bytes: Record<string, number> = {}
    for (const encoding of ['br', 'gzip', 'identity', 'br;q=0']) {
      const response = await orion.call(path, { headers: { 'accept-encoding': encoding } })
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
      expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      expect(await response.text()).toBe(SCRIPT)
      bytes[encoding] = Number(response.headers.get('content-length'))
    }
    expect(bytes['br']).toBeLessThan(1_000)
    expect(bytes['gzip']).toBeLessThan(1_000)
    expect(bytes['identity']).toBe(SCRIPT.length)
    expect(bytes['br;q=0']).toBe(SCRIPT.length)
  })

  test('answers the paths of its views with the page, and missing files and API paths with 404', async () => {
    expect((await orion.call('/watchlists/mine')).headers.get('content-type')).toBe(
      'text/html; charset=utf-8',
    )
    for (const path of ['/assets/gone.js', '/api/v1/gone', '/api'])
      expect((await orion.call(path)).status).toBe(404)
  })

  // Sent as they are: fetch would resolve them first.
  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '//etc/passwd',
    '/assets/..\\..\\secret.txt',
    '/%00',
  ])('does not lead out of its directory by %s', async (path) => {
    const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    expect(answer).not.toContain('not for the network')
    expect(answer).not.toContain('root:')
    expect(answer).toMatch(/^HTTP\/1.1 (200|400|404)/)
  })
})

test('a user who asks too often is told when to come back, and others are served', async () => {
  const token = await orion.token('trader')
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => orion.call('/api/v1/me', { token })),
  )
  const refused = answers.filter(({ status }) => status === 429)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
  expect(refused).toHaveLength(7)
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect((await orion.call('/api/v1/me', { token: await orion.token('sales') })).status).toBe(200)
  expect(
    (await orion.call('/api/v1/me', { token: await orion.token('trader', 'other') })).status,
  ).toBe(200)
})

test('a request that takes too long is answered 503', async () => {
  orion.instrument('EURUSD.SIM', 'FX')
  orion.price('EURUSD.SIM', 1)
  const token = await orion.token('risk')
  const path = '/api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m'
  await until(
    'the instrument is known',
    async () =>
      (
        await orion.call('/api/v1/instruments/EURUSD.SIM', {
          token: await orion.token('quant', 'other'),
        })
      ).status !== 404,
  )
  const response = await orion.call(path, { token })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
})

test('clients that go away in the middle harm nobody', async () => {
  const token = await orion.token('compliance')
  const requests = [
    'POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"tenant"',
    `GET /api/v1/market/bars?instrumentId=EURUSD.SIM&interval=1m HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    `GET /stream?access_token=${token} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  ]
  for (const request of requests) {
    await new Promise<void>((resolve) => {
      const socket = connect(orion.gateway.port, '127.0.0.1', () =>
        socket.write(request, () => socket.resetAndDestroy()),
      )
      socket.on('error', () => {})
      socket.on('close', () => resolve())
    })
  }
  await until('no connection is left', () => orion.gateway.connections === 0)
  expect((await orion.call('/healthz')).status).toBe(200)
})

test('a port that is taken is refused, and never shared', async () => {
  await expect(runGateway({ port: orion.gateway.port })).rejects.toMatchObject({
    code: 'GATEWAY_PORT_UNAVAILABLE',
  })
})

function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(orion.gateway.port, '127.0.0.1', () => socket.write(request))
    socket.setTimeout(2_000, () => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
}
