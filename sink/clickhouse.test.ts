import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger, systemClock } from '#streams'
import { deliverRange } from './deliver-range.ts'
import { migrate } from './migrate.ts'
import type { Migration } from './migrations/migration.ts'
import { MIGRATIONS } from './migrations/migrations.ts'
import { queryBars } from './queries.ts'
import { dropOldest } from './retention.ts'
import { sinkSources } from './sources.ts'
import { barEvent } from './testing/market-events.ts'
import { type EngineHouse, openEngineHouse, openLogHouse } from './testing/sink-house.ts'

let house: EngineHouse
beforeAll(async () => {
  house = await openEngineHouse()
})
afterAll(() => house.close())

test('the schema is migrated once, and a database of later or other code is refused', async () => {
  const { clickhouse } = house
  // A directory of the first release is brought up to this one.
  expect(await migrate(clickhouse, silentLogger, MIGRATIONS.slice(0, 1))).toEqual({ applied: [1] })
  expect(await migrate(clickhouse, silentLogger)).toEqual({ applied: [2] })
  expect(await migrate(clickhouse, silentLogger)).toEqual({ applied: [] })
  const next: Migration = {
    version: 3,
    name: 'later',
    statements: [
      'CREATE TABLE IF NOT EXISTS orion_admin.later (a Int8) ENGINE = MergeTree ORDER BY a',
    ],
  }
  expect(await migrate(clickhouse, silentLogger, [...MIGRATIONS, next])).toEqual({ applied: [3] })
  await expect(migrate(clickhouse, silentLogger)).rejects.toMatchObject({
    code: 'SINK_SCHEMA_NEWER',
  })
  await expect(
    migrate(clickhouse, silentLogger, [...MIGRATIONS, { ...next, statements: ['SELECT 2'] }]),
  ).rejects.toMatchObject({ code: 'SINK_SCHEMA_CHANGED' })
})

test('a failure says whether the rows are at fault', async () => {
  const { clickhouse } = house
  const insert = (line: string) =>
    clickhouse.insert({
      table: 'orion.dlq',
      columns: ['tenant_id', 'attempts'],
      lines: [Buffer.from(line)],
    })
  await expect(insert('["a", "many"]')).rejects.toMatchObject({ code: 'SINK_ROWS_REFUSED' })
  await expect(clickhouse.query('SELECT * FROM orion.nothing')).rejects.toMatchObject({
    code: 'SINK_REFUSED',
  })
  expect(await clickhouse.query('SELECT {a:String} AS a', { a: "it's\n\\t" })).toEqual([
    { a: "it's\n\\t" },
  ])
})

test('of a window with both bars the computed one is given, and of one origin the last', async () => {
  const { topics, log } = await openLogHouse()
  const { name, valueSerde } = topics.marketdata.bars
  const source = sinkSources(topics).find((candidate) => candidate.topic === name)
  if (source === undefined) throw new Error('no source')
  const events = [
    barEvent(0, 'FEED', 1),
    barEvent(1, 'FEED', 2),
    barEvent(1, 'COMPUTED', 3),
    barEvent(2, 'COMPUTED', 4),
    barEvent(2, 'COMPUTED', 5),
    barEvent(3, 'FEED', 6),
  ]
  const records = events.map((event, offset) => ({
    offset,
    key: null,
    headers: [],
    timestampMs: 1,
    value: valueSerde.serialize(name, event),
  }))
  await deliverRange(
    house.clickhouse,
    source,
    { topic: name, partition: 0, from: 0, to: 6, plannedAtMs: systemClock.nowMs() },
    records,
    systemClock,
  )
  const startMs = events[0]?.payload.windowStartMs ?? 0
  const query = {
    tenants: ['demo', 'platform'],
    instrumentId: 'I0.SIM',
    intervalMs: 60_000,
    fromMs: startMs,
    toMs: startMs + 180_000,
    limit: 10,
  }
  const bars = await queryBars(house.clickhouse, query)
  expect(
    bars.map(({ windowStartMs, origin, close }) => [
      (windowStartMs - startMs) / 60_000,
      origin,
      close,
    ]),
  ).toEqual([
    [0, 'FEED', 1],
    [1, 'COMPUTED', 3],
    [2, 'COMPUTED', 5],
  ])
  expect(bars[0]).toEqual({
    windowStartMs: startMs,
    open: 1,
    high: 9,
    low: 1,
    close: 1,
    volume: 3,
    vwap: 2.5,
    ticks: 4,
    origin: 'FEED',
  })
  expect(
    (await queryBars(house.clickhouse, { ...query, limit: 2 })).map((bar) => bar.close),
  ).toEqual([3, 5])
  expect(await queryBars(house.clickhouse, { ...query, tenants: ['demo'] })).toEqual([])
  await log.close()
})

