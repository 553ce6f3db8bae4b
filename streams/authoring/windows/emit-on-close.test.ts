import { afterEach, describe, expect, test } from 'vitest'
import {
  EmitStrategy,
  type KGroupedStream,
  SessionWindows,
  SlidingWindows,
  TimeWindows,
} from '#streams'
import { WindowedDriver } from './fixtures/windowed-driver.ts'

let open: WindowedDriver<number> | undefined

afterEach(async () => {
  await open?.driver.close()
  open = undefined
})

type Words = KGroupedStream<string, string>

async function driven(opening: Promise<WindowedDriver<number>>) {
  const driver = await opening
  open = driver
  return driver
}

const onClose = EmitStrategy.onWindowClose()
const tumbling10 = TimeWindows.ofSizeAndGrace(10, 5)

const countTumbling =
  (strategy = onClose) =>
  (words: Words) =>
    words.windowedBy(tumbling10).emitStrategy(strategy).count({ as: 'counts' })
const countSessions =
  (strategy = onClose) =>
  (words: Words) =>
    words
      .windowedBy(SessionWindows.ofInactivityGapAndGrace(5, 10))
      .emitStrategy(strategy)
      .count({ as: 'counts' })

describe('windows that are emitted when they close', () => {
  test('come out once, with the record that reaches their end and grace', async () => {
    const counts = await driven(WindowedDriver.counts(countTumbling(), { sizeMs: 10 }))
    counts.pipe([
      ['a', 'x', 3],
      ['a', 'x', 14],
      ['a', 'x', 8],
    ])
    expect(counts.rows()).toEqual([])
    counts.pipe([['b', 'x', 15]])
    expect(counts.rows()).toEqual(['a@0/10=2 t8'])
    counts.pipe([
      ['a', 'x', 9],
      ['b', 'x', 24],
      ['b', 'x', 25],
    ])
    expect(counts.rows()).toEqual(['a@10/20=1 t14', 'b@10/20=1 t15'])
    expect(counts.drops()).toEqual(['DROPPED_LATE'])
  })

  test('come out by window, then by key', async () => {
    const counts = await driven(WindowedDriver.counts(countTumbling(), { sizeMs: 10 }))
    counts.pipe([
      ['b', 'x', 12],
      ['a', 'x', 11],
      ['c', 'x', 8],
      ['b', 'x', 9],
      ['z', 'x', 40],
    ])
    expect(counts.rows()).toEqual(['b@0/10=1 t9', 'c@0/10=1 t8', 'a@10/20=1 t11', 'b@10/20=1 t12'])
  })

  test('are not lost when the record that closes them is far ahead: Kafka Streams loses them', async () => {
    const counts = await driven(WindowedDriver.counts(countTumbling(), { sizeMs: 10 }))
    counts.pipe([
      ['a', 'x', 14],
      ['a', 'x', 15],
      ['z', 'x', 4_000_000_000_000],
    ])
    expect(counts.rows()).toEqual(['a@10/20=2 t15'])
  })

  test('come out together with others that one record closes: hopping windows', async () => {
    const hopping = TimeWindows.ofSizeAndGrace(10, 0).advanceBy(5)
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(hopping).emitStrategy(onClose).count(), {
        sizeMs: 10,
      }),
    )
    counts.pipe([
      ['a', 'x', 6],
      ['a', 'x', 12],
      ['z', 'x', 22],
    ])
    expect(counts.rows()).toEqual(['a@0/10=1 t6', 'a@5/15=2 t12', 'a@10/20=1 t12'])
  })

  test('come out by window, then key: sliding windows, whose end is in them', async () => {
    const sliding = SlidingWindows.ofTimeDifferenceAndGrace(10, 0)
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(sliding).emitStrategy(onClose).count(), {
        sizeMs: 10,
      }),
    )
    counts.pipe([
      ['b', 'x', 20],
      ['a', 'x', 20],
      ['a', 'x', 25],
    ])
    expect(counts.rows()).toEqual(['a@10/20=1 t20', 'b@10/20=1 t20'])
    counts.pipe([
      ['z', 'x', 31],
      ['z', 'x', 32],
    ])
    expect(counts.rows()).toEqual(['a@15/25=2 t25', 'a@21/31=1 t25', 'z@21/31=1 t31'])
  })

  test('come out by end: sessions, also one that was just out of sight', async () => {
    const counts = await driven(WindowedDriver.counts(countSessions()))
    counts.pipe([
      ['b', 'x', 10],
      ['a', 'x', 12],
      ['b', 'x', 14],
      // [12,12] closes when stream time has passed 27, and cannot be joined from then on.
      ['z', 'x', 27],
    ])
    expect(counts.rows()).toEqual([])
    counts.pipe([['z', 'x', 28]])
    expect(counts.rows()).toEqual(['a@12/12=1 t12'])
    counts.pipe([['z', 'x', 9_000_000]])
    expect(counts.rows()).toEqual(['b@10/14=2 t14', 'z@27/28=2 t28'])
  })

  test('a session that is just out of sight is not joined, as in Kafka Streams', async () => {
    const counts = await driven(WindowedDriver.counts(countSessions()))
    counts.pipe([
      ['a', 'x', 10],
      ['z', 'x', 25],
      ['a', 'x', 15],
      ['z', 'x', 100],
    ])
    expect(counts.rows()).toEqual(['a@10/10=1 t10', 'a@15/15=1 t15', 'z@25/25=1 t25'])
  })

  test.each([{ crash: false }, { crash: true }, { crash: false, wipe: true }])(
    'come out once across a restart: %o',
    async (restart) => {
      const counts = await driven(
        WindowedDriver.counts(countTumbling(), { sizeMs: 10, commit: 'manual' }),
      )
      counts.pipe([
        ['a', 'x', 3],
        ['b', 'x', 16],
      ])
      counts.driver.commit()
      counts.pipe([
        ['c', 'x', 17],
        ['b', 'x', 30],
      ])
      await counts.driver.restart(restart)
      counts.driver.commit()
      counts.pipe([['b', 'x', 50]])
      counts.driver.commit()
      expect(counts.rows()).toEqual([
        'a@0/10=1 t3',
        'b@10/20=1 t16',
        'c@10/20=1 t17',
        'b@30/40=1 t30',
      ])
    },
  )
})

