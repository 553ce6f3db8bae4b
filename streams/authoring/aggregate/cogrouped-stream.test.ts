import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  Consumed,
  Grouped,
  type KStream,
  longSerde,
  Produced,
  StreamsBuilder,
  stringSerde,
} from '#streams'
import { TopologyTestDriver, type TopologyTestDriverOptions } from '#streams/testing'

let driver: TopologyTestDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
})

type Orders = KStream<string, string, 'key' | 'value'>
type Fills = KStream<string, number, 'key' | 'value'>

async function drive(
  author: (orders: Orders, fills: Fills) => void,
  options: Partial<TopologyTestDriverOptions> = {},
): Promise<void> {
  const t = new StreamsBuilder()
  author(
    t.stream('orders', Consumed.with(stringSerde, stringSerde)),
    t.stream('fills', Consumed.with(stringSerde, longSerde)),
  )
  driver = await TopologyTestDriver.open({
    topology: t.build('activity'),
    stores: createStoreBackend(memoryEngine()),
    ...options,
  })
}

function order(key: string | undefined, value: string | undefined, timestampMs: number): void {
  driver?.createInputTopic('orders', stringSerde, stringSerde).pipe(key, value, { timestampMs })
}

function fill(key: string, value: number, timestampMs: number): void {
  driver?.createInputTopic('fills', stringSerde, longSerde).pipe(key, value, { timestampMs })
}

function activity(topic = 'out'): unknown[] {
  const output = driver?.createOutputTopic(topic, stringSerde, stringSerde)
  return output?.readRecords().map((each) => [each.key, each.value, each.timestampMs]) ?? []
}

const addOrder = (_key: string, value: string, text: string) => `${text}+${value}`
const addFill = (_key: string, value: number, text: string) => `${text}/${value}`
const named = { as: 'activity', materialized: { valueSerde: stringSerde } }
const toTexts = Produced.with(stringSerde, stringSerde)

describe('an aggregate of several groups', () => {
  test('adds the values of each group in its own way, to one row', async () => {
    await drive((orders, fills) => {
      const groups = orders.groupByKey().cogroup(addOrder).cogroup(fills.groupByKey(), addFill)
      groups
        .aggregate(() => '0', named)
        .toStream()
        .to('out', toTexts)
    })
    order('a', 'x', 5)
    fill('a', 7, 3)
    order('a', undefined, 9)
    order(undefined, 'x', 9)
    order('b', 'y', 1)
    expect(activity()).toEqual([
      ['a', '0+x', 5],
      ['a', '0+x/7', 5],
      ['b', '0+y', 1],
    ])
    expect(driver?.timestampedKeyValueStore('activity').get('a')).toEqual({
      value: '0+x/7',
      timestampMs: 5,
    })
  })

  test('meets behind repartitions where keys were changed, whatever partitions the records came on', async () => {
    await drive(
      (orders, fills) => {
        const byText = Grouped.with(stringSerde, stringSerde, { as: 'by-text' })
        const byKey = Grouped.with(stringSerde, longSerde, { as: 'by-key' })
        const selected = orders.groupBy((_key, value) => value, byText)
        const groups = fills.groupBy((key) => key, byKey).cogroup(addFill)
        groups
          .cogroup(selected, addOrder)
          .aggregate(() => '0', named)
          .toStream()
          .to('out', toTexts)
      },
      { partitions: { orders: 3, fills: 2 } },
    )
    order('1', 'a', 1)
    order('2', 'a', 2)
    fill('a', 3, 3)
    order('3', 'a', 4)
    expect(activity()).toEqual([
      ['a', '0+a', 1],
      ['a', '0+a+a', 2],
      ['a', '0+a+a/3', 3],
      ['a', '0+a+a/3+a', 4],
    ])
  })

  test('comes out once a commit where the record cache is on, whichever groups added to it', async () => {
    await drive(
      (orders, fills) => {
        const table = orders
          .groupByKey()
          .cogroup(addOrder)
          .cogroup(fills.groupByKey(), addFill)
          .aggregate(() => 'i', named)
        table.toStream().to('out', toTexts)
        table
          .groupBy((_key, text) => ['G', text], Grouped.with(stringSerde, stringSerde))
          .aggregate(
            () => '0',
            (_key, value, text) => `${text}+${value}`,
            (_key, value, text) => `${text}-${value}`,
            { materialized: { valueSerde: stringSerde } },
          )
          .toStream()
          .to('all', toTexts)
      },
      { recordCacheBytesMax: 1_000_000, commit: 'manual' },
    )
    order('a', 'x', 1)
    fill('a', 1, 2)
    driver?.commit()
    order('b', 'y', 3)
    driver?.commit()
    fill('a', 2, 4)
    driver?.commit()
    expect(activity()).toEqual([
      ['a', 'i+x/1', 2],
      ['b', 'i+y', 3],
      ['a', 'i+x/1/2', 4],
    ])
    expect(activity('all')).toEqual([
      ['G', '0+i+x/1', 2],
      ['G', '0+i+x/1+i+y', 3],
      ['G', '0+i+x/1+i+y-i+x/1+i+x/1/2', 4],
    ])
  })

  test('takes the later adder of a group that was named twice', async () => {
    await drive((orders) => {
      const grouped = orders.groupByKey()
      grouped
        .cogroup(() => 'never')
        .cogroup(grouped, addOrder)
        .aggregate(() => '0', named)
        .toStream()
        .to('out', toTexts)
    })
    order('a', 'x', 5)
    expect(activity()).toEqual([['a', '0+x', 5]])
  })

  test('is refused over topics that are partitioned otherwise', async () => {
    const driven = drive(
      (orders, fills) => {
        orders
          .groupByKey()
          .cogroup(addOrder)
          .cogroup(fills.groupByKey(), addFill)
          .aggregate(() => '0', named)
      },
      { partitions: { orders: 3, fills: 2 } },
    )
    await expect(driven).rejects.toMatchObject({ code: 'STREAMS_NOT_COPARTITIONED' })
  })
})
