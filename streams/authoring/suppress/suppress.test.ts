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
import { TopologyTestDriver } from '#streams/testing'
import { decodeHeld, encodeHeld, heldLength } from './held-update.ts'

const windows = timeWindowedSerde(stringSerde, 10)

/** Counts of windows of 10 ms with a grace of 5 ms, told once they are closed. */
async function closedCounts(suppressed = Suppressed.untilWindowCloses(BufferConfig.unbounded())) {
  const t = new StreamsBuilder()
  t.stream('words', Consumed.with(stringSerde, stringSerde))
    .groupByKey()
    .windowedBy(TimeWindows.ofSizeAndGrace(10, 5))
    .count()
    .suppress(suppressed)
    .toStream()
    .to('counts', Produced.with(windows, longSerde))
  const driver = await open(t)
  const output = driver.createOutputTopic('counts', windows, longSerde)
  return {
    driver,
    pipe: piper(driver),
    read: () =>
      output.readRecords().map(({ key, value }) => `${key?.key}@${key?.startMs}=${value}`),
  }
}

/** A table of texts, each held for 10 ms. */
async function held(buffer: BufferConfig = BufferConfig.unbounded()) {
  const t = new StreamsBuilder()
  t.table('words', Consumed.with(stringSerde, stringSerde))
    .suppress(Suppressed.untilTimeLimit(10, buffer, { as: 'held' }))
    .toStream()
    .to('texts', Produced.with(stringSerde, stringSerde))
  const driver = await open(t)
  const output = driver.createOutputTopic('texts', stringSerde, stringSerde)
  return {
    driver,
    pipe: piper(driver),
    read: () =>
      output.readRecords().map(({ key, value, timestampMs }) => `${key}=${value}@${timestampMs}`),
  }
}

function open(t: StreamsBuilder): Promise<TopologyTestDriver> {
  const stores = createStoreBackend(memoryEngine())
  return TopologyTestDriver.open({ topology: t.build('suppressed'), stores })
}

function piper(driver: TopologyTestDriver) {
  const input = driver.createInputTopic('words', stringSerde, stringSerde)
  return (key: string, timestampMs: number, value: string | undefined = 'x') =>
    input.pipe(key, value, { timestampMs })
}

const storeOf = (driver: TopologyTestDriver, name: string) =>
  driver.keyValueStore<Uint8Array, Uint8Array>(name)

test('a window comes out once, when its end and grace are over, oldest first', async () => {
  const { driver, pipe, read } = await closedCounts()
  pipe('b', 1)
  pipe('a', 2)
  pipe('a', 12)
  pipe('a', 3)
  expect(read()).toEqual([])
  pipe('a', 15)
  expect(read()).toEqual(['a@0=2', 'b@0=1'])
  pipe('a', 40)
  expect(read()).toEqual(['a@10=2'])
  await driver.close()
})

test.each([
  { how: 'crashed', restart: { crash: true } },
  { how: 'lost its disk', restart: { wipe: true } },
])('what is held outlives a task that $how', async ({ restart }) => {
  const { driver, pipe, read } = await closedCounts()
  pipe('a', 1)
  pipe('b', 2)
  await driver.restart(restart)
  pipe('a', 3)
  pipe('c', 15)
  expect(read()).toEqual(['a@0=2', 'b@0=1'])
  await driver.close()
})

test('an idle input is closed by the wall clock where that is asked for', async () => {
  const closing = Suppressed.untilWindowCloses(BufferConfig.unbounded(), { idleAfterMs: 1_000 })
  const { driver, pipe, read } = await closedCounts(closing)
  pipe('a', 1)
  driver.advanceWallClock(999)
  expect(read()).toEqual([])
  await driver.restart({ crash: true })
  driver.advanceWallClock(1_000)
  expect(read()).toEqual(['a@0=1'])
  // Its window was told: what comes for it now is late, whatever the stream time; the next window is not.
  pipe('a', 2)
  pipe('a', 2_000)
  pipe('a', 4_000)
  expect(read()).toEqual(['a@2000=1'])
  await driver.close()
})

