import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RunningGateway, runGateway, until } from '../fixtures/running-gateway.ts'
import { StreamClient } from '../fixtures/stream-client.ts'

let orion: RunningGateway

beforeAll(async () => {
  orion = await runGateway({ limits: { userConnectionsMax: 3, expiryWarningMs: 30_000 } })
  orion.instrument('EURUSD.SIM', 'FX')
  orion.price('EURUSD.SIM', 1)
  await orion.priced(['EURUSD.SIM'])
})

afterAll(() => orion.close())

/** Status of the answer to an upgrade request. */
async function upgradeStatus(query: string): Promise<number> {
  const response = await fetch(`${orion.base}/stream${query}`)
  return response.status
}

describe('a connection is refused', () => {
  const forged = async (alg: 'RS256' | 'ES256' | 'HS256') => {
    const key = alg === 'HS256' ? Buffer.alloc(32) : (await generateKeyPair(alg)).privateKey
    return new SignJWT({
      tenant: 'demo',
      roles: ['ADMIN'],
      entitlements: { assetClasses: ['FX'] },
      sid: 's',
    })
      .setProtectedHeader({ alg })
      .setSubject('trader')
      .setIssuer('orion')
      .setAudience('orion')
      .setJti('j')
      .setExpirationTime('1h')
      .sign(key)
  }
  const cases: readonly (readonly [string, () => Promise<string | undefined>])[] = [
    ['without a token', async () => undefined],
    ['with junk', async () => 'junk'],
    ['with a token of another key', () => forged('ES256')],
    ['with a token of another algorithm', () => forged('RS256')],
    ['with a token signed with a shared secret', () => forged('HS256')],
    ['with an unsigned token', async () => unsigned(await orion.token('trader'))],
    ['with changed claims', async () => changed(await orion.token('trader'))],
  ]
  test.each(cases)('%s', async (_, token) => {
    const client = await StreamClient.open(orion.base, await token())
    await until('it is refused', () => client.closed !== undefined)
    expect(client.received).toEqual([])
  })

  test('with a token that has expired', async () => {
    const token = await orion.token('trader')
    orion.clock.shiftMs += 901_000
    const client = await StreamClient.open(orion.base, token)
    await until('it is refused', () => client.closed !== undefined)
  })

  test('without an upgrade: 426', async () => {
    expect(await upgradeStatus('')).toBe(426)
  })

  test('beyond the number that one user may have', async () => {
    const token = await orion.token('quant')
    const clients = await Promise.all([1, 2, 3].map(() => StreamClient.open(orion.base, token)))
    const fourth = await StreamClient.open(orion.base, token)
    await until('it is refused', () => fourth.closed !== undefined)
    await clients[0]?.close()
    const fifth = await StreamClient.open(orion.base, token)
    expect(fifth.isOpen).toBe(true)
    await Promise.all([clients[1]?.close(), clients[2]?.close(), fifth.close()])
  })
})

describe('the token may come in Sec-WebSocket-Protocol', () => {
  test('as bearer and the token', async () => {
    const client = await StreamClient.open(orion.base, undefined, [
      'bearer',
      await orion.token('trader'),
    ])
    await client.subscribe(['EURUSD.SIM'])
    expect(client.protocol).toBe('bearer')
    await client.close()
  })

  test('as bearer.TOKEN beside a protocol, which is the one answered', async () => {
    const client = await StreamClient.open(orion.base, undefined, [
      'orion',
      `bearer.${await orion.token('trader')}`,
    ])
    await client.subscribe(['EURUSD.SIM'])
    expect(client.protocol).toBe('orion')
    await client.close()
  })
})

test('a connection is warned before its token expires, and closed when it does', async () => {
  const client = await StreamClient.open(orion.base, await orion.token('trader'))
  orion.clock.shiftMs += 880_000
  await until('it is warned', () =>
    client.errors().some(({ code }) => code === 'TOKEN_EXPIRES_SOON'),
  )
  expect(client.isOpen).toBe(true)
  orion.clock.shiftMs += 30_000
  await until('it is closed', () => client.closed !== undefined)
  expect(client.closed?.code).toBe(4401)
})

test('a log-out closes the connections of its session within a second, and no others', async () => {
  const session = await orion.login('sales')
  const another = await orion.login('sales')
  const ended = await StreamClient.open(orion.base, session.accessToken)
  const kept = await StreamClient.open(orion.base, another.accessToken)
  await ended.subscribe(['EURUSD.SIM'])
  const response = await orion.call('/api/v1/logout', {
    method: 'POST',
    token: session.accessToken,
  })
  expect(response.status).toBe(204)
  await until('it is closed', () => ended.closed?.code === 4403, 1_000)
  expect(kept.isOpen).toBe(true)
  const again = await StreamClient.open(orion.base, session.accessToken)
  await until('it is refused', () => again.closed !== undefined)
  await kept.close()
})

test('closing the gateway tells its clients to go elsewhere', async () => {
  const gateway = await runGateway()
  const client = await StreamClient.open(gateway.base, await gateway.token('trader'))
  await gateway.close()
  await until('it is closed', () => client.closed?.code === 1001)
})

function unsigned(token: string): string {
  const header = Buffer.from('{"alg":"none"}').toString('base64url')
  return `${header}.${token.split('.')[1]}.`
}

function changed(token: string): string {
  const [header, payload = '', signature] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  const other = Buffer.from(JSON.stringify({ ...claims, tenant: 'other' })).toString('base64url')
  return `${header}.${other}.${signature}`
}
