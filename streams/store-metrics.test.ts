import { afterEach, expect, test } from 'vitest'
import { rocksdbEngine } from '#state-stores'
import { AppHarness, caughtUp } from './fixtures/app-harness.ts'
import { MetricValues } from './fixtures/metric-values.ts'
import { sumTopology } from './fixtures/sample-topology.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

const STORE = { application: 'sum', task: '0_0', store: 'totals' }

test('a store shows its size, the reads of its cache and what a restore took, until its task closes', async () => {
  harness = await AppHarness.open(rocksdbEngine())
  await harness.createTopics(1, 'amounts', 'totals')
  await harness.produce('amounts', [
    { key: 'a', value: 1 },
    { key: 'a', value: 2 },
    { key: 'b', value: 3 },
  ])
  const first = new MetricValues()
  const streams = await harness.start(sumTopology(), { applicationId: 'sum', metrics: first })
  await caughtUp(streams)
  // Keys a and b with values 3 and 3.
  expect(first.of('orion_store_size_bytes', STORE)).toBe(4)
  // The second read of `a` finds the write before it, which is no read of the cache.
  expect(first.of('orion_store_cache_misses_total', STORE)).toBe(2)
  expect(first.of('orion_restore_records_total', STORE)).toBeUndefined()
  // While the cache has room, what was found is kept: the reads after it find it there.
  for (const value of [1, 1, 2]) {
    await harness.produce('amounts', [{ key: 'a', value }])
    await caughtUp(streams)
  }
  expect(first.of('orion_store_cache_hits_total', STORE)).toBe(2)
  expect(first.of('orion_store_cache_misses_total', STORE)).toBe(3)
  await streams.close()
  expect(first.names().filter((name) => /store|restore/.test(name))).toEqual([])

  await harness.wipeTask('sum', '0_0')
  const second = new MetricValues()
  const again = await harness.start(sumTopology(), { applicationId: 'sum', metrics: second })
  // Five records of the changelog: `a` in four transactions, `b` in one.
  expect(second.of('orion_restore_records_total', STORE)).toBe(5)
  expect(second.of('orion_restore_duration_ms', STORE)).toBeGreaterThan(0)
  expect(second.of('orion_store_size_bytes', STORE)).toBe(4)
  await again.close()
})
