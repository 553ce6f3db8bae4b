import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  processor,
  repartitionedSumTopology,
  sink,
  source,
  sumTopology,
  text,
  totalsSpec,
  wholeNumber,
} from '../fixtures/sample-topology.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { KeyValueStore, ReadOnlyKeyValueStore } from '../store.ts'
import type { Topology } from '../topology.ts'
import type { TopologyTestDriverOptions } from './driver-options.ts'
import { TopologyTestDriver } from './topology-test-driver.ts'

let driver: TopologyTestDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

async function drive(
  topology: Topology,
  options: Partial<TopologyTestDriverOptions> = {},
): Promise<TopologyTestDriver> {
  driver = await TopologyTestDriver.open({
    topology,
    stores: createStoreBackend(memoryEngine()),
    ...options,
  })
  return driver
}

/** `in` -> the given processor -> `out`, with the totals store at hand. */
function oneProcessor(make: () => Processor<string, number, string, number>): Topology {
  const nodes = [
    source({ name: 'in', topics: ['in'], children: ['work'] }),
    processor({
      name: 'work',
      parents: ['in'],
      children: ['out'],
      stores: ['totals'],
      supplier: make,
    }),
    sink({ name: 'out', parents: ['work'], topic: 'out' }),
  ]
  return {
    name: 'one',
    subTopologies: [{ id: 0, nodes, sources: ['in'], stores: [totalsSpec] }],
    globalStores: [],
    repartitions: [],
  }
}

/** Runs a function with the context of each record. */
function withContext(
  work: (
    context: ProcessorContext<string, number>,
    record: { key: string; value: number; timestampMs: number },
  ) => void,
  init?: (context: ProcessorContext<string, number>) => void,
): () => Processor<string, number, string, number> {
  return () => {
    let context: ProcessorContext<string, number> | undefined
    return {
      init: (given) => {
        context = given
        init?.(given)
      },
      process: (record) => {
        if (context !== undefined) work(context, record)
      },
    }
  }
}

describe('a topology in the driver', () => {
  test('turns records into totals, and keeps them in its store', async () => {
    const driven = await drive(sumTopology())
    const amounts = driven.createInputTopic('amounts', text, wholeNumber)
    amounts.pipe('a', 2, { timestampMs: 5 })
    amounts.pipe('b', 3, { timestampMs: 6 })
    amounts.pipe('a', 4, { timestampMs: 7 })
    const totals = driven.createOutputTopic('totals', text, wholeNumber).readRecords()
    expect(totals.map(({ key, value, timestampMs }) => [key, value, timestampMs])).toEqual([
      ['a', 2, 5],
      ['b', 3, 6],
      ['a', 6, 7],
    ])
    const store = driven.store<KeyValueStore<string, number>>('totals')
    expect([...store.all()]).toEqual([
      ['a', 6],
      ['b', 3],
    ])
  })

  test('passes a repartition topic to the tasks behind it', async () => {
    const driven = await drive(repartitionedSumTopology(3), { partitions: 2 })
    const orders = driven.createInputTopic('orders', text, wholeNumber)
    for (const value of [1, 8, 2, 15]) orders.pipe(`order-${value}`, value)
    const totals = driven.createOutputTopic('totals', text, wholeNumber)
    expect(totals.readKeyValues()).toEqual([
      ['group-1', 1],
      ['group-1', 9],
      ['group-2', 2],
      ['group-1', 24],
    ])
    expect(driven.producedTopics()).toEqual(['test-by-group-repartition', 'totals'])
  })

  test('fills a global store that tasks may read and not write', async () => {
    const topology = oneProcessor(
      withContext((context, record) => {
        const names = context.getStateStore<KeyValueStore<string, number>>('rates')
        if (record.value === 0) names.put('eur', 1)
        context.forward({
          ...record,
          value: record.value * (names.get(record.key) ?? 0),
          headers: [],
        })
      }),
    )
    const driven = await drive({
      ...topology,
      globalStores: [
        {
          sourceName: 'rates-in',
          topic: 'rates',
          keySerde: text,
          valueSerde: wholeNumber,
          store: { ...totalsSpec, name: 'rates', logged: false },
          supplier: undefined,
          processorName: 'rates',
        },
      ],
    })
    const rates = driven.createInputTopic('rates', text, wholeNumber)
    const input = driven.createInputTopic('in', text, wholeNumber)
    rates.pipe('eur', 3)
    rates.pipe('usd', 2)
    input.pipe('eur', 5)
    rates.pipe('usd', undefined)
    input.pipe('usd', 5)
    const out = driven.createOutputTopic('out', text, wholeNumber)
    expect(out.readKeyValues()).toEqual([
      ['eur', 15],
      ['usd', 0],
    ])
    expect([...driven.store<ReadOnlyKeyValueStore<string, number>>('rates').all()]).toEqual([
      ['eur', 3],
    ])
    expect(() => input.pipe('eur', 0)).toThrow('STREAMS_READ_ONLY_STORE')
  })
})

