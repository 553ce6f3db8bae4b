import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSimulator } from '../simulator/simulator.ts'
import { writeRecording } from './recording-format.ts'
import { createReplay } from './replay.ts'
import { zoneMidnightMs } from './time-zone.ts'

const SHARED = process.env['ORION_SHARED'] ?? join(import.meta.dirname, '../../../shared')
const DATA = join(SHARED, 'data')

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orion-replay-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const ZONES = [
  ['20131007', 'America/New_York', '2013-10-07T04:00:00.000Z'],
  ['20140115', 'America/New_York', '2014-01-15T05:00:00.000Z'],
  ['20140501', 'Etc/GMT+5', '2014-05-01T05:00:00.000Z'],
  ['20140501', 'UTC', '2014-05-01T00:00:00.000Z'],
] as const

test.each(ZONES)('midnight of %s in %s is %s', (day, zone, expected) => {
  expect(new Date(zoneMidnightMs(day, zone)).toISOString()).toBe(expected)
})

test('a recording of the simulator replays the same messages, faults included', async () => {
  const simulator = (): ReturnType<typeof createSimulator> =>
    createSimulator({
      seed: 3,
      startTimeMs: Date.UTC(2026, 0, 5),
      ticksPerSecond: 100,
      instruments: 25,
      ticks: 500,
      faults: { late: 0.02, crossed: 0.02, malformed: 0.05 },
    })
  writeFileSync(
    join(directory, 'small.orion.jsonl.gz'),
    writeRecording(simulator().instruments, simulator().messages()),
  )
  const replay = await createReplay(directory)
  const recorded = [...simulator().messages()].map(({ entityId, event }) => [entityId, event])
  const replayed = [...replay.messages()].map(({ entityId, event }) => [entityId, event])
  expect(replayed.slice(0, recorded.length)).toEqual(recorded)
  expect(replay.instruments).toEqual(simulator().instruments)
})

test('exchange lines become quotes, trades and depth; a line that cannot be read is kept with its place', async () => {
  const lines = [
    '1723161253937085768 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":1,"u":2,"b":[["61737.63","0.5"]],"a":[]}}',
    '1723161254087891268 {"stream":"btcusdt@bookTicker","data":{"u":5,"s":"BTCUSDT","b":"61837.63","B":"3.78","a":"61837.64","A":"1.54"}}',
    '1723161254087896568 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":1,"p":"61837.63","q":"0.02","T":1723161255342,"m":true}}',
    '1723161254087896569 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255344,"p":"sixty"}}',
    '1723161254206652067 {"lastUpdateId":9,"bids":[["61837.63","3.7"]],"asks":[["61837.64","1.5"]]}',
  ]
  writeFileSync(join(directory, 'binance_spot_btcusdt_20240808.jsonl'), `${lines.join('\n')}\n`)
  const replay = await createReplay(directory)
  const messages = [...replay.messages()]
  expect(messages.map(({ event, eventTimeMs }) => [event.eventType, eventTimeMs])).toEqual([
    ['FeedDepth', 1723161255208],
    ['FeedQuote', 1723161255208],
    ['FeedTrade', 1723161255343],
    ['FeedUnreadable', 1723161255343],
    ['FeedDepth', 1723161255343],
    ['FeedHeartbeat', 1723161255343 + 7_200_000],
  ])
  expect(messages[3]?.event.payload).toMatchObject({
    place: 'binance_spot_btcusdt_20240808.jsonl:4',
  })
  expect(replay.progress()).toEqual({ rows: 5, rowsTotal: 5, skipped: [] })
})

test('a file of no known format is skipped with its reason, and nothing but such files is refused', async () => {
  writeFileSync(join(directory, 'notes.txt'), 'nothing')
  await expect(createReplay(directory)).rejects.toThrow(
    /FEED_NOTHING_TO_REPLAY.*Binance JSON lines/,
  )
  await expect(createReplay(join(directory, 'absent'))).rejects.toThrow(/FEED_FILE_UNREADABLE/)
})

test.skipIf(!existsSync(DATA) && process.env['CI'] !== 'true')(
  'the recorded market data give one message a row, in event-time order (needs ../shared/data)',
  async () => {
    const replay = await createReplay(DATA)
    const kinds: Record<string, number> = {}
    let lastMs = 0
    let backwards = 0
    for (const { event, eventTimeMs } of replay.messages()) {
      kinds[event.eventType] = (kinds[event.eventType] ?? 0) + 1
      if (eventTimeMs < lastMs) backwards += 1
      lastMs = Math.max(lastMs, eventTimeMs)
    }
    // Rows of the files, counted with unzip and wc: 622,296 of LEAN's CSV, 41,249 of Binance.
    expect(kinds).toEqual({
      FeedBar: 17_356,
      FeedQuote: 358_086,
      FeedTrade: 284_651,
      FeedDepth: 3_452,
      FeedHeartbeat: 5,
    })
    expect(replay.progress()).toMatchObject({ rows: 663_545, rowsTotal: 663_545 })
    expect(replay.progress().skipped.map(({ path }) => path.slice(DATA.length + 1))).toEqual([
      'README.md',
      'daily/var_panel_equity_2011_2021.csv',
      'orders/bitstamp_btcusd_2015-05-01_events.log.xz',
    ])
    expect(backwards).toBeLessThan(20)
  },
)