test('without that, the clock closes nothing', async () => {
  const { driver, pipe, read } = await closedCounts()
  pipe('a', 1)
  driver.advanceWallClock(1_000_000)
  expect(read()).toEqual([])
  await driver.close()
})

test('a time limit counts from the update that entered; later ones replace the value alone', async () => {
  const { driver, pipe, read } = await held()
  pipe('a', 0, 'first')
  pipe('a', 8, 'second')
  expect(read()).toEqual([])
  pipe('b', 10)
  expect(read()).toEqual(['a=second@8'])
  await driver.close()
})

test('a full buffer lets the oldest go early', async () => {
  const { driver, pipe, read } = await held(BufferConfig.maxRecords(1))
  pipe('a', 0)
  pipe('b', 1)
  expect(read()).toEqual(['a=x@0'])
  await driver.close()
})

test('a full buffer that must not emit early stops processing, and says so', async () => {
  const { driver, pipe } = await held(BufferConfig.maxRecords(1).shutDownWhenFull())
  pipe('a', 0)
  expect(() => pipe('b', 1)).toThrow('the buffer holds 2 of at most 1 records')
  await driver.close()
})

test('bytes are bounded, too', async () => {
  const { driver, pipe, read } = await held(BufferConfig.maxBytes(60))
  pipe('a', 0, 'x'.repeat(40))
  expect(read()).toEqual([`a=${'x'.repeat(40)}@0`])
  await driver.close()
})

test('why something is held can be asked', async () => {
  const { driver, pipe } = await held()
  const report = () => whyHeld(storeOf(driver, 'held-store'), { keySerde: stringSerde, nowMs: 70 })
  expect(report().explanation).toBe('Nothing is held.')
  pipe('a', 5)
  pipe('b', 9)
  driver.clock.advance(50)
  expect(report()).toMatchObject({
    records: 2,
    streamTimeMs: 9,
    heardAtMs: 0,
    silentMs: 70,
    oldest: [
      { key: 'a', timeMs: 5, leavesAtMs: 15, missingMs: 6 },
      { key: 'b', timeMs: 9, leavesAtMs: 19, missingMs: 10 },
    ],
  })
  expect(report().explanation).toContain('6 ms short')
  await driver.close()
})

test('only windowed tables have windows that close', () => {
  const t = new StreamsBuilder()
  const table = t.table('words', Consumed.with(stringSerde, stringSerde))
  const closing = Suppressed.untilWindowCloses(BufferConfig.unbounded())
  // @ts-expect-error keys without an end
  expect(() => table.suppress(closing)).toThrow('TOPOLOGY_NOT_WINDOWED')
  // @ts-expect-error final results never leave early
  Suppressed.untilWindowCloses(BufferConfig.maxRecords(1))
  const lengths = table.mapValues((word) => word.length)
  // @ts-expect-error the serde of the lengths is not known
  expect(() => lengths.suppress(Suppressed.untilTimeLimit(1, BufferConfig.unbounded()))).toThrow(
    'the value serde of what is held back is not known',
  )
})

test('a held update is written and read as it is', () => {
  const update = {
    timestampMs: 7,
    prior: null,
    oldValue: Buffer.from(''),
    newValue: Buffer.from('new'),
    headers: [['trace', Buffer.from('1')] as const, ['empty', null] as const],
  }
  const bytes = encodeHeld(update)
  expect(decodeHeld(bytes)).toEqual(update)
  expect(heldLength(update)).toBe(bytes.length)
  // Buffers on disk and in changelogs are of earlier versions as well.
  expect(Buffer.from(bytes).toString('hex')).toBe(
    '0000000000000007ffffffff00000000000000036e6577000000057472616365000000013100000005656d707479ffffffff',
  )
  expect(() => decodeHeld(bytes.subarray(0, 20))).toThrow('SERDE_DECODE_FAILED')
})
