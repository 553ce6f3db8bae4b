import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine, rocksdbEngine } from '#state-stores'
import { cachedSumTopology } from '../fixtures/cached-topology.ts'
import {
  processor,
  repartitionedSumTopology,
  sink,
  source,
  text,
  totalsSpec,
  wholeNumber,
} from '../fixtures/sample-topology.ts'
import type { ProcessorContext } from '../processor.ts'
import type { ReadOnlyKeyValueStore } from '../store.ts'
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

const told = (driven: TopologyTestDriver) =>
  driven.createOutputTopic('totals', text, text).readKeyValues()

describe('commits', () => {
  test('happen after each record: a record cache changes nothing there', async () => {
    const driven = await drive(cachedSumTopology(), { recordCacheBytesMax: 1_000_000 })
    const amounts = driven.createInputTopic('amounts', text, wholeNumber)
    for (const value of [1, 2, 3]) amounts.pipe('a', value)
    expect(told(driven)).toEqual([
      ['a', '>1'],
      ['a', '1>3'],
      ['a', '3>6'],
    ])
  })

  test('happen when the test says so, and then a record cache tells one update a key', async () => {
    const driven = await drive(cachedSumTopology(), {
      recordCacheBytesMax: 1_000_000,
      commit: 'manual',
    })
    const amounts = driven.createInputTopic('amounts', text, wholeNumber)
    for (const key of ['a', 'b', 'a']) amounts.pipe(key, 5)
    expect(told(driven)).toEqual([])
    driven.commit()
    expect(told(driven)).toEqual([
      ['b', '>5'],
      ['a', '>10'],
    ])
    driven.commit()
    expect(told(driven)).toEqual([])
  })

  test('happen early when the record caches are full', async () => {
    const driven = await drive(cachedSumTopology(), { recordCacheBytesMax: 700, commit: 'manual' })
    const amounts = driven.createInputTopic('amounts', text, wholeNumber)
    for (const key of ['a', 'b', 'c', 'd']) amounts.pipe(key, 5)
    expect(told(driven)).toEqual([
      ['a', '>5'],
      ['b', '>5'],
      ['c', '>5'],
    ])
  })

  test('reach what lies behind a repartition topic, by one call', async () => {
    const driven = await drive(repartitionedSumTopology(), { commit: 'manual' })
    const orders = driven.createInputTopic('orders', text, wholeNumber)
    orders.pipe('order', 8)
    expect(driven.producedTopics()).toEqual([])
    driven.commit()
    expect(told(driven)).toEqual([['group-1', '8']])
  })
})

for (const engine of [memoryEngine, rocksdbEngine]) {
  describe(`a restart on the ${engine().name} engine`, () => {
    const open = () =>
      drive(cachedSumTopology(), {
        stores: createStoreBackend(engine()),
        recordCacheBytesMax: 1_000_000,
        commit: 'manual',
        partitions: 2,
      })

    test('commits what was processed, and goes on from there', async () => {
      const driven = await open()
      const amounts = driven.createInputTopic('amounts', text, wholeNumber)
      amounts.pipe('a', 1)
      await driven.restart()
      expect(told(driven)).toEqual([['a', '>1']])
      amounts.pipe('a', 2)
      driven.commit()
      expect(told(driven)).toEqual([['a', '1>3']])
    })

    test('after a crash takes again what was not committed, once', async () => {
      const driven = await open()
      const amounts = driven.createInputTopic('amounts', text, wholeNumber)
      amounts.pipe('a', 1)
      driven.commit()
      for (const key of ['a', 'b', 'c']) amounts.pipe(key, 10)
      await driven.restart({ crash: true })
      await driven.restart({ crash: true })
      driven.commit()
      expect(told(driven)).toEqual([
        ['a', '>1'],
        ['a', '1>11'],
        ['b', '>10'],
        ['c', '>10'],
      ])
    })

    test('rebuilds wiped stores from their changelogs', async () => {
      const driven = await open()
      const amounts = driven.createInputTopic('amounts', text, wholeNumber)
      for (const key of ['a', 'b', 'c', 'd']) amounts.pipe(key, 1)
      driven.commit()
      for (const key of ['a', 'b']) amounts.pipe(key, 1)
      const contents = () =>
        [0, 1].map((partition) => [...driven.keyValueStore('totals', partition).all()])
      driven.commit()
      const before = contents()
      expect(before.flat()).toHaveLength(4)
      const digests = () => [0, 1].map((each) => driven.managedStore('totals', each)?.digest())
      const digestsBefore = digests()
      await driven.restart({ wipe: true })
      expect(contents()).toEqual(before)
      expect(digests()).toEqual(digestsBefore)
    })

    test('keeps the times of operators', async () => {
      const driven = await open()
      const amounts = driven.createInputTopic('amounts', text, wholeNumber)
      amounts.pipe('key-0', 1, { timestampMs: 1_000, partition: 0 })
      await driven.restart({ wipe: true })
      amounts.pipe('late', 1, { timestampMs: 979, partition: 0 })
      amounts.pipe('in time', 1, { timestampMs: 980, partition: 0 })
      const totals = driven.keyValueStore<string, number>('totals')
      expect([...totals.all()]).toEqual([
        ['in time', 1],
        ['key-0', 1],
        ['late-0', 1],
      ])
    })
  })
}

