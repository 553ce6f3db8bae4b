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

const counters: string[] = []
let driver: TopologyTestDriver | undefined

afterEach(async () => {
  await driver?.close()
  driver = undefined
  counters.length = 0
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

type Piped = readonly [key: string | undefined, value: string | undefined, timestampMs: number]

function pipe(records: readonly Piped[]): void {
  const input = driver?.createInputTopic('words', stringSerde, stringSerde)
  for (const [key, value, timestampMs] of records) input?.pipe(key, value, { timestampMs })
}

function longs(): unknown[] | undefined {
  const output = driver?.createOutputTopic('out', stringSerde, longSerde)
  return output?.readRecords().map(({ key, value, timestampMs }) => [key, value, timestampMs])
}

function texts(): unknown[] | undefined {
  const output = driver?.createOutputTopic('out', stringSerde, stringSerde)
  return output?.readRecords().map(({ key, value, timestampMs }) => [key, value, timestampMs])
}

const toLongs = Produced.with(stringSerde, longSerde)
const toTexts = Produced.with(stringSerde, stringSerde)

describe('an aggregate of a stream', () => {
  test('counts the records of each key, with the largest timestamp so far', async () => {
    await drive((words) => words.groupByKey().count({ as: 'count' }).toStream().to('out', toLongs))
    pipe([
      ['a', 'x', 5],
      ['b', 'x', 7],
      ['a', 'y', 3],
      ['a', 'z', 9],
    ])
    expect(longs()).toEqual([
      ['a', 1, 5],
      ['b', 1, 7],
      ['a', 2, 5],
      ['a', 3, 9],
    ])
    expect(driver?.timestampedKeyValueStore('count').get('a')).toEqual({ value: 3, timestampMs: 9 })
  })
})
