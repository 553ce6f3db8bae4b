import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { partitionFor } from '../../log/partitioner.ts'
import {
  PARTITIONS,
  PEER_SECRET,
  QueryCluster,
  type QueryInstance,
} from '../fixtures/query-cluster.ts'
import { PeerTokens } from './peer-token.ts'

let cluster: QueryCluster

beforeEach(async () => {
  cluster = await QueryCluster.open(2, { limits: { bodyBytesMax: 2_000, rowsMax: 50 } })
})

afterEach(() => cluster.close())

const NUMBERS = Array.from({ length: 12 }, (_, index) => String(index).padStart(2, '0'))
const partitionOf = (key: string) => partitionFor(Buffer.from(key), PARTITIONS)

async function fill(): Promise<void> {
  const keys = NUMBERS.flatMap((number) => [`demo|${number}`, `other|${number}`])
  await cluster.harness.produce(
    'amounts',
    keys.map((key) => ({ key, value: 1, timestampMs: 10 })),
  )
  await cluster.caughtUp()
}

const TOTALS = '/queries/v1/keeping/stores/totals'

async function call(
  path: string,
  {
    body,
    authorization = 'Bearer ann~demo',
    index = 0,
    method = body === undefined ? 'GET' : 'POST',
    type = 'application/json',
  }: {
    readonly body?: unknown
    readonly authorization?: string
    readonly index?: number
    readonly method?: string
    readonly type?: string
  } = {},
) {
  const { applicationServer } = (cluster.instances[index] as QueryInstance).server
  const response = await fetch(`http://${applicationServer}${path}`, {
    method,
    headers: { authorization, 'content-type': type, 'x-correlation-id': 'asked-by-a-test' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const json = (await response.json()) as Record<string, unknown>
  return { status: response.status, headers: response.headers, json }
}

describe('who asks', () => {
  test.each(['', 'Basic YTpi', 'Bearer nonsense', 'Bearer a~b~c', 'Orion-Peer x.y'])(
    'is refused with the credential "%s"',
    async (authorization) => {
      const path = authorization.startsWith('Orion-Peer') ? `${TOTALS}/parts` : `${TOTALS}/get`
      const { status, headers, json } = await call(path, {
        body: { key: 'demo|01' },
        authorization,
      })
      expect(status).toBe(401)
      expect(headers.get('content-type')).toBe('application/problem+json')
      expect(headers.get('www-authenticate')).toContain('Bearer')
      expect(json).toMatchObject({
        type: 'urn:orion:query-problem:unauthenticated',
        status: 401,
        correlationId: 'asked-by-a-test',
      })
    },
  )

  test('and may not read a store learns nothing of it', async () => {
    const authorization = 'Bearer nobody~demo'
    for (const path of [TOTALS, `${TOTALS}x`])
      expect(await call(path, { authorization })).toMatchObject({ status: 403 })
    for (const operation of ['get', 'all', 'positions'])
      expect(
        await call(`${TOTALS}/${operation}`, { authorization, body: {} }),
        operation,
      ).toMatchObject({ status: 403 })
    expect((await call('/queries/v1', { authorization })).json).toEqual({ applications: [] })
  })

  test('sees the stores that there are, and who has them', async () => {
    const { json } = await call('/queries/v1')
    expect(json).toMatchObject({
      applications: [
        {
          applicationId: 'keeping',
          state: 'RUNNING',
          stores: [{ name: 'totals', kind: 'key-value', partitions: 4 }, {}, {}, {}],
        },
      ],
    })
    const metadata = await call(TOTALS)
    const hosts = cluster.instances.map(({ server }) => server.address)
    const { partitions } = metadata.json as { partitions: { activeHost: object }[] }
    expect(partitions).toHaveLength(4)
    for (const { activeHost } of partitions) expect(hosts).toContainEqual(activeHost)
  })
})

describe('another tenant', () => {
  test('is refused a key, whoever has it', async () => {
    await fill()
    for (const index of [0, 1]) {
      for (const number of NUMBERS) {
        const key = `demo|${number}`
        const asked = cluster.client(index, 'bob~other').get('totals', key)
        await expect(asked).rejects.toMatchObject({ kind: 'forbidden', status: 403 })
      }
      for (const [ask, store] of [
        ['fetchWindows', 'windows'],
        ['fetchSessions', 'sessions'],
        ['getVersion', 'versions'],
      ] as const) {
        const asked = cluster.client(index, 'bob~other')[ask](store, 'demo|01')
        await expect(asked).rejects.toMatchObject({ kind: 'forbidden' })
      }
    }
  })

  test('is left out of ranges, page by page, and cursors do not tell its keys', async () => {
    await fill()
    const seen: unknown[] = []
    let cursor: string | undefined
    do {
      const terms = { limit: 3, ...(cursor === undefined ? {} : { cursor }) }
      const page = await cluster.client(seen.length % 2, 'bob~other').all('totals', terms)
      seen.push(...page.rows.map(({ key }) => key))
      cursor = page.cursor
      expect(Buffer.from(cursor ?? '', 'base64url').toString('latin1')).not.toMatch(/demo|other/)
    } while (cursor !== undefined)
    expect(seen).toEqual(NUMBERS.map((number) => `other|${number}`))
    const within = { from: 'demo|00', to: 'demo|99' }
    const { rows } = await cluster.client(0, 'bob~other').range('totals', within)
    expect(rows).toEqual([])
  })
})

describe('instances among each other', () => {
  const ann = { user: 'ann', tenant: 'demo', roles: [], entitlements: [] }
  const bodyOf = (key: string) =>
    JSON.stringify({
      query: { operation: 'get', key: Buffer.from(key).toString('base64') },
      partitions: [partitionOf(key)],
      staleAllowed: false,
      timeoutMs: 100,
    })

  async function asPeer(
    index: number,
    key: string,
    { nowMs = Date.now(), secret = PEER_SECRET, principal = ann, to = '' } = {},
  ) {
    const path = `${TOTALS}/parts`
    const body = bodyOf(key)
    const { applicationServer } = (cluster.instances[index] as QueryInstance).server
    const request = { to: to || applicationServer, path, body }
    const token = new PeerTokens(secret, 10_000).sign(request, principal, nowMs)
    return call(path, { body, authorization: `Orion-Peer ${token}`, index })
  }

  test('show a token that holds for seconds, is meant for the other, and made with the secret', async () => {
    await fill()
    const key = 'demo|03'
    const owner = cluster.instances.indexOf(cluster.ownerOf(partitionOf(key)))
    expect(await asPeer(owner, key)).toMatchObject({
      status: 200,
      json: { answers: [{ rows: [{ row: { key, value: 1 } }] }] },
    })
    const nowMs = Date.now()
    for (const bad of [
      { nowMs: nowMs - 10_001 },
      { nowMs: nowMs + 60_000 },
      { secret: 'some other secret, which is long enough' },
      { to: 'elsewhere:1' },
    ])
      expect(await asPeer(owner, key, bad), JSON.stringify(bad)).toMatchObject({ status: 401 })
    const otherTenant = { principal: { ...ann, tenant: 'other' } }
    expect(await asPeer(owner, key, otherTenant)).toMatchObject({ status: 403 })
  })

  test('never forward: who does not have a part says so', async () => {
    await fill()
    const key = 'demo|03'
    const other = cluster.otherThan(cluster.ownerOf(partitionOf(key)))
    expect(await asPeer(other, key)).toMatchObject({
      status: 200,
      json: { answers: [], refusals: [{ kind: 'not-here', partition: partitionOf(key) }] },
    })
  })

  test('cannot be asked so with the credential of a user', async () => {
    const { status, json } = await call(`${TOTALS}/parts`, { body: bodyOf('demo|03') })
    expect([status, json['detail']]).toEqual([404, expect.stringContaining('There is no parts')])
  })
})

describe('a bad request', () => {
  test.each<[string, unknown, string]>([
    ['get', '{', 'not JSON'],
    ['get', [], 'body: '],
    ['get', {}, 'give key (JSON) or keyBytes'],
    ['get', { key: 5 }, 'key: it is no key of totals'],
    ['get', { key: 'demo|1', keyBytes: 'ZGVtbw==' }, 'give it once'],
    ['get', { keyBytes: 'not base64!' }, 'keyBytes: '],
    ['get', { key: 'demo|1', limit: 5 }, 'limit'],
    ['get', { key: 'demo|1', stale: 'yes' }, 'stale: '],
    ['get', { key: 'demo|1', partition: 4 }, 'totals has 4, numbered from 0'],
    ['get', { key: 'demo|1', timeoutMs: 60_000 }, 'timeoutMs: '],
    ['get', { key: 'demo|1', positionBound: { amounts: { 0: -1 } } }, 'no whole offset'],
    ['get', { key: 'demo|1', positionBound: { orders: { 0: 1 } } }, 'reflects amounts, not orders'],
    ['range', { limit: 51 }, 'limit: '],
    ['range', { cursor: 'AAAA' }, 'cursor: it is not one that'],
    ['prefix', {}, 'give prefix'],
    ['window', { key: 'demo|1' }, 'totals is a key-value store: ask it by get, range, prefix, all'],
    ['sum', {}, 'There is no sum; there are get, range'],
  ])('to %s with %j is told what is wrong', async (operation, body, told) => {
    const { status, json } = await call(`${TOTALS}/${operation}`, { body })
    expect(status).toBe(operation === 'sum' ? 404 : 400)
    expect(json['detail']).toContain(told)
    expect(json['correlationId']).toBe('asked-by-a-test')
  })

  test('by its size, type, method or path', async () => {
    const big = { key: 'x'.repeat(3_000) }
    expect(await call(`${TOTALS}/get`, { body: big })).toMatchObject({ status: 413 })
    const plain = { body: '{}', type: 'text/plain' }
    expect(await call(`${TOTALS}/get`, plain)).toMatchObject({ status: 400 })
    expect(await call(`${TOTALS}/get`, { method: 'GET' })).toMatchObject({ status: 405 })
    for (const path of ['/', '/queries/v2', '/queries/v1/keeping/stores/%zz'])
      expect(await call(path)).toMatchObject({ status: 404 })
    expect(await call('/queries/v1/x/stores/totals')).toMatchObject({ status: 404 })
    const unknown = await call('/queries/v1/keeping/stores/sums')
    expect([unknown.status, unknown.json['detail']]).toEqual([
      404,
      'There is no store sums; there are totals, windows, sessions, versions.',
    ])
  })

  test('with a cursor of another operation', async () => {
    await fill()
    const { cursor = '' } = await cluster.client(0).all('totals', { limit: 2 })
    expect((await cluster.client(1).all('totals', { cursor })).rows).toHaveLength(10)
    const asked = cluster.client(1).prefixScan('totals', 'demo', { cursor })
    await expect(asked).rejects.toMatchObject({ kind: 'bad-request' })
  })
})

test('a client that goes away in the middle harms nobody', async () => {
  await fill()
  const { port } = (cluster.instances[0] as QueryInstance).server.address
  await new Promise<void>((resolve) => {
    const head = `POST ${TOTALS}/get HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann~demo\r\n`
    const rest = 'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"key"'
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(head + rest, () => socket.resetAndDestroy()),
    )
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
  expect((await cluster.client(0).get('totals', 'demo|01')).rows).toHaveLength(1)
})
