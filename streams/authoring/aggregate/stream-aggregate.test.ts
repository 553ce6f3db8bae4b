import { afterEach, describe, expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  Consumed,
  Grouped,
  type KStream,
  type KTable,
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

type Words = KStream<string, string, 'key' | 'value'>

async function drive(
  author: (words: Words) => void,
  options: Partial<TopologyTestDriverOptions> = {},
): Promise<TopologyTestDriver> {
  const t = new StreamsBuilder()
  author(t.stream('words', Consumed.with(stringSerde, stringSerde, { as: 'words' })))
  driver = await TopologyTestDriver.open({
    topology: t.build('words'),
    stores: createStoreBackend(memoryEngine()),
    deadLetterDropped: 'all',
    ...options,
  })
  return driver
}

type Row<V> = readonly [key: string | undefined, value: V | undefined, timestampMs: number]

function pipe(records: readonly Row<string>[]): void {
  const input = driver?.createInputTopic('words', stringSerde, stringSerde)
  for (const [key, value, timestampMs] of records) input?.pipe(key, value, { timestampMs })
}

function numbers(topic = 'out'): Row<number>[] {
  const output = driver?.createOutputTopic(topic, stringSerde, longSerde)
  return output?.readRecords().map((each) => [each.key, each.value, each.timestampMs]) ?? []
}

function texts(topic = 'out'): Row<string>[] {
  const output = driver?.createOutputTopic(topic, stringSerde, stringSerde)
  return output?.readRecords().map((each) => [each.key, each.value, each.timestampMs]) ?? []
}

const toNumbers = (table: KTable<string, number, 'key' | 'value'>, topic = 'out') =>
  table.toStream().to(topic, Produced.with(stringSerde, longSerde))
const toTexts = (table: KTable<string, string, 'key' | 'value'>, topic = 'out') =>
  table.toStream().to(topic, Produced.with(stringSerde, stringSerde))

const texted = { materialized: { valueSerde: stringSerde } }

describe('an aggregate of a stream', () => {
  test('counts the records of each key, in the largest time that it has seen', async () => {
    await drive((words) => toNumbers(words.groupByKey().count({ as: 'count' })))
    pipe([
      ['a', 'x', 5],
      ['b', 'x', 7],
      ['a', 'y', 3],
      ['a', 'z', 9],
    ])
    expect(numbers()).toEqual([
      ['a', 1, 5],
      ['b', 1, 7],
      ['a', 2, 5],
      ['a', 3, 9],
    ])
    expect(driver?.timestampedKeyValueStore('count').get('a')).toEqual({ value: 3, timestampMs: 9 })
  })

  test('reduces, beginning with the first value', async () => {
    await drive((words) => toTexts(words.groupByKey().reduce((left, right) => `${left}+${right}`)))
    pipe([
      ['a', 'x', 5],
      ['a', 'y', 3],
      ['b', 'z', 1],
    ])
    expect(texts()).toEqual([
      ['a', 'x', 5],
      ['a', 'x+y', 5],
      ['b', 'z', 1],
    ])
  })

  test('aggregates, beginning with the initial value', async () => {
    await drive((words) => {
      const adder = (key: string, value: string, text: string) => `${text}+${key}${value}`
      toTexts(words.groupByKey().aggregate(() => '0', adder, texted))
    })
    pipe([
      ['a', 'x', 5],
      ['a', 'y', 3],
    ])
    expect(texts()).toEqual([
      ['a', '0+ax', 5],
      ['a', '0+ax+ay', 5],
    ])
  })

  test('drops records without a key or a value, each with its reason', async () => {
    await drive((words) => toNumbers(words.groupByKey().count({ as: 'count' })))
    pipe([
      ['a', undefined, 5],
      [undefined, 'x', 6],
      ['a', 'x', 4],
    ])
    expect(numbers()).toEqual([['a', 1, 4]])
    expect(driver?.deadLetters).toMatchObject([
      { code: 'DROPPED_NULL_VALUE', consumer: 'words/count' },
      { code: 'DROPPED_NULL_KEY' },
    ])
  })

  test('is removed where the adder answers nothing, and begins anew', async () => {
    await drive((words) => {
      const adder = (_key: string, value: string, text: string) =>
        value === 'end' ? undefined : `${text}${value}`
      toTexts(words.groupByKey().aggregate(() => '', adder, { as: 'sum', ...texted }))
    })
    pipe([
      ['a', 'x', 5],
      ['a', 'end', 6],
      ['a', 'y', 2],
    ])
    expect(texts()).toEqual([
      ['a', 'x', 5],
      ['a', undefined, 6],
      ['a', 'y', 2],
    ])
    expect(driver?.timestampedKeyValueStore('sum').get('a')).toEqual({
      value: 'y',
      timestampMs: 2,
    })
  })

  test('of another key meets behind a repartition, on whatever partition its records came', async () => {
    await drive(
      (words) => {
        const first = (_key: string, word: string) => word.at(0)
        toNumbers(words.groupBy(first, Grouped.with(stringSerde, stringSerde)).count())
      },
      { partitions: 3 },
    )
    pipe([
      ['1', 'apple', 1],
      ['2', 'avocado', 2],
      ['3', 'banana', 3],
      ['4', '', 4],
      ['5', 'apricot', 5],
    ])
    expect(numbers().sort()).toEqual([
      ['a', 1, 1],
      ['a', 2, 2],
      ['a', 3, 5],
      ['b', 1, 3],
    ])
    expect(driver?.deadLetters).toMatchObject([{ code: 'DROPPED_NULL_KEY' }])
  })

  test('gives what held before to the operators that ask for it; before the first record that is the initial value', async () => {
    await drive((words) => {
      const joined = (_key: string, value: string, text: string) => `${text}${value}`
      const table = words.groupByKey().aggregate(() => 'i', joined, texted)
      const all = table.groupBy((_key, text) => ['G', text], Grouped.with(stringSerde, stringSerde))
      toTexts(
        all.aggregate(
          () => '0',
          (_key, value, text) => `${text}+${value}`,
          (_key, value, text) => `${text}-${value}`,
          texted,
        ),
      )
    })
    pipe([
      ['a', '1', 5],
      ['b', '2', 3],
    ])
    expect(texts()).toEqual([
      ['G', '0+i1', 5],
      ['G', '0+i1-i+i2', 5],
    ])
  })

  test('comes out once a commit where the record cache is on, unless its store is without', async () => {
    await drive(
      (words) => {
        const grouped = words.groupByKey()
        toNumbers(grouped.count({ as: 'cached' }))
        toNumbers(grouped.count({ as: 'plain', materialized: { caching: false } }), 'plain-out')
      },
      { recordCacheBytesMax: 1_000_000, commit: 'manual' },
    )
    pipe([
      ['a', 'x', 1],
      ['a', 'y', 2],
    ])
    driver?.commit()
    expect(numbers()).toEqual([['a', 2, 2]])
    expect(numbers('plain-out')).toEqual([
      ['a', 1, 1],
      ['a', 2, 2],
    ])
  })

  test('keeps versions where history is asked for, and refuses what history no longer reaches', async () => {
    await drive((words) => {
      const options = { as: 'latest', materialized: { historyRetentionMs: 10 } }
      toTexts(words.groupByKey().reduce((left, right) => `${left}${right}`, options))
    })
    pipe([
      ['a', 'x', 5],
      ['a', 'y', 8],
      ['b', 'z', 100],
      ['c', 'old', 50],
      ['a', 'w', 40],
    ])
    expect(texts()).toEqual([
      ['a', 'x', 5],
      ['a', 'xy', 8],
      ['b', 'z', 100],
    ])
    expect(driver?.versionedStore('latest').get('b', 100)).toMatchObject({ value: 'z' })
  })

  test('goes on after a crash as if there had been none', async () => {
    await drive((words) => toNumbers(words.groupByKey().count({ as: 'count' })), {
      commit: 'manual',
    })
    pipe([['a', 'x', 1]])
    driver?.commit()
    pipe([['a', 'y', 2]])
    await driver?.restart({ crash: true, wipe: true })
    pipe([['a', 'z', 3]])
    driver?.commit()
    expect(numbers()).toEqual([
      ['a', 1, 1],
      ['a', 2, 2],
      ['a', 3, 3],
    ])
  })
})
