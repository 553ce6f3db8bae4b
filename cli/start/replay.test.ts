import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { createReplay, type FeedMessage } from '#feeds'
import { orion as command } from '../testing/run-orion.ts'
import { storedZip } from '../testing/stored-zip.ts'
import { useOrion } from '../testing/use-orion.ts'

const SHARED = process.env['ORION_SHARED'] ?? join(import.meta.dirname, '../../../shared')
const DATA = join(SHARED, 'data')
const here = existsSync(DATA)

vi.setConfig({ testTimeout: 900_000 })

const orion = useOrion()

test.skipIf(!here && process.env['CI'] !== 'true')(
  `of the recorded files every row is in ClickHouse or a dead letter with its cause${here ? '' : ` (skipped: there is no ${DATA})`}`,
  async () => {
    const rows = await replayed(orion.directory('data'), DATA)
    // Rows of the files, counted with unzip and wc. None is damaged.
    expect(rows.ticks).toEqual({ QUOTE: 358_086, TRADE: 284_651, DEPTH: 3_452, HEARTBEAT: 5 })
    expect(rows.snapshots).toEqual({ QUOTE: 358_086, TRADE: 284_651, DEPTH: 3_452 })
    expect(rows.feedBars).toBe(17_356)
    expect(rows.deadLetters).toEqual([])
    expect(rows.byInstrument).toEqual(await sourceRowsByInstrument(DATA))
  },
)

const FOREX = `10,1.3868,1.3869
20,1.3868
30,1.3868,a lot
40,-1,1.3869
50,0,0
60,1.3869,1.3871
`
const EXCHANGE = `1723161253937085768 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":1,"u":2,"b":[["61737.63","0.5"]],"a":[["61737.64","0.25"]]}}
1723161254087891268 {"stream":"btcusdt@bookTicker","data":{"u":5,"s":"BTCUSDT","b":"61837.63","B":"3.78","a":"61837.64","A":"1.54"}}
1723161254087896568 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":1,"p":"61837.63","q":"0.02","T":1723161255342,"m":true}}
1723161254087896569 {"stream":"btcusdt@trade","data":{"e":"trade","E":17231
1723161254087896570 {"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255408,"s":"BTCUSDT","U":9,"u":8,"b":[],"a":[]}}
`

test('damaged rows are dead letters, each with its cause, and the rest arrives', async () => {
  const files = orion.directory('files')
  write(join(files, 'forex/oanda/tick/eurusd/20140501_quote.zip'), storedZip('eurusd.csv', FOREX))
  write(join(files, 'binance_spot_btcusdt_20240808.jsonl'), EXCHANGE)
  const rows = await replayed(orion.directory('data'), files)
  // Two heartbeats close what is open, one an instrument.
  expect(rows.ticks).toEqual({ QUOTE: 3, TRADE: 1, DEPTH: 1, HEARTBEAT: 2 })
  expect(rows.snapshots).toEqual({ QUOTE: 3, TRADE: 1, DEPTH: 1 })
  expect(rows.feedBars).toBe(0)
  expect(rows.deadLetters).toEqual([
    ['MARKET_DATA_BAD_DEPTH', 'update ids 9 to 8'],
    ['MARKET_DATA_BAD_PRICE', 'bid is -1 for FX'],
    ['MARKET_DATA_EMPTY', 'the quote has neither bid nor ask'],
    [
      'MARKET_DATA_UNREADABLE',
      expect.stringMatching(/^"a lot" is not a number .*eurusd\.csv:3\)$/),
    ],
    ['MARKET_DATA_UNREADABLE', expect.stringMatching(/^2 fields instead of 3 .*eurusd\.csv:2\)$/)],
    [
      'MARKET_DATA_UNREADABLE',
      expect.stringMatching(/JSON.*binance_spot_btcusdt_20240808\.jsonl:4\)$/),
    ],
  ])
  expect(rows.byInstrument).toEqual({
    'BTCUSDT.BINANCE': 4,
    'EURUSD.OANDA': 4,
    'binance-spot': 1,
    'lean-oanda': 2,
  })
})

interface Rows {
  readonly ticks: Readonly<Record<string, number>>
  readonly snapshots: Readonly<Record<string, number>>
  readonly feedBars: number
  /** Codes and causes, by both. */
  readonly deadLetters: readonly (readonly string[])[]
  /** Ticks other than heartbeats, bars of the feed, and dead letters. */
  readonly byInstrument: Readonly<Record<string, number>>
}

/** Replays to the end, then starts again without a feed and asks ClickHouse. */
async function replayed(dataDir: string, files: string): Promise<Rows> {
  const replay = orion.start([
    '--data-dir',
    dataDir,
    '--feed',
    'replay',
    '--replay',
    files,
    '--speed',
    'max',
    '--exit-when-done',
    '--log-level',
    'warn',
  ])
  expect(await replay.ended(), replay.logs.slice(-5).join('\n')).toBe(0)
  const readable = orion.start(['--data-dir', dataDir, '--feed', 'none', '--log-level', 'warn'])
  await readable.ready()
  const ask = async (sql: string): Promise<(string | number)[][]> => {
    // Dead letters of the platform's own data are for administrators.
    const { stdout, stderr, status } = await command(
      'query',
      sql,
      '--data-dir',
      dataDir,
      '--user',
      'admin',
      '--format',
      'JSONCompactEachRow',
    )
    expect(status, stderr).toBe(0)
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  }
  const counts = async (sql: string): Promise<Record<string, number>> =>
    Object.fromEntries((await ask(sql)).map(([name, count]) => [String(name), Number(count)]))
  const check = await command('sink', 'check', '--data-dir', dataDir, '--json')
  expect(check.status, check.stderr + check.stdout).toBe(0)
  return {
    ticks: await counts('SELECT kind, count() FROM orion.ticks GROUP BY kind'),
    snapshots: await counts('SELECT cause, count() FROM orion.snapshots GROUP BY cause'),
    feedBars: Number((await ask("SELECT count() FROM orion.bars WHERE origin = 'FEED'"))[0]?.[0]),
    deadLetters: (await ask('SELECT code, cause FROM orion.dlq ORDER BY code, cause')).map((row) =>
      row.map(String),
    ),
    byInstrument: await counts(
      `SELECT instrument_id, count() FROM (
         SELECT instrument_id FROM orion.ticks WHERE kind != 'HEARTBEAT'
         UNION ALL SELECT instrument_id FROM orion.bars WHERE origin = 'FEED'
         UNION ALL SELECT instrument_id FROM orion.dlq) GROUP BY instrument_id`,
    ),
  }
}

async function sourceRowsByInstrument(path: string): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  const isRow = ({ event }: FeedMessage): boolean => event.eventType !== 'FeedHeartbeat'
  for (const message of (await createReplay(path)).messages())
    if (isRow(message)) rows[message.entityId] = (rows[message.entityId] ?? 0) + 1
  return rows
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
