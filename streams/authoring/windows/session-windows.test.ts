import { afterEach, expect, test } from 'vitest'
import { Grouped, longSerde, SessionWindows, sessionWindowedSerde, stringSerde } from '#streams'
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

const gap5 = SessionWindows.ofInactivityGapAndGrace(5, 10)
const merge = (_key: string, left: string, right: string) => `${left}&${right}`

test('a record joins the sessions that are at most the gap away: their tombstones come first', async () => {
  const texts = await driven(
    WindowedDriver.texts((words) =>
      words.windowedBy(gap5).aggregate(() => '0', append, merge, texted),
    ),
  )
  texts.pipe([
    ['a', 'x', 10],
    ['a', 'y', 20],
    ['a', 'z', 15],
    ['b', 'w', 30],
  ])
  expect(texts.rows()).toEqual([
    'a@10/10=0+x t10',
    'a@20/20=0+y t20',
    'a@10/10=- t10',
    'a@20/20=- t20',
    'a@10/20=0&0+x&0+y+z t20',
    'b@30/30=0+w t30',
  ])
})

test('a second record of the same time replaces the session without a tombstone', async () => {
  const counts = await driven(
    WindowedDriver.counts((words) => words.windowedBy(gap5).count({ as: 'counts' })),
  )
  counts.pipe([
    ['a', 'x', 10],
    ['a', 'x', 10],
  ])
  expect(counts.rows()).toEqual(['a@10/10=1 t10', 'a@10/10=2 t10'])
  expect([...counts.driver.sessionStore('counts').all()]).toEqual([
    [{ key: 'a', startMs: 10, endMs: 10 }, 2],
  ])
})

test('a session takes records until stream time has passed its end, gap and grace', async () => {
  const texts = await driven(
    WindowedDriver.texts((words) => words.windowedBy(gap5).reduce((left, right) => left + right)),
  )
  texts.pipe([
    ['a', 'x', 10],
    ['b', 'w', 25],
    // Its session would be [10, 10]: that is just not too late, and just out of sight.
    ['a', 'y', 10],
    ['b', 'w', 26],
    ['a', 'z', 10],
    [undefined, 'x', 99],
  ])
  expect(texts.rows()).toEqual([
    'a@10/10=x t10',
    'b@25/25=w t25',
    'a@10/10=y t10',
    'b@25/25=- t25',
    'b@25/26=ww t26',
  ])
  expect(texts.drops()).toEqual(['DROPPED_LATE', 'DROPPED_NULL_KEY'])
})

test('with the record cache, what came and went between two commits is not told', async () => {
  const counts = await driven(
    WindowedDriver.counts((words) => words.windowedBy(gap5).count(), {
      recordCacheBytesMax: 1_000_000,
      commit: 'manual',
    }),
  )
  counts.pipe([
    ['a', 'x', 10],
    ['a', 'x', 12],
  ])
  counts.driver.commit()
  expect(counts.rows()).toEqual(['a@10/12=2 t12'])
  counts.pipe([['a', 'x', 13]])
  counts.driver.commit()
  expect(counts.rows()).toEqual(['a@10/12=- t12', 'a@10/13=3 t13'])
})

test('with the record cache, a session that is written over is told with what it held before', async () => {
  const sessionSerde = sessionWindowedSerde(stringSerde)
  const counts = await driven(
    WindowedDriver.counts(
      (words) =>
        words
          .windowedBy(gap5)
          .count()
          .groupBy((session, count) => [session, count], Grouped.with(sessionSerde, longSerde))
          .count(),
      { recordCacheBytesMax: 1_000_000 },
    ),
  )
  counts.pipe([
    ['a', 'x', 10],
    ['a', 'x', 10],
  ])
  expect(counts.rows()).toEqual(['a@10/10=1 t10', 'a@10/10=1 t10'])
})
