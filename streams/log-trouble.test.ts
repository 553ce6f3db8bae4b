import { afterEach, describe, expect, test } from 'vitest'
import { type Amount, AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { type CommitFault, FaultyLog } from './fixtures/faulty-log.ts'
import { sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'
import { silentLogger } from './logger.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

async function open(partitions = 2): Promise<AppHarness> {
  harness = await AppHarness.open()
  await harness.createTopics(partitions, 'amounts', 'totals')
  return harness
}

const AMOUNTS: readonly Amount[] = Array.from({ length: 300 }, (_, index) => ({
  key: `key-${index % 5}`,
  value: index,
  timestampMs: 1_000 + index,
}))

/** What an uninterrupted run writes for a key: every running total, in order. */
function expectedTotals(key: string): string[] {
  const totals: number[] = []
  for (const each of AMOUNTS) if (each.key === key) totals.push((totals.at(-1) ?? 0) + each.value)
  return totals.map(String)
}

async function totalsOf(place: AppHarness, key: string): Promise<(string | undefined)[]> {
  return (await place.read('totals')).filter((line) => line.key === key).map(({ value }) => value)
}

describe('a commit whose outcome is unknown', () => {
  for (const fault of ['unknown-but-committed', 'unknown-and-aborted'] as const) {
    test(`is settled by the log when it was ${fault}: nothing is lost, nothing is there twice`, async () => {
      const place = await open()
      const log = new FaultyLog(place.log)
      let commits = 0
      log.commitFault = (): CommitFault => (++commits % 3 === 0 ? fault : 'none')
      const streams = await place.start(sumTopology(), {
        log,
        transactionRecordsMax: 20,
        batchRecordsMax: 10,
      })
      await place.produce('amounts', AMOUNTS)
      await until(async () => (await place.read('totals')).length >= AMOUNTS.length)
      log.commitFault = () => 'none'
      await caughtUp(streams)
      expect(commits).toBeGreaterThan(9)
      for (const key of ['key-0', 'key-1', 'key-4']) {
        expect(await totalsOf(place, key)).toEqual(expectedTotals(key))
      }
      expect(streams.store<string, number>('totals').get('key-4')).toBe(
        Number(expectedTotals('key-4').at(-1)),
      )
      expect(streams.metadata().threads).toHaveLength(1)
    })
  }

  test('while the log is away the task waits, and goes on when it is back', async () => {
    const place = await open()
    const log = new FaultyLog(place.log)
    const streams = await place.start(sumTopology(), { log })
    log.away = true
    log.commitFault = () => (log.away ? 'unknown-and-aborted' : 'none')
    await place.produce('amounts', AMOUNTS)
    await until(() => streams.state() === 'REBALANCING')
    expect(await place.read('totals')).toEqual([])
    log.away = false
    await streams.reached('RUNNING')
    await caughtUp(streams)
    expect(await totalsOf(place, 'key-2')).toEqual(expectedTotals('key-2'))
  })
})

test('a task that another producer has fenced is lost, and begins anew when the group gives it back', async () => {
  const place = await open(1)
  const streams = await place.start(sumTopology())
  const usurper = await place.log.createTransactionalProducer({
    clientId: 'usurper',
    transactionalId: 'sums-0_0',
    transactionTimeoutMs: 1_000,
  })
  await usurper.init()
  await place.produce('amounts', AMOUNTS)
  await until(async () => (await place.read('totals')).length >= AMOUNTS.length)
  await caughtUp(streams)
  expect(await totalsOf(place, 'key-3')).toEqual(expectedTotals('key-3'))
})

describe('a store whose checkpoint is beyond its changelog', () => {
  const recreate = async (place: AppHarness, changelog: string) => {
    await place.log.admin.deleteTopics([changelog])
    await place.log.admin.createTopics([
      { topic: changelog, partitions: 1, cleanup: 'compact', retentionMs: -1, retentionBytes: -1 },
    ])
  }

  test('stops the start when the changelog is empty: state must not vanish in silence', async () => {
    const place = await open(1)
    const first = await place.start(sumTopology())
    await place.produce('amounts', AMOUNTS)
    await caughtUp(first)
    await first.close()
    await recreate(place, 'sums-totals-changelog')
    const second = place.app(sumTopology())
    const failed = second.reached('ERROR')
    await second.start()
    await failed
    expect(second.error()).toMatchObject({
      code: 'STORE_AHEAD_OF_CHANGELOG',
      place: { topic: 'sums-totals-changelog', partition: 0, taskId: '0_0', store: 'totals' },
    })
  })

  for (const [end, unmarked] of [
    ['somewhat back', 50],
    ['at the start', 1_000_000],
  ] as const) {
    test(`is kept as it is while the last transactions wait for their markers, with the stable end ${end}`, async () => {
      const place = await open(1)
      const first = await place.start(sumTopology())
      await place.produce('amounts', AMOUNTS)
      await caughtUp(first)
      const kept = first.checksum('totals')
      await first.close()
      const log = new FaultyLog(place.log)
      log.unmarked = new Map([['sums-totals-changelog', unmarked]])
      const warnings: string[] = []
      const restored: string[] = []
      const second = place.app(sumTopology(), {
        log,
        logger: { ...silentLogger, warn: (_fields, message) => void warnings.push(message) },
        restoreListener: { restoreStarted: ({ store }) => void restored.push(store) },
      })
      const settled = Promise.race([second.reached('RUNNING'), second.reached('ERROR')])
      await second.start()
      await settled
      expect(second.error()).toBeUndefined()
      expect(second.checksum('totals')).toEqual(kept)
      expect([warnings, restored]).toEqual([[], []])
    })
  }

  test('is rebuilt from the changelog when that lost its end only', async () => {
    const place = await open(1)
    const first = await place.start(sumTopology())
    await place.produce('amounts', AMOUNTS)
    await caughtUp(first)
    await first.close()
    await recreate(place, 'sums-totals-changelog')
    await place.produce('sums-totals-changelog', [{ key: 'key-0', value: 42 }])
    const second = await place.start(sumTopology())
    expect([...second.store<string, number>('totals').all()]).toEqual([['key-0', 42]])
  })
})

test('restoring one task does not hold up another', async () => {
  const place = await open(2)
  const topology = sumTopology(() => new TimedSumProcessor())
  const first = await place.start(topology)
  await place.produce('amounts', AMOUNTS)
  await caughtUp(first)
  const kept = first.checksum('totals').map(({ digest }) => digest)
  await first.close()
  await place.wipeTask('sums', '0_0')

  const log = new FaultyLog(place.log)
  let release = () => {}
  log.readersMay = new Promise((resolve) => {
    release = resolve
  })
  const restored: string[] = []
  const second = place.app(topology, {
    log,
    restoreListener: {
      restoreStarted: ({ taskId, store }) => restored.push(`${taskId} ${store} started`),
      restoreEnded: ({ taskId, position, endOffset }) => {
        expect(position).toBeGreaterThanOrEqual(endOffset)
        restored.push(`${taskId} ended`)
      },
    },
  })
  await second.start()
  const states = () => second.metadata().threads[0]?.tasks.map(({ state }) => state)
  await until(() => states()?.join() === 'RESTORING,RUNNING')
  const before = (await place.read('totals')).length
  await place.produce('amounts', AMOUNTS)
  await until(async () => (await place.read('totals')).length > before)
  expect(states()).toEqual(['RESTORING', 'RUNNING'])
  expect(restored).toEqual(['0_0 totals started'])
  release()
  await second.reached('RUNNING')
  expect(restored).toEqual(['0_0 totals started', '0_0 ended'])
  expect(kept).toHaveLength(2)
  await caughtUp(second)
  const totals = Object.fromEntries(second.store<string, number>('totals').all())
  expect(totals['key-1']).toBe(2 * Number(expectedTotals('key-1').at(-1)))
})

test('a paused application fetches no more than its queues may hold', async () => {
  const place = await open(1)
  const log = new FaultyLog(place.log)
  const streams = await place.start(sumTopology(), {
    log,
    bufferedRecordsMax: 20,
    pollRecordsMax: 10,
  })
  streams.pause()
  await place.produce('amounts', AMOUNTS)
  await until(() => log.polledRecords >= 20)
  // Turns of the loop go on; a further fetch would show in the count.
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(log.polledRecords).toBeLessThanOrEqual(30)
  streams.resume()
  await caughtUp(streams)
  expect(log.polledRecords).toBe(AMOUNTS.length)
})