describe('an idle input', () => {
  const idle = EmitStrategy.onWindowClose({ idleAfterMs: 1_000 })

  test('closes nothing unless asked to', async () => {
    const counts = await driven(WindowedDriver.counts(countTumbling(), { sizeMs: 10 }))
    counts.pipe([['a', 'x', 3]])
    counts.driver.advanceWallClock(1_000_000)
    expect(counts.rows()).toEqual([])
  })

  test('closes windows by the wall clock, in steps from the last record on', async () => {
    const counts = await driven(
      WindowedDriver.counts(
        (words) =>
          words.windowedBy(TimeWindows.ofSizeAndGrace(1_500, 500)).emitStrategy(idle).count(),
        { sizeMs: 1_500 },
      ),
    )
    counts.pipe([
      ['a', 'x', 900],
      ['b', 'x', 1_600],
    ])
    counts.driver.advanceWallClock(399)
    expect(counts.rows()).toEqual([])
    // Silent for 1,000 ms: time is 2,600, which closes [0, 1500).
    counts.driver.advanceWallClock(601)
    expect(counts.rows()).toEqual(['a@0/1500=1 t900'])
    counts.driver.advanceWallClock(899)
    expect(counts.rows()).toEqual([])
    // Silent for 1,900 ms, and time is 3,500.
    counts.driver.advanceWallClock(1)
    expect(counts.rows()).toEqual([])
    counts.driver.advanceWallClock(1_000)
    expect(counts.rows()).toEqual(['b@1500/3000=1 t1600'])
  })

  test('that goes on is judged by the time that was reached', async () => {
    const counts = await driven(WindowedDriver.counts(countTumbling(idle), { sizeMs: 10 }))
    counts.pipe([['a', 'x', 3]])
    counts.driver.advanceWallClock(1_000)
    expect(counts.rows()).toEqual(['a@0/10=1 t3'])
    counts.pipe([
      ['a', 'x', 4],
      ['a', 'x', 1_005],
      ['a', 'x', 2_000],
    ])
    expect(counts.rows()).toEqual(['a@1000/1010=1 t1005'])
    expect(counts.drops()).toEqual(['DROPPED_LATE'])
  })

  test('is one to which nothing at all comes: a late record is a record', async () => {
    const counts = await driven(WindowedDriver.counts(countTumbling(idle), { sizeMs: 10 }))
    counts.pipe([['a', 'x', 20]])
    counts.driver.advanceWallClock(999)
    counts.pipe([['a', 'x', 1]])
    counts.driver.advanceWallClock(999)
    expect(counts.rows()).toEqual([])
    // The clock is looked at every second.
    counts.driver.advanceWallClock(2)
    expect(counts.rows()).toEqual(['a@20/30=1 t20'])
  })

  test('begins a new silence with a restart', async () => {
    const counts = await driven(WindowedDriver.counts(countTumbling(idle), { sizeMs: 10 }))
    counts.pipe([['a', 'x', 20]])
    counts.driver.advanceWallClock(900)
    await counts.driver.restart()
    counts.driver.advanceWallClock(900)
    expect(counts.rows()).toEqual([])
    counts.driver.advanceWallClock(100)
    expect(counts.rows()).toEqual(['a@20/30=1 t20'])
  })

  test('closes sessions too, and nothing where no record ever came', async () => {
    const counts = await driven(WindowedDriver.counts(countSessions(idle)))
    counts.driver.advanceWallClock(5_000)
    counts.pipe([['a', 'x', 20]])
    counts.driver.advanceWallClock(1_000)
    expect(counts.rows()).toEqual(['a@20/20=1 t20'])
  })

  test.each([0, -1, 1.5, Number.NaN])('is not idle after %s ms', (idleAfterMs) => {
    expect(() => EmitStrategy.onWindowClose({ idleAfterMs })).toThrow(
      expect.objectContaining({ code: 'TOPOLOGY_INVALID_WINDOW' }),
    )
  })
})
