import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { noMetrics, silentLogger } from '#streams'
import { ShiftedClock } from '../fixtures/running-gateway.ts'
import {
  type IdentityOptions,
  type IdentityProvider,
  openIdentityProvider,
} from './identity-provider.ts'

const MINUTE_MS = 60_000
let dataDirectory: string
let clock: ShiftedClock

beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'orion-identity-'))
  clock = new ShiftedClock()
})

function open(changes: Partial<IdentityOptions> = {}): Promise<IdentityProvider> {
  return openIdentityProvider({
    dataDirectory,
    env: 'dev',
    demoPassword: 'secret',
    clock,
    random: { bytes: (count) => randomBytes(count) },
    logger: silentLogger,
    metrics: noMetrics,
    ...changes,
  })
}

function attempt(user: string, password: string, tenant = 'demo', clientAddress = '10.0.0.1') {
  return { tenant, user, password, clientAddress, correlationId: 'c' }
}

describe('an access token', () => {
  test('is verified by anybody who has the public keys, and carries tenant, roles and entitlements', async () => {
    const identity = await open()
    const token = await identity.issueToken({ user: 'trader2', tenant: 'other' })
    const { payload, protectedHeader } = await jwtVerify(
      token,
      createLocalJWKSet({ keys: [...identity.jwks().keys] }),
      {
        issuer: 'orion',
        audience: 'orion',
      },
    )
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: identity.jwks().keys[0]?.kid })
    expect(payload).toMatchObject({
      sub: 'trader2',
      tenant: 'other',
      roles: ['TRADER'],
      entitlements: { assetClasses: ['FX', 'RATES'] },
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(900)
    expect(identity.jwks().keys[0]).not.toHaveProperty('d')
  })

  test('expires', async () => {
    const identity = await open({ accessTokenTtlMs: 2 * MINUTE_MS })
    const token = await identity.issueToken({ user: 'trader', tenant: 'demo' })
    clock.shiftMs = MINUTE_MS
    expect(await identity.verify(token)).toMatchObject({ user: 'trader', tenant: 'demo' })
    clock.shiftMs = 2 * MINUTE_MS + 1_000
    expect(await identity.verify(token)).toBeUndefined()
  })

  test('is still good after a restart: the key is kept, readable by its owner alone', async () => {
    const token = await (await open()).issueToken({ user: 'trader', tenant: 'demo' })
    expect(await (await open()).verify(token)).toMatchObject({ user: 'trader' })
    expect(statSync(join(dataDirectory, 'identity', 'signing-key.json')).mode & 0o777).toBe(0o600)
  })

  test('of another provider is refused', async () => {
    const token = await (await open()).issueToken({ user: 'trader', tenant: 'demo' })
    const another = await open({ dataDirectory: mkdtempSync(join(tmpdir(), 'orion-identity-')) })
    expect(await another.verify(token)).toBeUndefined()
  })
})

describe('a log-in', () => {
  test('gives a session; unknown tenants, users and wrong passwords are told apart by nothing', async () => {
    const identity = await open()
    expect(await identity.login(attempt('trader', 'secret'))).toMatchObject({
      expiresAt: expect.any(String),
    })
    for (const wrong of [
      attempt('trader', 'Secret'),
      attempt('nobody', 'secret'),
      attempt('trader', 'secret', 'nowhere'),
    ]) {
      await expect(identity.login(wrong)).rejects.toMatchObject({
        status: 401,
        kind: 'invalid-credentials',
        message: 'Tenant, user and password do not match.',
      })
    }
  })

  test('is locked after five failures, for that user from that address, longer each time', async () => {
    const identity = await open()
    const fail = () => identity.login(attempt('trader', 'wrong'))
    for (let i = 0; i < 5; i += 1) await expect(fail()).rejects.toMatchObject({ status: 401 })
    await expect(identity.login(attempt('trader', 'secret'))).rejects.toMatchObject({
      status: 429,
      options: { retryAfterS: 1 },
    })
    await identity.login(attempt('trader', 'secret', 'demo', '10.0.0.2'))
    await identity.login(attempt('sales', 'secret'))
    clock.shiftMs += 1_001
    await expect(fail()).rejects.toMatchObject({ status: 401 })
    await expect(fail()).rejects.toMatchObject({ status: 429, options: { retryAfterS: 2 } })
    clock.shiftMs += 2_001
    await identity.login(attempt('trader', 'secret'))
    await expect(fail()).rejects.toMatchObject({ status: 401 })
  })

  test('needs the environment dev', async () => {
    const identity = await open({ env: 'prod' })
    await expect(identity.login(attempt('trader', 'secret'))).rejects.toMatchObject({
      status: 403,
      kind: 'no-demo-users',
    })
    await expect(identity.issueToken({ user: 'trader', tenant: 'demo' })).rejects.toMatchObject({
      code: 'IDENTITY_DEV_ONLY',
    })
  })

  test('takes the password that was generated into the data directory', async () => {
    const { demoPassword: _, ...options } = { demoPassword: undefined }
    const identity = await openIdentityProvider({
      dataDirectory,
      env: 'dev',
      clock,
      random: { bytes: (count) => randomBytes(count) },
      logger: silentLogger,
      metrics: noMetrics,
      ...options,
    })
    await identity.prepare()
    const file = join(dataDirectory, 'demo-password')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const password = readFileSync(file, 'utf8').trim()
    expect(password).toHaveLength(32)
    await identity.login(attempt('trader', password))
    await identity.prepare()
    expect(readFileSync(file, 'utf8').trim()).toBe(password)
  })
})

