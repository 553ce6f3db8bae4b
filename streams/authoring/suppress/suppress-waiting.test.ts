import { expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import {
  BufferConfig,
  Consumed,
  longSerde,
  Produced,
  StreamsBuilder,
  Suppressed,
  stringSerde,
  TimeWindows,
  timeWindowedSerde,
  whyHeld,
} from '#streams'
import { TopologyTestDriver, type TopologyTestDriverOptions } from '#streams/testing'

const windows = timeWindowedSerde(stringSerde, 10)
const unbounded = BufferConfig.unbounded()

async function drive(
  t: StreamsBuilder,
  options: Pick<TopologyTestDriverOptions, 'commit' | 'handlers'> = { commit: 'manual' },
) {
  const stores = createStoreBackend(memoryEngine())
  const driver = await TopologyTestDriver.open({ topology: t.build('waiting'), stores, ...options })
  const inputs = new Map<string, ReturnType<typeof inputOf>>()
  const inputOf = (topic: string) => driver.createInputTopic(topic, stringSerde, stringSerde)
  const pipe = (topic: string, key: string, timestampMs: number, value = 'x') => {
    const input = inputs.get(topic) ?? inputOf(topic)
    inputs.set(topic, input)
    input.pipe(key, value, { timestampMs })
  }
  return { driver, pipe }
}

/** A table of texts, each held for 10 ms, beside another that it is joined with. */
function heldTexts() {
  const t = new StreamsBuilder()
  const held = t
    .table('words', Consumed.with(stringSerde, stringSerde))
    .suppress(Suppressed.untilTimeLimit(10, unbounded, { as: 'held' }))
  held
    .join(t.table('others', Consumed.with(stringSerde, stringSerde)), (one, two) => one + two, {
      valueSerde: stringSerde,
    })
    .toStream()
    .to('joined', Produced.with(stringSerde, stringSerde))
  return t
}

test('of many updates of a key one is written, before the commit', async () => {
  const { driver, pipe } = await drive(heldTexts())
  const changes = () => driver.managedStore('held-store')?.changeCount
  for (const timestampMs of [1, 2, 3]) pipe('words', 'a', timestampMs, `${timestampMs}`)
  // Its status, once: the task has something to commit.
  expect(changes()).toBe(1)
  driver.commit()
  const store = driver.keyValueStore<Uint8Array, Uint8Array>('held-store')
  const report = whyHeld(store, { keySerde: stringSerde, nowMs: 0 })
  expect(report).toMatchObject({ records: 1, streamTimeMs: 3, oldest: [{ key: 'a', timeMs: 1 }] })
  // What is counted is what lies there: key and held update.
  const [, held] = [...store.prefixScan(Uint8Array.of(2))].flat()
  expect(report.bytes).toBe('a'.length + (held?.length ?? 0))
  await driver.close()
})

test('what waits is seen by a join before it is written', async () => {
  const { driver, pipe } = await drive(heldTexts())
  pipe('words', 'a', 0, 'first ')
  pipe('words', 'b', 10)
  pipe('words', 'a', 11, 'second ')
  pipe('others', 'a', 12, 'other')
  driver.commit()
  const joined = driver.createOutputTopic('joined', stringSerde, stringSerde)
  expect(joined.readKeyValues()).toEqual([['a', 'first other']])
  await driver.close()
})

test('more than waits in memory is written early', async () => {
  const { driver, pipe } = await drive(heldTexts())
  for (let at = 0; at < 10; at++) pipe('words', `${at}`, at % 10, 'x'.repeat(700_000))
  // Six are over 4 MiB: status, and key and update of each; four wait.
  expect(driver.managedStore('held-store')?.changeCount).toBe(13)
  pipe('words', '0', 10, 'replaced ')
  pipe('others', '0', 10, 'other')
  driver.commit()
  const joined = driver.createOutputTopic('joined', stringSerde, stringSerde)
  expect(joined.readKeyValues()).toEqual([['0', 'replaced other']])
  await driver.close()
})

test('what waits goes with a record that failed, and comes again with those before it', async () => {
  const t = new StreamsBuilder()
  const counts = t
    .stream('words', Consumed.with(stringSerde, stringSerde))
    .groupByKey()
    .windowedBy(TimeWindows.ofSizeWithNoGrace(10))
    .count()
  counts
    .suppress(Suppressed.untilWindowCloses(unbounded))
    .toStream()
    .to('counts', Produced.with(windows, longSerde))
  counts.toStream().peek(({ key }) => {
    if (key === 'poison') throw new Error(key)
  })
  const { driver, pipe } = await drive(t, {
    commit: 'manual',
    handlers: { processing: 'continue' },
  })
  pipe('words', 'a', 1)
  driver.commit()
  pipe('words', 'a', 2)
  pipe('words', 'poison', 3)
  pipe('words', 'b', 4)
  pipe('words', 'c', 10)
  driver.commit()
  const told = driver.createOutputTopic('counts', windows, longSerde)
  const said = told.readKeyValues().map(([key, count]) => `${key?.key}=${count}`)
  expect(said).toEqual(['a=2', 'b=1'])
  await driver.close()
})

test('a task that crashed has what waited at its last commit', async () => {
  const { driver, pipe } = await drive(heldTexts())
  pipe('others', 'a', 0, 'other')
  pipe('words', 'a', 0, 'first ')
  driver.commit()
  pipe('words', 'a', 1, 'second ')
  await driver.restart({ crash: true })
  pipe('words', 'b', 10)
  driver.commit()
  const joined = driver.createOutputTopic('joined', stringSerde, stringSerde)
  expect(joined.readKeyValues()).toEqual([['a', 'second other']])
  await driver.close()
})