test("over the budget the parts that came first are dropped, whatever the rows' event time", async () => {
  const { clickhouse } = house
  const hours = ['2026-11-20 10:00:00', '2026-11-20 11:00:00', '2026-11-20 12:00:00']
  for (const [index, hour] of hours.entries()) {
    // The newest insertion has the oldest event time.
    await clickhouse.command(
      `INSERT INTO orion.ticks (tenant_id, event_time, topic, partition, offset, event_id, inserted_at)
       SELECT 'platform', '${2020 - index}-01-01 00:00:00', 't', 1, ${index * 20_000} + number, randomPrintableASCII(30), '${hour}' FROM numbers(20000)`,
    )
  }
  const [size] = await clickhouse.query<{ bytes: number }>(
    "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE database = 'orion' AND active",
  )
  // Rows may take three quarters of the budget.
  const enough = Math.ceil(((size?.bytes ?? 0) * 4) / 3)
  expect(await dropOldest({ clickhouse, bytesMax: enough })).toEqual([])
  expect(await dropOldest({ clickhouse, bytesMax: enough - 100_000 })).toContainEqual(
    expect.stringMatching(/^ticks\//u),
  )
  expect(
    await clickhouse.query('SELECT min(offset) AS first, max(offset) AS last FROM orion.ticks'),
  ).toEqual([{ first: 20_000, last: 59_999 }])
  expect(await clickhouse.query('SELECT below_offset FROM orion_admin.dropped')).toEqual([
    { below_offset: 20_000 },
  ])
  await dropOldest({ clickhouse, bytesMax: 1 })
  expect(await clickhouse.query('SELECT count() AS n FROM orion.ticks')).toEqual([{ n: 0 }])
})

test('ticks do not push trades out, and trades no more ticks than their share', async () => {
  const { clickhouse } = house
  await clickhouse.command('TRUNCATE TABLE orion_admin.dropped')
  const insert = (table: string, columns: string, values: string, hour: number) =>
    clickhouse.command(
      `INSERT INTO orion.${table} (tenant_id, topic, partition, offset, event_id, inserted_at${columns})
       SELECT 'demo', '${table}', 1, ${hour * 20_000} + number, randomPrintableASCII(30), '2026-11-${10 + hour} 10:00:00'${values} FROM numbers(20000)`,
    )
  // The trades came before the ticks.
  await insert('trades', ', trade_id', ', randomPrintableASCII(20)', 0)
  await insert('trades', ', trade_id', ', randomPrintableASCII(20)', 1)
  for (const hour of [2, 3, 4, 5, 6, 7, 8, 9]) await insert('ticks', '', '', hour)
  const bytesOf = async (table: string) =>
    (
      await clickhouse.query<{ bytes: number }>(
        `SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE database = 'orion' AND active AND table = '${table}'`,
      )
    )[0]?.bytes ?? 0
  const trades = await bytesOf('trades')
  const all = trades + (await bytesOf('ticks'))
  // A quarter of it holds the trades; three quarters do not hold all.
  const roomy = Math.max(4 * trades, all)
  const dropped = await dropOldest({ clickhouse, bytesMax: roomy })
  expect(dropped.length).toBeGreaterThan(0)
  expect(dropped.filter((part) => part.startsWith('trades/'))).toEqual([])
  expect(await clickhouse.query('SELECT count() AS n FROM orion.trades')).toEqual([{ n: 40_000 }])
  // Part of them is above the share: the older one goes first, and is noted.
  const tight = await dropOldest({ clickhouse, bytesMax: 2.2 * trades })
  expect(tight[0]).toMatch(/^trades\//u)
  expect(await clickhouse.query('SELECT min(offset) AS first FROM orion.trades')).toEqual([
    { first: 20_000 },
  ])
  expect(
    await clickhouse.query("SELECT below_offset FROM orion_admin.dropped WHERE topic = 'trades'"),
  ).toEqual([{ below_offset: 20_000 }])
})
