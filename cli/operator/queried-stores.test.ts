import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { QueriedStores } from './queried-stores.ts'

const servers: { close(): void }[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** An instance whose store has the keys a, b and c, b on a standby. */
async function instance(): Promise<{ readonly host: string; readonly asked: unknown[] }> {
  const asked: unknown[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push([request.url, request.headers.authorization, body === '' ? '' : JSON.parse(body)])
    const isMetadata = request.method === 'GET'
    const row = (key: string, partition: number) => ({ key, partition, value: 1 })
    const { key, cursor } = isMetadata ? {} : JSON.parse(body)
    const all = cursor === undefined ? [row('a', 0), row('b', 1)] : [row('c', 0)]
    const parts = [
      { partition: 0, role: 'active', lag: null },
      { partition: 1, role: 'standby', lag: 4 },
    ]
    const rows = key === undefined ? all : all.filter((one) => one.key === key)
    const more = key === undefined && cursor === undefined ? { cursor: 'next' } : {}
    response.end(JSON.stringify(isMetadata ? { kind: 'key-value' } : { rows, parts, ...more }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push({ close: () => server.close().closeAllConnections() })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}

const place = { topology: 'snapshots', store: 'latest' }

test('rows of standbys are marked, pages follow each other, and the token goes along', async () => {
  const { host, asked } = await instance()
  const stores = new QueriedStores(`gone.invalid:1,${host}`, 'dev', { ORION_TOKEN: 'secret' })
  expect(await all(stores.range({ ...place, limit: 50, from: 'a' }))).toEqual([
    { key: 'a', partition: 0, value: 1 },
    { key: 'b', partition: 1, value: 1, stale: true, lag: 4 },
    { key: 'c', partition: 0, value: 1 },
  ])
  expect(asked[0]).toEqual([
    expect.stringMatching(/\/stores\/latest\/range$/),
    'Bearer secret',
    { stale: 'allowed', limit: 50, from: 'a' },
  ])
  expect(await all(stores.get({ ...place, key: 'b' }))).toEqual([
    { key: 'b', partition: 1, value: 1, stale: true, lag: 4 },
  ])
  expect(await all(stores.get({ ...place, key: 'none' }))).toEqual([])
})

test('hosts that are none and a missing token are refused with what to do', () => {
  const withToken = { ORION_TOKEN: 'secret' }
  expect(() => new QueriedStores('orion-1', 'dev', withToken)).toThrow(/not host:port/)
  expect(() => new QueriedStores('a:1,b:99999', 'dev', withToken)).toThrow(/"b:99999"/)
  expect(() => new QueriedStores('orion-1:7400', 'dev', {})).toThrow(/ORION_TOKEN is not set/)
})