test('a time that only a timer moved is kept as well', async () => {
  const seen: number[] = []
  const driven = await drive(
    oneProcessor((context) => {
      const time = context.observedTime('closing')
      seen.push(time.ms)
      context.schedule(10, 'wall-clock', (nowMs) => time.advance(nowMs))
    }),
  )
  driven.advanceWallClock(25)
  await driven.restart({ crash: true })
  expect(seen).toEqual([-1, 25])
})

test('a global store comes back from its topic', async () => {
  const topology = oneProcessor(() => {})
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
  rates.pipe('eur', 1)
  rates.pipe('usd', 2)
  rates.pipe('eur', undefined)
  await driven.restart({ wipe: true })
  const store = driven.store<ReadOnlyKeyValueStore<string, number>>('rates')
  expect([...store.all()]).toEqual([['usd', 2]])
})

test('a store is asked for by its kind', async () => {
  const driven = await drive(cachedSumTopology())
  expect(() => driven.windowStore('totals')).toThrow('STREAMS_STORE_KIND')
  expect(() => driven.sessionStore('totals')).toThrow('STREAMS_STORE_KIND')
  expect(() => driven.versionedStore('totals')).toThrow('STREAMS_STORE_KIND')
  expect(() => driven.keyValueStore('sums')).toThrow('STREAMS_UNKNOWN_STORE')
})

test('of all that waits the record with the smallest timestamp comes next, whatever its task', async () => {
  const driven = await drive(twoHops())
  driven.createInputTopic('in', text, text).pipe('k', '30,10,20', { timestampMs: 5 })
  const out = driven.createOutputTopic('out', text, text).readRecords()
  expect(out.map(({ value }) => value)).toEqual([
    'two 10',
    // A partition is never reordered: 20 waits behind 30.
    'one 30',
    'one 20',
  ])
})

/** `in` -> one processor -> nothing. */
function oneProcessor(init: (context: ProcessorContext<never, never>) => void): Topology {
  const nodes = [
    source({ name: 'in', topics: ['in'], children: ['work'] }),
    processor({
      name: 'work',
      parents: ['in'],
      supplier: () => ({ init, process: () => {} }),
    }),
  ]
  return {
    name: 'one',
    subTopologies: [{ id: 0, nodes, sources: ['in'], stores: [] }],
    globalStores: [],
    repartitions: [],
  }
}

/** Splits a list into records with those timestamps, which alternate between two repartition topics and meet again in `out`. */
function twoHops(): Topology {
  const split = () => {
    let context: ProcessorContext<string, string> | undefined
    return {
      init: (given: ProcessorContext<string, string>) => {
        context = given
      },
      process: (record: { key: string; value: string }) => {
        for (const [at, value] of record.value.split(',').entries()) {
          const timestampMs = Number(value)
          const child = at % 2 === 0 ? 'to-one' : 'to-two'
          context?.forward({ ...record, value, timestampMs, headers: [] }, child)
        }
      },
    }
  }
  const say = (name: string) => () => {
    let context: ProcessorContext<string, string> | undefined
    return {
      init: (given: ProcessorContext<string, string>) => {
        context = given
      },
      process: (record: { key: string; value: string; timestampMs: number }) =>
        context?.forward({ ...record, value: `${name} ${record.value}`, headers: [] }),
    }
  }
  const serdes = { keySerde: text, valueSerde: text }
  const hop = (name: string, id: number) => ({
    id,
    sources: [`from-${name}`],
    stores: [],
    nodes: [
      source({ name: `from-${name}`, topics: [name], children: [`say-${name}`], ...serdes }),
      processor({
        name: `say-${name}`,
        parents: [`from-${name}`],
        children: [`out-${name}`],
        supplier: say(name),
      }),
      sink({ name: `out-${name}`, parents: [`say-${name}`], topic: 'out', ...serdes }),
    ],
  })
  const first = {
    id: 0,
    sources: ['in'],
    stores: [],
    nodes: [
      source({ name: 'in', topics: ['in'], children: ['split'], ...serdes }),
      processor({
        name: 'split',
        parents: ['in'],
        children: ['to-one', 'to-two'],
        supplier: split,
      }),
      sink({ name: 'to-one', parents: ['split'], topic: 'one', ...serdes }),
      sink({ name: 'to-two', parents: ['split'], topic: 'two', ...serdes }),
    ],
  }
  return {
    name: 'hops',
    subTopologies: [first, hop('one', 1), hop('two', 2)],
    globalStores: [],
    repartitions: [
      { name: 'one', partitions: undefined },
      { name: 'two', partitions: undefined },
    ],
  }
}
