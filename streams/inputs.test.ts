import { afterEach, expect, test } from 'vitest'
import { AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import {
  processor,
  sink,
  source,
  text,
  totalsSpec,
  wholeNumber,
} from './fixtures/sample-topology.ts'
import { type LogFields, silentLogger } from './logger.ts'
import type { Processor, ProcessorContext } from './processor.ts'
import type { KeyValueStore } from './store.ts'
import type { Topology } from './topology.ts'

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

/** Forwards what it gets; with `rates` at hand, multiplied. */
function passing(rates: boolean): () => Processor<string, number, string, number> {
  return () => {
    let context: ProcessorContext<string, number> | undefined
    return {
      init: (given) => {
        context = given
      },
      process: (record) => {
        if (record.value === -666) {
          context?.deadLetter({ code: 'CURSED', what: 'a cursed amount', remedy: 'Pray.' })
          return
        }
        const table = rates
          ? context?.getStateStore<KeyValueStore<string, number>>('rates')
          : undefined
        const rate = table === undefined ? 1 : (table.get(record.key) ?? 0)
        context?.forward({ ...record, value: record.value * rate })
      },
    }
  }
}

function merging(topics: readonly string[], rates = false): Topology {
  const nodes = [
    source({ name: 'in', topics, children: ['pass'] }),
    processor({ name: 'pass', parents: ['in'], children: ['out'], supplier: passing(rates) }),
    sink({ name: 'out', parents: ['pass'], topic: 'out' }),
  ]
  const globalStores = rates
    ? [
        {
          sourceName: 'rates-in',
          topic: 'rates',
          keySerde: text,
          valueSerde: wholeNumber,
          store: { ...totalsSpec, name: 'rates', logged: false },
          supplier: undefined,
          processorName: 'rates',
        },
      ]
    : []
  return {
    name: 'merging',
    subTopologies: [{ id: 0, nodes, sources: ['in'], stores: [] }],
    globalStores,
    repartitions: [],
  }
}

const ticks = (from: number, count: number, step: number) =>
  Array.from({ length: count }, (_, index) => ({
    key: 'k',
    value: from + index * step,
    timestampMs: from + index * step,
  }))

async function open(partitions: number, ...topics: string[]): Promise<AppHarness> {
  harness = await AppHarness.open()
  await harness.createTopics(partitions, ...topics)
  return harness
}

test('records of several inputs are taken by timestamp, whatever a fetch brings first', async () => {
  const place = await open(1, 'a', 'b', 'c', 'out')
  await place.produce('c', ticks(2, 300, 3))
  await place.produce('a', ticks(0, 300, 3))
  await place.produce('b', ticks(1, 300, 3))
  const streams = await place.start(merging(['a', 'b', 'c']), { pollRecordsMax: 7 })
  await caughtUp(streams)
  const values = (await place.read('out')).map(({ value }) => Number(value))
  expect(values).toEqual(Array.from({ length: 900 }, (_, index) => index))
})

test('an empty input holds the others up for maxTaskIdleMs, and no longer', async () => {
  const place = await open(1, 'a', 'b', 'out')
  const streams = await place.start(merging(['a', 'b']), { maxTaskIdleMs: 400 })
  const startMs = performance.now()
  await place.produce('a', [{ key: 'k', value: 5, timestampMs: 5 }])
  await place.produce('b', [{ key: 'k', value: 3, timestampMs: 3 }])
  await until(async () => (await place.read('out')).length === 2)
  await caughtUp(streams)
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(400)
  expect((await place.read('out')).map(({ value }) => value)).toEqual(['3', '5'])
})

test('a global store is complete before the first record, and follows its topic after', async () => {
  const place = await open(2, 'a', 'rates', 'out')
  await place.produce(
    'rates',
    Array.from({ length: 500 }, (_, index) => ({ key: `k${index}`, value: index })),
  )
  await place.produce('a', [{ key: 'k499', value: 2, timestampMs: 1 }])
  const streams = await place.start(merging(['a'], true))
  await caughtUp(streams)
  expect(await place.keyValues('out')).toEqual([['k499', '998']])
  await place.produce('rates', [{ key: 'k499', value: 10 }])
  await until(() => streams.store<string, number>('rates').get('k499') === 10)
  await place.produce('a', [{ key: 'k499', value: 3, timestampMs: 2 }])
  await caughtUp(streams)
  expect(await place.keyValues('out')).toEqual([
    ['k499', '998'],
    ['k499', '30'],
  ])
  await streams.close()
  const again = await place.start(merging(['a'], true))
  expect(again.store<string, number>('rates').approximateNumEntries()).toBe(500)
})

test('topics that were made anew are read from their start: global stores are rebuilt, inputs begin again', async () => {
  const place = await open(1, 'a', 'rates', 'out')
  await place.produce('rates', [
    { key: 'k', value: 2 },
    { key: 'old', value: 3 },
  ])
  await place.produce('a', [{ key: 'k', value: 5, timestampMs: 1 }])
  const first = await place.start(merging(['a'], true))
  await caughtUp(first)
  await first.close()
  await place.log.admin.deleteTopics(['rates', 'a'])
  await place.createTopics(1, 'rates', 'a')
  await place.produce('rates', [{ key: 'k', value: 7 }])
  const second = await place.start(merging(['a'], true))
  expect([...second.store<string, number>('rates').all()]).toEqual([['k', 7]])
  await place.produce('a', [{ key: 'k', value: 10, timestampMs: 1 }])
  await caughtUp(second)
  expect(await place.keyValues('out')).toEqual([
    ['k', '10'],
    ['k', '70'],
  ])
})

test('a dead letter is on its topic with the transaction of its record, and in the log of the process', async () => {
  const place = await open(1, 'a', 'out', 'dlq')
  const warnings: LogFields[] = []
  const streams = await place.start(merging(['a']), {
    logger: { ...silentLogger, warn: (fields) => warnings.push(fields) },
    deadLetter: ({ key, code, offset, consumer }) => ({
      topic: 'dlq',
      key,
      value: Buffer.from(`${code} at ${offset} in ${consumer}`),
    }),
  })
  await place.produce('a', [
    { key: 'k', value: 1, timestampMs: 1 },
    { key: 'k', value: -666, timestampMs: 2 },
    { key: 'k', value: 3, timestampMs: 3 },
  ])
  await caughtUp(streams)
  expect(await place.keyValues('out')).toEqual([
    ['k', '1'],
    ['k', '3'],
  ])
  expect(await place.keyValues('dlq')).toEqual([['k', 'CURSED at 1 in merging/pass']])
  expect(warnings).toEqual([
    {
      topology: 'merging',
      node: 'pass',
      code: 'CURSED',
      what: 'a cursed amount',
      topic: 'a',
      partition: 0,
      offset: 1,
      key: 'k',
      taskId: '0_0',
      count: 1,
    },
  ])
})

test('a dead letter without an encoder stops the application and says what is missing', async () => {
  const place = await open(1, 'a', 'out')
  const streams = await place.start(merging(['a']))
  const failed = streams.reached('ERROR')
  await place.produce('a', [{ key: 'k', value: -666, timestampMs: 2 }])
  await failed
  expect(streams.error()).toMatchObject({ code: 'STREAMS_NO_DEAD_LETTER_TOPIC' })
})
