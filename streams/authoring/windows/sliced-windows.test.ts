import { afterEach, expect, test } from 'vitest'
import {
  Consumed,
  EmitStrategy,
  longSerde,
  SlidingWindows,
  StreamsBuilder,
  stringSerde,
  TimeWindows,
} from '#streams'
import { WindowedDriver } from './fixtures/windowed-driver.ts'

let open: WindowedDriver<number>[] = []

afterEach(async () => {
  for (const each of open) await each.driver.close()
  open = []
})

const onClose = EmitStrategy.onWindowClose()
const add = (_key: string, left: number, right: number) => left + right

async function counts(windows: TimeWindows, slices: boolean): Promise<WindowedDriver<number>> {
  const driver = await WindowedDriver.counts(
    (words) =>
      words
        .windowedBy(windows)
        .emitStrategy(onClose)
        .count({ as: 'counts', ...(slices ? { slices: add } : {}) }),
    { sizeMs: windows.sizeMs },
  )
  open.push(driver)
  return driver
}

test('windows of slices: one entry a slice, each window once it closes', async () => {
  const sliced = await counts(TimeWindows.ofSizeAndGrace(10, 2).advanceBy(5), true)
  sliced.pipe([
    ['a', 'x', 3],
    ['a', 'x', 7],
    ['b', 'x', 11],
    ['a', 'x', 6],
    ['a', 'x', 1],
  ])
  expect([...sliced.driver.windowStore('counts').all()]).toEqual([
    [
      { key: 'a', startMs: 0, endMs: 5 },
      { value: 2, timestampMs: 3 },
    ],
    [
      { key: 'a', startMs: 5, endMs: 10 },
      { value: 2, timestampMs: 7 },
    ],
    [
      { key: 'b', startMs: 10, endMs: 15 },
      { value: 1, timestampMs: 11 },
    ],
  ])
  expect(sliced.rows()).toEqual([])
  sliced.pipe([['z', 'x', 12]])
  expect(sliced.rows()).toEqual(['a@0/10=4 t7'])
  // Too late for the first window, not for the second.
  sliced.pipe([
    ['a', 'x', 8],
    ['a', 'x', 4],
    ['z', 'x', 500],
  ])
  expect(sliced.rows()).toEqual([
    'a@5/15=3 t8',
    'b@5/15=1 t11',
    'z@5/15=1 t12',
    'b@10/20=1 t11',
    'z@10/20=1 t12',
  ])
  expect(sliced.drops()).toEqual(['DROPPED_LATE'])
})

test('what comes out is the same with and without slices', async () => {
  const windows = TimeWindows.ofSizeAndGrace(60, 15).advanceBy(5)
  const [whole, sliced] = [await counts(windows, false), await counts(windows, true)]
  let state = 7
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
  let atMs = 0
  for (let record = 0; record < 600; record += 1) {
    atMs += random(40) === 0 ? random(400) : random(4)
    const timestampMs = Math.max(0, atMs - random(50))
    const input = [[['a', 'b', 'cc', '\u00e9'][random(4)], 'x', timestampMs]] as const
    whole.pipe(input)
    sliced.pipe(input)
    if (record % 97 === 96) {
      await whole.driver.restart({ crash: record % 2 === 0 })
      await sliced.driver.restart({ crash: record % 2 === 0 })
    }
  }
  const rows = whole.rows()
  expect(rows.length).toBeGreaterThan(500)
  expect(sliced.rows()).toEqual(rows)
  expect(sliced.drops()).toEqual(whole.drops())
})

test.each([
  ['on update', TimeWindows.ofSizeAndGrace(10, 2).advanceBy(5), EmitStrategy.onWindowUpdate()],
  ['of another size', TimeWindows.ofSizeAndGrace(10, 2).advanceBy(4), onClose],
  ['sliding', SlidingWindows.ofTimeDifferenceAndGrace(10, 2), onClose],
] as const)('windows %s cannot be put together from slices', (_what, windows, strategy) => {
  const lots = new StreamsBuilder().stream('lots', Consumed.with(stringSerde, longSerde))
  const windowed = lots.groupByKey().windowedBy(windows).emitStrategy(strategy)
  expect(() => windowed.count({ slices: add })).toThrow(
    expect.objectContaining({ code: 'TOPOLOGY_INVALID_WINDOW' }),
  )
})
