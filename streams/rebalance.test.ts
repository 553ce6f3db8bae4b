import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Amount, AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { sumTopology, TimedSumProcessor } from './fixtures/sample-topology.ts'
import type { Streams } from './streams.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

const PARTITIONS = 4
const topology = () => sumTopology(() => new TimedSumProcessor())

function amounts(from: number, count: number): Amount[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key-${(from + index) % 23}`,
    value: from + index,
    timestampMs: 1_000 + from + index,
  }))
}

async function outputs(place: AppHarness): Promise<Record<string, string[]>> {
  const byKey: Record<string, string[]> = {}
  for (const { key = '', value } of await place.read('totals')) {
    const values = byKey[key] ?? []
    byKey[key] = values
    values.push(`${value}`)
  }
  return byKey
}

const taskIds = (streams: Streams) =>
  streams.metadata().threads.flatMap(({ tasks }) => tasks.map(({ taskId }) => taskId))

test('tasks move between instances under load; the output is that of one instance', async () => {
  const calm = await AppHarness.open()
  await calm.createTopics(PARTITIONS, 'amounts', 'totals')
  const alone = await calm.start(topology())
  await calm.produce('amounts', amounts(0, 3_000))
  await caughtUp(alone)
  const expected = await outputs(calm)
  await calm.close()

  const place = await AppHarness.open()
  harness = place
  await place.createTopics(PARTITIONS, 'amounts', 'totals')
  const small = { batchRecordsMax: 20, transactionRecordsMax: 50, pollRecordsMax: 100 }
  const first = await place.start(topology(), small)
  await place.produce('amounts', amounts(0, 1_000))
  const elsewhere = { ...small, directory: join(place.directory, 'elsewhere') }
  const second = await place.start(topology(), elsewhere)
  await place.produce('amounts', amounts(1_000, 1_000))
  await until(() => taskIds(first).length === 2 && taskIds(second).length === 2)
  await first.close()
  await place.produce('amounts', amounts(2_000, 1_000))
  await until(() => taskIds(second).length === PARTITIONS)
  await second.reached('RUNNING')
  await caughtUp(second)
  expect(await outputs(place)).toEqual(expected)
})

test('a failed thread is replaced, and the record that failed it is taken again', async () => {
  const place = await AppHarness.open()
  harness = place
  await place.createTopics(2, 'amounts', 'totals')
  let failures = 0
  const failing = () => {
    const processor = new TimedSumProcessor()
    const sum = processor.process.bind(processor)
    processor.process = (record) => {
      if (record.value === 7 && failures++ === 0) throw new Error('once only')
      sum(record)
    }
    return processor
  }
  const streams = await place.start(sumTopology(failing), { onUncaughtError: 'replace-thread' })
  await place.produce('amounts', amounts(0, 100))
  await until(
    async () =>
      (await place.read('totals')).filter(({ key }) => key?.startsWith('key-')).length >= 100,
  )
  await caughtUp(streams)
  expect(failures).toBe(2)
  expect(streams.state()).toBe('RUNNING')
  expect(streams.metadata().threads.map(({ name }) => name)).toEqual(['sums-thread-2'])
})

test('a thread that fails again and again stops the instance', async () => {
  const place = await AppHarness.open()
  harness = place
  await place.createTopics(1, 'amounts', 'totals')
  const broken = () => {
    const processor = new TimedSumProcessor()
    processor.process = () => {
      throw new Error('always')
    }
    return processor
  }
  const streams = place.app(sumTopology(broken), {
    onUncaughtError: 'replace-thread',
    threadReplacementsMax: 3,
  })
  const failed = streams.reached('ERROR')
  await streams.start()
  await place.produce('amounts', amounts(0, 1))
  await failed
  expect(streams.error()).toMatchObject({ code: 'STREAMS_PROCESSING_FAILED' })
  expect(await place.read('totals')).toEqual([])
})
