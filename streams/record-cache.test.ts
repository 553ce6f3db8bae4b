import { afterEach, describe, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { type Amount, AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { cachedSumTopology } from './fixtures/cached-topology.ts'
import type { Streams } from './streams.ts'
import { COMMIT_POINTS, type CommitPoint } from './task/commit-point.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

const PARTITIONS = 2
const ROUNDS = 4

/** Every third record is late by the time that key-0 and key-10 move; a round's first records are late by the round before. */
function round(index: number): Amount[] {
  return Array.from({ length: 150 }, (_, each) => ({
    key: `key-${each % 12}`,
    value: 1 + index * 1_000 + each,
    timestampMs: 1_000 + index * 300 + each * 2 - (each % 3 === 0 ? 40 : 0) - (each < 9 ? 30 : 0),
  }))
}

interface Outcome {
  readonly contents: readonly unknown[]
  readonly totals: Readonly<Record<string, number>>
  /** How many updates came out, and whether each key's follow one another without a gap or a repetition. */
  readonly updates: number
}

async function outcome(place: AppHarness, streams: Streams): Promise<Outcome> {
  const told = new Map<string, string>()
  let updates = 0
  for (const { key = '', value = '' } of await place.read('totals')) {
    const [before = '', after = ''] = value.split('>')
    expect([key, before]).toEqual([key, told.get(key) ?? ''])
    told.set(key, after)
    updates++
  }
  const totals = Object.fromEntries(streams.store<string, number>('totals').all())
  const counted = Object.entries(totals).filter(([key]) => !key.startsWith('late'))
  expect(Object.fromEntries(told)).toEqual(
    Object.fromEntries(counted.map(([key, total]) => [key, String(total)])),
  )
  const contents = streams
    .checksum('totals')
    .map(({ partition, entries, digest }) => ({ partition, entries, digest }))
  return { contents, totals, updates }
}

async function uninterrupted(): Promise<Outcome> {
  const place = await AppHarness.open(rocksdbEngine())
  await place.createTopics(PARTITIONS, 'amounts', 'totals')
  const streams = await place.start(cachedSumTopology(), { recordCacheBytesMax: 0 })
  for (let index = 0; index < ROUNDS; index++) await place.produce('amounts', round(index))
  await caughtUp(streams)
  const result = await outcome(place, streams)
  await place.close()
  return result
}

describe('with record caches', () => {
  for (const point of COMMIT_POINTS) {
    test(`dying ${point} loses no update, repeats none, and leaves the stores of an uninterrupted run`, async () => {
      const expected = await uninterrupted()
      expect(expected.totals['late-0']).toBeGreaterThan(10)
      const place = await AppHarness.open(rocksdbEngine())
      harness = place
      await place.createTopics(PARTITIONS, 'amounts', 'totals')
      // Small transactions: several are committed in a round before the application dies.
      const limits = { batchRecordsMax: 10, transactionRecordsMax: 8, recordCacheBytesMax: 2_000 }
      for (let index = 0; index < ROUNDS; index++) {
        let passages = 0
        let dead = false
        const probe = (at: CommitPoint) => {
          if (at === point && ++passages >= 2 + index) dead = true
          if (dead) throw new Error(`died at ${at}`)
        }
        const streams = place.app(cachedSumTopology(), { ...limits, probe })
        const ended = streams.reached('ERROR')
        await streams.start()
        await place.produce('amounts', round(index))
        await ended
        await streams.close()
      }
      const streams = await place.start(cachedSumTopology(), limits)
      await caughtUp(streams)
      const { contents, totals, updates } = await outcome(place, streams)
      expect(totals).toEqual(expected.totals)
      expect(contents).toEqual(expected.contents)
      expect(updates).toBeLessThan(expected.updates)
    })
  }

  test('of many updates of a key one comes out of a commit', async () => {
    const place = await AppHarness.open()
    harness = place
    await place.createTopics(1, 'amounts', 'totals')
    await place.produce(
      'amounts',
      Array.from({ length: 500 }, (_, each) => ({
        key: `key-${each % 5}`,
        value: 1,
        timestampMs: 7,
      })),
    )
    const streams = await place.start(cachedSumTopology())
    await caughtUp(streams)
    expect((await outcome(place, streams)).updates).toBe(5)
  })

  test('a full cache makes the task commit, long before the interval is over', async () => {
    const place = await AppHarness.open()
    harness = place
    await place.createTopics(1, 'amounts', 'totals')
    await place.produce(
      'amounts',
      Array.from({ length: 500 }, (_, each) => ({
        key: `key-${each % 5}`,
        value: 1,
        timestampMs: 7,
      })),
    )
    const streams = await place.start(cachedSumTopology(), {
      recordCacheBytesMax: 1_000,
      commitIntervalMs: 50_000,
      drainedCommitSpacingMs: 50_000,
    })
    await until(async () => (await place.read('totals')).length > 20)
    await streams.close()
    expect((await place.read('totals')).length).toBeLessThan(500)
  })
})
