import { afterEach, describe, expect, test } from 'vitest'
import { memoryEngine, rocksdbEngine } from '#state-stores'
import { type Amount, AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import { repartitionedSumTopology, sumTopology } from './fixtures/sample-topology.ts'
import type { StreamsStatus } from './streams-status.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

async function open(engine = memoryEngine()): Promise<AppHarness> {
  harness = await AppHarness.open(engine)
  return harness
}

function amounts(count: number): Amount[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key-${index % 17}`,
    value: (index * 7919) % 1_000,
    timestampMs: 1_000 + index,
  }))
}

for (const engine of [memoryEngine, rocksdbEngine]) {
  describe(`an application on the embedded log and the ${engine().name} engine`, () => {
    test('turns records into totals and closes with everything committed', async () => {
      const place = await open(engine())
      await place.createTopics(3, 'amounts', 'totals')
      const streams = await place.start(sumTopology())
      await place.produce('amounts', amounts(500))
      await caughtUp(streams)
      const expected = new Map<string, number>()
      for (const { key, value } of amounts(500)) expected.set(key, (expected.get(key) ?? 0) + value)
      const store = streams.store<string, number>('totals')
      expect(Object.fromEntries(store.all())).toEqual(Object.fromEntries(expected))
      expect(store.get('key-3')).toBe(expected.get('key-3'))
      const out = await place.read('totals')
      expect(out).toHaveLength(500)
      const last = new Map(out.map(({ key, value }) => [key, Number(value)]))
      expect(Object.fromEntries(last)).toEqual(Object.fromEntries(expected))
      await streams.close()
      expect(streams.state()).toBe('NOT_RUNNING')
    })

    test('goes on after a restart where it stood', async () => {
      const place = await open(engine())
      await place.createTopics(2, 'amounts', 'totals')
      const first = await place.start(sumTopology())
      await place.produce('amounts', amounts(100))
      await caughtUp(first)
      const before = first.checksum('totals')
      await first.close()
      const second = await place.start(sumTopology())
      expect(second.checksum('totals')).toEqual(before)
      await place.produce('amounts', amounts(100))
      await caughtUp(second)
      expect(await place.read('totals')).toHaveLength(200)
      const [key = '', total] = [...second.store<string, number>('totals').all()][0] ?? []
      expect(total).toBe(
        2 * amounts(100).reduce((sum, each) => sum + (each.key === key ? each.value : 0), 0),
      )
    })
  })
}

test('several threads share the tasks, through a repartition topic', async () => {
  const place = await open()
  await place.createTopics(4, 'orders', 'totals')
  const streams = await place.start(repartitionedSumTopology(), { threads: 3 })
  await place.produce('orders', amounts(400))
  await caughtUp(streams)
  const expected = new Map<string, number>()
  for (const { value } of amounts(400)) {
    const group = `group-${value % 7}`
    expected.set(group, (expected.get(group) ?? 0) + value)
  }
  expect(Object.fromEntries(streams.store<string, number>('totals').all())).toEqual(
    Object.fromEntries(expected),
  )
  const tasks = streams.metadata().threads.map((thread) => thread.tasks.length)
  expect(tasks.sort()).toEqual([2, 3, 3])
})

test('a start without the topics that it needs names them and is an error', async () => {
  const place = await open()
  await place.createTopics(1, 'amounts')
  const streams = place.app(sumTopology())
  await expect(streams.start()).rejects.toThrow(/STREAMS_MISSING_TOPIC.*: totals/)
  expect(streams.state()).toBe('ERROR')
})

test('states go from CREATED over REBALANCING to RUNNING and NOT_RUNNING', async () => {
  const place = await open()
  await place.createTopics(1, 'amounts', 'totals')
  const streams = place.app(sumTopology())
  const states: StreamsStatus[] = [streams.state()]
  streams.onStateChange((state) => states.push(state))
  await streams.start()
  await streams.reached('RUNNING')
  await streams.close()
  expect(states).toEqual(['CREATED', 'REBALANCING', 'RUNNING', 'PENDING_SHUTDOWN', 'NOT_RUNNING'])
})

test('paused, it processes nothing; resumed, it goes on', async () => {
  const place = await open()
  await place.createTopics(1, 'amounts', 'totals')
  const streams = await place.start(sumTopology(), { bufferedRecordsMax: 10, pollRecordsMax: 10 })
  streams.pause()
  await place.produce('amounts', amounts(100))
  await until(async () => (await streams.lag())[0]?.endOffset === 100)
  expect(await place.read('totals')).toEqual([])
  streams.resume()
  await caughtUp(streams)
  expect(await place.read('totals')).toHaveLength(100)
})

test('an uncaught error stops the instance with the place of the record', async () => {
  const place = await open()
  await place.createTopics(1, 'amounts', 'totals')
  const streams = await place.start(sumTopology())
  const failed = streams.reached('ERROR')
  const producer = await place.log.createProducer({ clientId: 'test' })
  const value = Buffer.from('no number')
  await producer.send([
    { topic: 'amounts', partition: 0, records: [{ key: Buffer.from('k'), value, timestampMs: 1 }] },
  ])
  await failed
  expect(streams.error()).toMatchObject({
    code: 'STREAMS_DESERIALIZATION_FAILED',
    place: { topic: 'amounts', partition: 0, offset: 0, taskId: '0_0', node: 'amounts' },
  })
})
