import { afterEach, describe, expect, test } from 'vitest'
import {
  Consumed,
  describe as describeTopology,
  EmitStrategy,
  SlidingWindows,
  StreamsBuilder,
  StreamsError,
  stringSerde,
  TimeWindows,
  UnlimitedWindows,
} from '#streams'
import { append, texted, WindowedDriver } from './fixtures/windowed-driver.ts'

let open: WindowedDriver<unknown> | undefined

afterEach(async () => {
  await open?.driver.close()
  open = undefined
})

async function driven<V>(opening: Promise<WindowedDriver<V>>): Promise<WindowedDriver<V>> {
  const driver = await opening
  open = driver
  return driver
}

const tumbling10 = TimeWindows.ofSizeAndGrace(10, 5)

describe('windows of a fixed size', () => {
  test('count the records of each key and window, in the largest time of the window', async () => {
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(tumbling10).count(), { sizeMs: 10 }),
    )
    counts.pipe([
      ['a', 'x', 3],
      ['a', 'x', 1],
      ['b', 'x', 9],
      ['a', 'x', 10],
    ])
    expect(counts.rows()).toEqual(['a@0/10=1 t3', 'a@0/10=2 t3', 'b@0/10=1 t9', 'a@10/20=1 t10'])
  })

  test('take records until stream time has reached their end and grace', async () => {
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(tumbling10).count(), { sizeMs: 10 }),
    )
    counts.pipe([
      ['b', 'x', 14],
      ['a', 'x', 9],
      ['b', 'x', 15],
      ['a', 'x', 9],
    ])
    expect(counts.rows()).toEqual(['b@10/20=1 t14', 'a@0/10=1 t9', 'b@10/20=2 t15'])
    expect(counts.drops()).toEqual(['DROPPED_LATE'])
  })

  test('overlap where they advance by less than their size; none begins before the epoch', async () => {
    const hopping = TimeWindows.ofSizeAndGrace(10, 0).advanceBy(4)
    const texts = await driven(
      WindowedDriver.texts(
        (words) => words.windowedBy(hopping).aggregate(() => '0', append, texted),
        { sizeMs: 10 },
      ),
    )
    texts.pipe([
      ['a', 'x', 5],
      ['a', 'y', 12],
      ['a', 'z', 9],
    ])
    expect(texts.rows()).toEqual([
      'a@0/10=0+x t5',
      'a@4/14=0+x t5',
      'a@4/14=0+x+y t12',
      'a@8/18=0+y t12',
      'a@12/22=0+y t12',
      // [0,10) is closed; the others still take it.
      'a@4/14=0+x+y+z t12',
      'a@8/18=0+y+z t12',
    ])
    expect(texts.drops()).toEqual([])
  })

  test('count records without a value; records without a key are dropped', async () => {
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(tumbling10).count(), { sizeMs: 10 }),
    )
    counts.pipe([
      ['a', undefined, 1],
      [undefined, 'x', 100],
      ['a', 'x', 2],
    ])
    expect(counts.rows()).toEqual(['a@0/10=1 t1', 'a@0/10=2 t2'])
    expect(counts.drops()).toEqual(['DROPPED_NULL_KEY'])
  })

  test('a window is removed where the adder answers nothing, and begins anew', async () => {
    const adder = (_key: string, value: string, text: string) =>
      value === 'end' ? undefined : `${text}${value}`
    const texts = await driven(
      WindowedDriver.texts(
        (words) => words.windowedBy(tumbling10).aggregate(() => '', adder, texted),
        { sizeMs: 10 },
      ),
    )
    texts.pipe([
      ['a', 'x', 5],
      ['a', 'end', 2],
      ['a', 'y', 3],
    ])
    expect(texts.rows()).toEqual(['a@0/10=x t5', 'a@0/10=- t5', 'a@0/10=y t3'])
  })

  test('reduce begins with the first value', async () => {
    const texts = await driven(
      WindowedDriver.texts(
        (words) => words.windowedBy(tumbling10).reduce((left, right) => left + right),
        { sizeMs: 10 },
      ),
    )
    texts.pipe([
      ['a', 'x', 5],
      ['a', 'y', 4],
    ])
    expect(texts.rows()).toEqual(['a@0/10=x t5', 'a@0/10=xy t5'])
  })

  test('the time of the operator survives a restart: what was late stays late', async () => {
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(tumbling10).count(), { sizeMs: 10 }),
    )
    counts.pipe([['a', 'x', 15]])
    await counts.driver.restart()
    counts.pipe([['a', 'x', 9]])
    expect(counts.rows()).toEqual(['a@10/20=1 t15'])
    expect(counts.drops()).toEqual(['DROPPED_LATE'])
  })

  test('with the record cache, a window comes out once a commit', async () => {
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(tumbling10).count(), {
        sizeMs: 10,
        recordCacheBytesMax: 1_000_000,
        commit: 'manual',
      }),
    )
    counts.pipe([
      ['a', 'x', 5],
      ['b', 'x', 6],
      ['a', 'x', 4],
    ])
    expect(counts.rows()).toEqual([])
    counts.driver.commit()
    expect(counts.rows()).toEqual(['b@0/10=1 t6', 'a@0/10=2 t5'])
  })
})