describe('punctuations', () => {
  const record = (context: ProcessorContext<string, number>, value: number, timestampMs: number) =>
    context.forward({ key: 'tick', value, timestampMs, headers: [] })

  test('stream time: at the first record, then at multiples of the interval, missed ones once', async () => {
    const driven = await drive(
      oneProcessor(
        withContext(
          () => {},
          (context) => context.schedule(16, 'stream-time', (ms) => record(context, ms, ms)),
        ),
      ),
    )
    const input = driven.createInputTopic('in', text, wholeNumber)
    for (const timestampMs of [7, 12, 38, 46, 48, 20]) input.pipe('k', 1, { timestampMs })
    const out = driven.createOutputTopic('out', text, wholeNumber).readRecords()
    expect(out.map(({ value }) => value)).toEqual([7, 38, 48])
  })

  test('wall clock: at most once an advance, and not at all before the interval is over', async () => {
    const driven = await drive(
      oneProcessor(
        withContext(
          () => {},
          (context) => context.schedule(10, 'wall-clock', (ms) => record(context, ms, ms)),
        ),
      ),
    )
    const out = driven.createOutputTopic('out', text, wholeNumber)
    const times = () => out.readRecords().map(({ value }) => value)
    driven.advanceWallClock(9)
    expect(times()).toEqual([])
    driven.advanceWallClock(1)
    expect(times()).toEqual([10])
    driven.advanceWallClock(35)
    expect(times()).toEqual([45])
    driven.advanceWallClock(4)
    expect(times()).toEqual([])
    driven.advanceWallClock(1)
    expect(times()).toEqual([50])
  })

  test('a cancelled one runs no more', async () => {
    const driven = await drive(
      oneProcessor(
        withContext(
          () => {},
          (context) => {
            const timer = context.schedule(10, 'wall-clock', (ms) => {
              record(context, ms, ms)
              timer.cancel()
            })
          },
        ),
      ),
    )
    for (let turn = 0; turn < 5; turn++) driven.advanceWallClock(10)
    expect(driven.createOutputTopic('out', text, wholeNumber).size).toBe(1)
  })
})

describe('records that fail', () => {
  const failing = () =>
    oneProcessor(
      withContext((context, record) => {
        if (record.value === 13) throw new Error('unlucky')
        if (record.value === 14) {
          context.deadLetter({ code: 'TOO_LARGE', what: 'fourteen', remedy: 'Send less.' })
          return
        }
        context.forward({ ...record, headers: [] })
      }),
    )
  const outputs = (driven: TopologyTestDriver) =>
    driven.createOutputTopic('out', text, wholeNumber).readKeyValues()

  test('stop the task unless a handler says otherwise', async () => {
    const input = (await drive(failing())).createInputTopic('in', text, wholeNumber)
    expect(() => input.pipe('k', 13)).toThrow(/STREAMS_PROCESSING_FAILED: unlucky at in-0@0/)
  })

  test('are dropped where the handler says continue, and the rest goes on', async () => {
    const driven = await drive(failing(), {
      handlers: { processing: 'continue', deserialization: 'continue' },
    })
    const input = driven.createInputTopic('in', text, wholeNumber)
    input.pipe('k', 13)
    input.pipeBytes(Buffer.from('k'), Buffer.from('no number'))
    input.pipe('k', 1)
    expect(outputs(driven)).toEqual([['k', 1]])
  })

  test('go to the dead letters with their bytes, place and cause', async () => {
    const driven = await drive(failing(), {
      handlers: { processing: 'dead-letter', deserialization: 'dead-letter' },
    })
    const input = driven.createInputTopic('in', text, wholeNumber)
    input.pipe('k', 1)
    input.pipe('k', 13, { timestampMs: 99, headers: [['trace', Buffer.from('x')]] })
    input.pipeBytes(Buffer.from('k'), Buffer.from('no number'))
    input.pipe('k', 14)
    expect(outputs(driven)).toEqual([['k', 1]])
    const letters = driven.deadLetters.map(({ code, offset, consumer, attempts }) => ({
      code,
      offset,
      consumer,
      attempts,
    }))
    expect(letters).toEqual([
      { code: 'PROCESSING_FAILED', offset: 1, consumer: 'one/work', attempts: 1 },
      { code: 'DESERIALIZATION_FAILED', offset: 2, consumer: 'one/in', attempts: 1 },
      { code: 'TOO_LARGE', offset: 3, consumer: 'one/work', attempts: 1 },
    ])
    expect(driven.deadLetters[0]).toMatchObject({
      topic: 'in',
      partition: 0,
      timestampMs: 99,
      what: 'unlucky',
      headers: [['trace', Buffer.from('x')]],
    })
    const written = driven.createOutputTopic('dead-letters', text, text).readKeyValues()
    expect(written).toEqual([
      ['k', '13'],
      ['k', 'no number'],
      ['k', '14'],
    ])
  })

  test('a record with a negative timestamp is dropped', async () => {
    const driven = await drive(failing())
    driven.createInputTopic('in', text, wholeNumber).pipe('k', 1, { timestampMs: -5 })
    expect(outputs(driven)).toEqual([])
  })
})
