import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { partitionFor } from '../../log/partitioner.ts'
import { PARTITIONS, QueryCluster, type QueryInstance } from '../fixtures/query-cluster.ts'

let cluster: QueryCluster

beforeEach(async () => {
  cluster = await QueryCluster.open(3)
})

afterEach(() => cluster.close())

const KEYS = Array.from({ length: 24 }, (_, index) => `demo|${String(index).padStart(2, '0')}`)
const partitionOf = (key: string) => partitionFor(Buffer.from(key), PARTITIONS)

async function fill(keys: readonly string[] = KEYS): Promise<void> {
  await cluster.harness.produce(
    'amounts',
    keys.flatMap((key, index) => [
      { key, value: index, timestampMs: 10 },
      { key, value: 1, timestampMs: 20 },
    ]),
  )
  await cluster.caughtUp()
}

const ownerOf = (key: string): QueryInstance => cluster.ownerOf(partitionOf(key))

test('whichever instance is asked for a key, its owner answers', async () => {
  await fill()
  for (const [at, key] of KEYS.slice(0, 6).entries()) {
    for (let index = 0; index < 3; index++) {
      const { rows, stale, parts } = await cluster.client(index).get('totals', key)
      expect(rows).toEqual([{ partition: partitionOf(key), key, value: at + 1 }])
      expect(stale).toBe(false)
      expect(parts).toMatchObject([
        { host: ownerOf(key).server.applicationServer, role: 'active', lag: null },
      ])
    }
  }
  expect((await cluster.client(0).get('totals', 'demo|none')).rows).toEqual([])
})

describe('a range', () => {
  test('is told over all partitions in byte order of keys, page by page from any instance', async () => {
    await fill()
    const seen: unknown[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const terms = { limit: 5, ...(cursor === undefined ? {} : { cursor }) }
      const bounds = { from: 'demo|03', to: 'demo|20' }
      const page = await cluster.client(pages % 3).range('totals', bounds, terms)
      expect(page.rows.length).toBeLessThanOrEqual(5)
      expect(page.more).toBe(page.cursor !== undefined)
      seen.push(...page.rows.map(({ key }) => key))
      cursor = page.cursor
      pages++
    } while (cursor !== undefined)
    expect(seen).toEqual(KEYS.slice(3, 21))
    expect(pages).toBe(4)
  })

  test('by prefix, and of all', async () => {
    await fill()
    const keys = (rows: readonly { readonly key: unknown }[]) => rows.map(({ key }) => key)
    const prefixed = await cluster.client(1).prefixScan('totals', 'demo|1', { limit: 7 })
    expect(keys(prefixed.rows)).toEqual(KEYS.slice(10, 17))
    const cursor = prefixed.cursor ?? ''
    const rest = await cluster.client(2).prefixScan('totals', 'demo|1', { cursor })
    expect([keys(rest.rows), rest.more]).toEqual([KEYS.slice(17, 20), false])
    const all = await cluster.client(2).all('totals')
    expect([keys(all.rows), all.more]).toEqual([KEYS, false])
    expect(all.parts.map(({ partition }) => partition)).toEqual([0, 1, 2, 3])
  })
})

test('windows, sessions and versions of a key', async () => {
  await fill()
  const key = 'demo|05'
  const rows = async (index: number, ask: 'fetchWindows' | 'fetchSessions', terms = {}) =>
    (await cluster.client(index)[ask](ask === 'fetchWindows' ? 'windows' : 'sessions', key, terms))
      .rows
  for (const index of [0, 1, 2]) {
    expect(await rows(index, 'fetchWindows')).toMatchObject([
      { key, windowStartMs: 10, windowEndMs: 20, value: 5 },
      { key, windowStartMs: 20, windowEndMs: 30, value: 1 },
    ])
    expect(await rows(index, 'fetchWindows', { fromMs: 11, toMs: 99 })).toHaveLength(1)
    expect(await rows(index, 'fetchSessions', { fromMs: 0, toMs: 15 })).toMatchObject([
      { key, windowStartMs: 10, windowEndMs: 15, value: 5 },
    ])
    const version = async (terms = {}) =>
      (await cluster.client(index).getVersion('versions', key, terms)).rows.map(
        ({ value }) => value,
      )
    expect(await version()).toEqual([{ value: 1, timestampMs: 20, validToMs: null }])
    expect(await version({ asOfMs: 19 })).toEqual([{ value: 5, timestampMs: 10, validToMs: 20 }])
    expect(await version({ asOfMs: 9 })).toEqual([])
  }
  const cut = await cluster.client(0).fetchWindows('windows', key, { limit: 1 })
  expect([cut.rows.length, cut.more, cut.cursor]).toEqual([1, true, undefined])
})