describe('unlimited windows', () => {
  test('have one window a key, which never closes', async () => {
    const windows = UnlimitedWindows.of().startOn(100)
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(windows).count(), {
        sizeMs: Number.MAX_SAFE_INTEGER,
      }),
    )
    counts.pipe([
      ['a', 'x', 99],
      ['a', 'x', 4_000_000_000_000],
      ['a', 'x', 100],
    ])
    const end = Number.MAX_SAFE_INTEGER
    expect(counts.rows()).toEqual([
      `a@100/${end}=1 t4000000000000`,
      `a@100/${end}=2 t4000000000000`,
    ])
    expect(counts.drops()).toEqual(['DROPPED_BEFORE_WINDOW'])
  })

  test('cannot be emitted on close', () => {
    const words = new StreamsBuilder().stream('words', Consumed.with(stringSerde, stringSerde))
    const windowed = words.groupByKey().windowedBy(UnlimitedWindows.of())
    expect(() => windowed.emitStrategy(EmitStrategy.onWindowClose())).toThrow(
      expect.objectContaining({ code: 'TOPOLOGY_INVALID_WINDOW' }),
    )
  })
})

describe('sliding windows', () => {
  test('are every set of records that are at most the difference apart', async () => {
    const windows = SlidingWindows.ofTimeDifferenceAndGrace(10, 50)
    const texts = await driven(
      WindowedDriver.texts(
        (words) => words.windowedBy(windows).aggregate(() => '0', append, texted),
        { sizeMs: 10 },
      ),
    )
    texts.pipe([
      ['a', 'x', 20],
      ['a', 'y', 26],
      ['a', 'z', 23],
    ])
    expect(texts.rows()).toEqual([
      'a@10/20=0+x t20',
      'a@21/31=0+y t26',
      'a@16/26=0+x+y t26',
      'a@21/31=0+y+z t26',
      'a@16/26=0+x+y+z t26',
      'a@13/23=0+x+z t23',
      'a@24/34=0+y t26',
    ])
  })

  test('take another record of the same time where they are', async () => {
    const windows = SlidingWindows.ofTimeDifferenceAndGrace(10, 50)
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(windows).count(), { sizeMs: 10 }),
    )
    counts.pipe([
      ['a', 'x', 20],
      ['a', 'x', 26],
    ])
    expect(counts.rows()).toEqual(['a@10/20=1 t20', 'a@21/31=1 t26', 'a@16/26=2 t26'])
    counts.pipe([['a', 'x', 26]])
    expect(counts.rows()).toEqual(['a@21/31=2 t26', 'a@16/26=3 t26'])
  })

  test('share one window from the epoch on before the first whole one', async () => {
    const windows = SlidingWindows.ofTimeDifferenceAndGrace(10, 50)
    const texts = await driven(
      WindowedDriver.texts(
        (words) => words.windowedBy(windows).aggregate(() => '0', append, texted),
        { sizeMs: 10 },
      ),
    )
    texts.pipe([
      ['a', 'x', 2],
      ['a', 'y', 6],
    ])
    expect(texts.rows()).toEqual(['a@0/10=0+x t2', 'a@3/13=0+y t6', 'a@0/10=0+x+y t6'])
  })

  test('drop records without a value, and those that no window takes any more', async () => {
    const windows = SlidingWindows.ofTimeDifferenceAndGrace(10, 0)
    const counts = await driven(
      WindowedDriver.counts((words) => words.windowedBy(windows).count(), { sizeMs: 10 }),
    )
    counts.pipe([
      ['a', undefined, 20],
      ['a', 'x', 30],
      ['b', 'x', 19],
      // Its own window is closed, and nothing came after it.
      ['b', 'x', 25],
    ])
    expect(counts.rows()).toEqual(['a@20/30=1 t30'])
    expect(counts.drops()).toEqual(['DROPPED_NULL_VALUE', 'DROPPED_LATE', 'DROPPED_LATE'])
  })
})

describe('names and limits of windowed aggregates', () => {
  test('are numbered as in Kafka Streams', () => {
    const t = new StreamsBuilder()
    const words = t.stream('words', Consumed.with(stringSerde, stringSerde)).groupByKey()
    words.windowedBy(tumbling10).count({ materialized: { retentionMs: 100 } })
    words
      .windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(10, 5))
      .count({ materialized: { retentionMs: 100 } })
    words.windowedBy(tumbling10).reduce((left) => left, { materialized: { as: 'first' } })
    const text = describeTopology(t.build('names'))
    expect(text.match(/[A-Z]+-[A-Z-]+-\d{10}|first/g)?.filter(once)).toEqual([
      'KSTREAM-SOURCE-0000000000',
      'KSTREAM-AGGREGATE-0000000003',
      'KSTREAM-AGGREGATE-0000000005',
      'KSTREAM-REDUCE-0000000006',
      'KSTREAM-AGGREGATE-STATE-STORE-0000000002',
      'KSTREAM-AGGREGATE-STATE-STORE-0000000004',
      'first',
    ])
  })

  test.each([
    ['tumbling', tumbling10, 14, 15],
    ['sliding', SlidingWindows.ofTimeDifferenceAndGrace(10, 5), 24, 25],
  ] as const)(
    'the retention of %s windows has to cover them',
    (_kind, windows, tooLittle, enough) => {
      const words = new StreamsBuilder().stream('words', Consumed.with(stringSerde, stringSerde))
      const counted = (retentionMs: number) => () =>
        words.groupByKey().windowedBy(windows).count({ materialized: { retentionMs } })
      expect(counted(tooLittle)).toThrow(StreamsError)
      expect(counted(tooLittle)).toThrow(/does not cover/)
      expect(counted(enough)).not.toThrow()
    },
  )
})

function once(name: string, at: number, names: readonly string[]): boolean {
  return names.indexOf(name) === at
}
