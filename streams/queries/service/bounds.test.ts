import { afterEach, expect, test } from 'vitest'
import { QueryCluster } from '../fixtures/query-cluster.ts'
import { RateLimiter } from './rate-limiter.ts'

let cluster: QueryCluster | undefined

afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

test('a user who asks too often is told when to come back, and others are served', async () => {
  cluster = await QueryCluster.open(1, {
    limits: { callerRequestsPerS: 1, callerRequestsBurst: 3 },
  })
  const ann = cluster.client(0)
  for (let asked = 0; asked < 3; asked++) await ann.positions('totals')
  await expect(ann.positions('totals')).rejects.toMatchObject({ kind: 'rate-limited', status: 429 })
  await cluster.client(0, 'bob~demo').positions('totals')
})

test('who guesses credentials is slowed down, and users of the same address are not', async () => {
  cluster = await QueryCluster.open(1, {
    limits: { callerRequestsPerS: 1, callerRequestsBurst: 2 },
  })
  const guess = cluster.client(0, 'guess')
  const kinds: unknown[] = []
  for (let asked = 0; asked < 4; asked++)
    kinds.push(await guess.positions('totals').catch(({ kind }: { kind: unknown }) => kind))
  expect(kinds).toEqual(['unauthenticated', 'unauthenticated', 'rate-limited', 'rate-limited'])
  await cluster.client(0).positions('totals')
})

test('more queries at a time than there may be are told to come back', async () => {
  cluster = await QueryCluster.open(1, { limits: { requestsInFlightMax: 2 } })
  const client = cluster.client(0)
  const positionBound = { amounts: { 0: 99, 1: 99, 2: 99, 3: 99 } }
  const waiting = Array.from({ length: 5 }, () =>
    client
      .positions('totals', { positionBound, timeoutMs: 300 })
      .catch(({ kind }: { kind: unknown }) => kind),
  )
  const kinds = await Promise.all(waiting)
  expect(kinds.filter((kind) => kind === 'too-busy')).toHaveLength(3)
  expect(kinds.filter((kind) => kind === 'position-not-reached')).toHaveLength(2)
})

test('a scan ends at so many bytes or rows looked at, and goes on with its cursor', async () => {
  cluster = await QueryCluster.open(1, { limits: { rowsScannedMax: 100 } })
  const keys = Array.from({ length: 900 }, (_, index) => `demo|${String(index).padStart(4, '0')}`)
  await cluster.harness.produce(
    'amounts',
    keys.map((key) => ({ key, value: 1, timestampMs: 10 })),
  )
  await cluster.caughtUp()
  const seen: unknown[] = []
  let pages = 0
  let cursor: string | undefined
  do {
    const terms = { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) }
    const page = await cluster.client(0).all('totals', terms)
    expect(page.rows.length).toBeLessThanOrEqual(400)
    seen.push(...page.rows.map(({ key }) => key))
    cursor = page.cursor
    pages++
  } while (cursor !== undefined)
  expect(seen).toEqual(keys)
  expect(pages).toBeGreaterThan(2)
  // Nothing of the page is this tenant's: the cursor leads over it all the same.
  const bob = await cluster.client(0, 'bob~other').all('totals')
  expect([bob.rows, bob.more]).toEqual([[], true])
})

test('a limiter remembers so many callers', () => {
  const limiter = new RateLimiter({ perS: 10, burst: 1, callersMax: 2 })
  expect([limiter.take('a', 0), limiter.take('a', 0), limiter.take('a', 100)]).toEqual([0, 100, 0])
  limiter.take('b', 100)
  limiter.take('c', 100)
  expect([limiter.take('a', 100), limiter.take('c', 100)]).toEqual([0, 100])
})