async function write(key: string, value: number) {
  const producer = await cluster.harness.log.createProducer({ clientId: 'writer' })
  const place = { topic: 'amounts', partition: partitionOf(key) }
  const record = { key: Buffer.from(key), value: Buffer.from(String(value)), timestampMs: 30 }
  const [result] = await producer.send([{ ...place, records: [record] }])
  await producer.close()
  return { amounts: { [place.partition]: (result?.lastOffset ?? 0) + 1 } }
}

describe('read-your-writes', () => {
  test('an answer with a bound reflects the write, and tells a position that covers it', async () => {
    const key = 'demo|07'
    let total = 0
    for (let value = 1; value <= 20; value++) {
      const positionBound = await write(key, value)
      total += value
      const answer = await cluster.client(value % 3).get('totals', key, { positionBound })
      expect(answer.rows).toMatchObject([{ value: total }])
      const partition = String(partitionOf(key))
      expect(answer.position['amounts']?.[partition]).toBeGreaterThanOrEqual(
        positionBound.amounts[partitionOf(key)] ?? Number.POSITIVE_INFINITY,
      )
    }
  })

  test('a bound that is not reached in time is refused with the position that is known', async () => {
    await fill()
    const key = 'demo|07'
    const reached = (await cluster.client(0).get('totals', key)).position
    const partition = partitionOf(key)
    const positionBound = { amounts: { [partition]: 1_000_000 } }
    for (const index of [0, 1, 2]) {
      const asked = cluster.client(index).get('totals', key, { positionBound, timeoutMs: 200 })
      await expect(asked).rejects.toMatchObject({
        kind: 'position-not-reached',
        status: 503,
        details: { position: reached },
      })
    }
  })
})

describe('standbys', () => {
  const key = 'demo|07'

  async function withStandbys(): Promise<QueryInstance> {
    await cluster.close()
    cluster = await QueryCluster.open(3, { numStandbyReplicas: 1 })
    await fill()
    return ownerOf(key)
  }

  test('answer only where stale reads are allowed, and then say so, and how far they are', async () => {
    const owner = await withStandbys()
    const client = cluster.client(cluster.otherThan(owner))
    const before = await client.get('totals', key, { stale: 'allowed' })
    expect(before).toMatchObject({ stale: false, parts: [{ role: 'active', lag: null }] })
    await owner.server.close({ deadlineMs: 0 })

    const stale = await client.get('totals', key, { stale: 'allowed' })
    expect(stale).toMatchObject({
      rows: before.rows,
      stale: true,
      position: before.position,
      parts: [{ role: 'standby', lag: 0 }],
    })
    const fresh = client.get('totals', key, { timeoutMs: 300 })
    await expect(fresh).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('stand in for an owner that is killed: a caller in a loop sees answers, and no error', async () => {
    const owner = await withStandbys()
    const client = cluster.client(cluster.otherThan(owner))
    const seen = { fresh: 0, stale: 0 }
    let over = false
    const looping = (async () => {
      while (!over) {
        const { rows, stale } = await client.get('totals', key, { stale: 'allowed' })
        expect(rows).toMatchObject([{ key, value: 8 }])
        seen[stale ? 'stale' : 'fresh']++
        const all = await client.all('totals', { stale: 'allowed' })
        expect(all.rows.map((row) => row.key)).toEqual(KEYS)
      }
    })()
    const enough = async (kind: keyof typeof seen) => {
      const from = seen[kind]
      while (seen[kind] < from + 5)
        await Promise.race([looping, new Promise((resolve) => setTimeout(resolve, 2))])
    }
    await enough('fresh')
    cluster.forget(owner)
    await Promise.all([
      owner.server.close({ deadlineMs: 0 }),
      owner.streams.close({ deadlineMs: 0, leaveGroup: false }),
    ])
    await enough('stale')
    await cluster.settled()
    await enough('fresh')
    over = true
    await looping
  })

  test('keep a bound as well', async () => {
    const owner = await withStandbys()
    const client = cluster.client(cluster.otherThan(owner))
    await owner.server.close({ deadlineMs: 0 })
    const positionBound = await write(key, 1_000)
    const terms = { stale: 'allowed', positionBound } as const
    expect(await client.get('totals', key, terms)).toMatchObject({
      stale: true,
      rows: [{ value: 1_008 }],
    })
  })
})

test('while tasks move a query waits for the new owner, within its time', async () => {
  await fill()
  const key = 'demo|03'
  const owner = ownerOf(key)
  const client = cluster.client(cluster.otherThan(owner))
  cluster.forget(owner)
  await owner.server.close({ deadlineMs: 0 })
  const asked = client.get('totals', key)
  // Takes its time: when it ends the other has looked for the owner in vain, too.
  const impatient = client.get('totals', key, { timeoutMs: 150 })
  await expect(impatient).rejects.toMatchObject({ kind: 'unavailable' })
  await owner.streams.close()
  expect((await asked).rows).toMatchObject([{ key, value: 4 }])
})