describe('a session', () => {
  test('is refreshed; the old refresh token then ends it, and its access tokens with it', async () => {
    const identity = await open()
    const first = await identity.login(attempt('risk', 'secret'))
    const second = await identity.refresh(first.refreshToken, 'c')
    expect(await identity.verify(second.accessToken)).toMatchObject({ user: 'risk' })
    await expect(identity.refresh(first.refreshToken, 'c')).rejects.toMatchObject({
      status: 401,
      kind: 'refresh-token-reused',
    })
    await expect(identity.refresh(second.refreshToken, 'c')).rejects.toMatchObject({ status: 401 })
    expect(await identity.verify(second.accessToken)).toBeUndefined()
    expect(await identity.verify(first.accessToken)).toBeUndefined()
  })

  test('cannot be refreshed with junk, and ends 12 hours after the log-in', async () => {
    const identity = await open()
    const session = await identity.login(attempt('risk', 'secret'))
    for (const junk of ['x', '.', 'a.b', '']) {
      await expect(identity.refresh(junk, 'c')).rejects.toMatchObject({
        status: 401,
        kind: 'invalid-refresh-token',
      })
    }
    clock.shiftMs = 12 * 60 * MINUTE_MS
    await expect(identity.refresh(session.refreshToken, 'c')).rejects.toMatchObject({ status: 401 })
  })

  test('that was ended stays ended over a restart, and one that was not can be refreshed', async () => {
    const identity = await open()
    const [ended, kept] = [
      await identity.login(attempt('risk', 'secret')),
      await identity.login(attempt('risk', 'secret')),
    ]
    const principal = await identity.verify(ended.accessToken)
    const told: string[] = []
    identity.onRevoked((sessionId) => told.push(sessionId))
    if (principal !== undefined) await identity.logout(principal, 'c')
    expect(told).toEqual([principal?.sessionId])
    const again = await open()
    expect(await again.verify(ended.accessToken)).toBeUndefined()
    expect(again.revokedSessions()).toEqual([[principal?.sessionId, expect.any(Number)]])
    await expect(again.refresh(ended.refreshToken, 'c')).rejects.toMatchObject({ status: 401 })
    expect(await again.verify(kept.accessToken)).toBeDefined()
    await again.refresh(kept.refreshToken, 'c')
  })

  test('of a user of one tenant is not ended by that of another', async () => {
    const identity = await open()
    const other = await identity.login(attempt('risk', 'secret', 'other'))
    await identity.login(attempt('risk', 'secret'))
    expect(await identity.revokeUser('demo', 'risk', 'c')).toBe(1)
    expect(await identity.verify(other.accessToken)).toBeDefined()
  })
})

test('a damaged file is named, with what to do', async () => {
  await open()
  writeFileSync(join(dataDirectory, 'identity', 'signing-key.json'), '{"kty":"EC"}')
  await expect(open()).rejects.toMatchObject({
    code: 'IDENTITY_FILE_UNREADABLE',
    remedy: expect.stringContaining('Delete the file'),
  })
})
