import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LogFields, silentLogger, systemClock } from '#streams'
import { partitionFor } from '#streams/log'
import { checkSink } from './check-sink.ts'
import { deliverRange } from './deliver-range.ts'
import { migrate } from './migrate.ts'
import { sinkGroupId, startSink } from './sink.ts'
import { sinkSources } from './sources.ts'
import { barEvent, depthEvent, tickEvent } from './testing/market-events.ts'
import {
  appendTicks,
  type EngineHouse,
  eventually,
  openEngineHouse,
  openLogHouse,
} from './testing/sink-house.ts'
import { spawnSink } from './testing/spawn-sink.ts'

let house: EngineHouse
beforeAll(async () => {
  house = await openEngineHouse()
  await migrate(house.clickhouse, silentLogger)
})
afterAll(() => house.close())

const start = (
  logHouse: Awaited<ReturnType<typeof openLogHouse>>,
  batchRowsMax = 500,
  logger = silentLogger,
) =>
  startSink({
    ...logHouse,
    env: 'test',
    clickhouse: house.clickhouse,
    logger,
    clock: systemClock,
    lingerMs: 20,
    batchRowsMax,
  })

const count = async (sql: string) => (await house.clickhouse.query<{ n: number }>(sql))[0]?.n

/** Each test has a log of its own, but one database: it starts empty. */
async function emptyTables(): Promise<void> {
  const rows = await house.clickhouse.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'orion' AND engine LIKE '%MergeTree'",
  )
  for (const { name } of rows) await house.clickhouse.command(`TRUNCATE TABLE orion.${name}`)
}

describe('every record is one row', () => {
  test('while the engine and the sink are killed at random moments', async () => {
    await emptyTables()
    const logHouse = await openLogHouse()
    const total = 20_000
    let seed = 20261121
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed / 2_147_483_648
    }
    let sink = await start(logHouse)
    for (let kill = 0; kill < 4; kill++) {
      await appendTicks(logHouse, { first: kill * 4_000, count: 4_000 })
      await new Promise((resolve) => setTimeout(resolve, random() * 300))
      const pid = house.engine.pid()
      if (kill % 2 === 0 && pid !== undefined) process.kill(pid, 'SIGKILL')
      // Closing while ranges are under way leaves planned ranges to the successor.
      else {
        await sink.close()
        sink = await start(logHouse, 200 + Math.floor(random() * 900))
      }
      await eventually(() => house.clickhouse.ping(), { timeoutMs: 20_000, what: 'the engine' })
    }
    await appendTicks(logHouse, { first: 16_000, count: 4_000 })
    await eventually(
      async () =>
        (await count('SELECT uniqExact(event_id) AS n FROM orion.ticks').catch(() => 0)) === total,
      { timeoutMs: 30_000, what: 'all rows' },
    )
    await eventually(async () => (await committedRecords(logHouse)) === total, {
      timeoutMs: 10_000,
      what: 'all commits',
    })
    await sink.close()
    const check = await checkSink({ ...logHouse, clickhouse: house.clickhouse, env: 'test' })
    expect(check.partitions.filter((partition) => !partition.ok)).toEqual([])
    expect(check.partitions.reduce((sum, partition) => sum + partition.rows, 0)).toBe(total)
    // The materialised view saw each row once: every fifth tick is a trade of size 2.
    expect(
      await house.clickhouse.query(
        'SELECT sum(quotes) AS q, sum(trades) AS t, sum(volume) AS v FROM orion.spreads_1m',
      ),
    ).toEqual([{ q: 16_000, t: 4_000, v: 8_000 }])
    await logHouse.log.close()
  }, 90_000)

  test('while the process of the sink is killed at random moments', async () => {
    await emptyTables()
    const directory = mkdtempSync(join(tmpdir(), 'orion-sink-'))
    const written = await openLogHouse(directory)
    await appendTicks(written, { first: 100_000, count: 60_000 })
    await written.log.close()
    let ended = ''
    for (let run = 0; ended !== 'done' && run < 20; run++)
      ended = await spawnSink(house, directory, {
        // Other ranges each time, had the former not been remembered.
        rowsMax: 400 + run * 211,
        killAfterMs: run < 4 ? 30 + run * 90 : undefined,
      })
    const logHouse = await openLogHouse(directory)
    const check = await checkSink({ ...logHouse, clickhouse: house.clickhouse, env: 'test' })
    expect(check.partitions.filter((partition) => !partition.ok)).toEqual([])
    expect(await count('SELECT count() AS n FROM orion.ticks')).toBe(60_000)
    expect(await count('SELECT sum(quotes) + sum(trades) AS n FROM orion.spreads_1m')).toBe(60_000)
    await logHouse.log.close()
    rmSync(directory, { recursive: true, force: true })
  }, 90_000)

  test('when a range that is in already is inserted again, also in the materialised view', async () => {
    await emptyTables()
    const logHouse = await openLogHouse()
    await appendTicks(logHouse, { first: 0, count: 30_000 })
    const [source] = sinkSources(logHouse.topics)
    if (source === undefined) throw new Error('no source')
    const reader = await logHouse.log.createPartitionReader({ clientId: 'test' })
    await reader.assign([{ topic: source.topic, partition: 0, offset: 0 }])
    const records = (await reader.poll({ maxWaitMs: 1_000, recordsMax: 30_000 })).flatMap(
      (batch) => batch.records,
    )
    expect(records.length).toBeGreaterThan(1_000)
    // Stale tokens of other tests have the same names: a range of its own.
    const plan = {
      topic: source.topic,
      partition: 0,
      from: 0,
      to: 1_000_000,
      plannedAtMs: systemClock.nowMs(),
    }
    for (let repetition = 0; repetition < 3; repetition++) {
      await deliverRange(house.clickhouse, source, plan, records, systemClock)
    }
    expect(await count('SELECT count() AS n FROM orion.ticks')).toBe(records.length)
    expect(await count('SELECT sum(quotes) + sum(trades) AS n FROM orion.spreads_1m')).toBe(
      records.length,
    )
    // And without its token the same block would have been doubled: the test can fail.
    await deliverRange(house.clickhouse, source, { ...plan, to: plan.to + 1 }, records, systemClock)
    expect(await count('SELECT count() AS n FROM orion.ticks')).toBe(2 * records.length)
    await logHouse.log.close()
  })

  test('with the levels of an order book, in one insert', async () => {
    await emptyTables()
    const logHouse = await openLogHouse()
    const [source] = sinkSources(logHouse.topics)
    if (source === undefined) throw new Error('no source')
    const { name, valueSerde } = logHouse.topics.marketdata.ticks
    const records = [tickEvent(0), depthEvent(1), depthEvent(2)].map((event, offset) => ({
      offset,
      key: null,
      headers: [],
      timestampMs: 1,
      value: valueSerde.serialize(name, event),
    }))
    const plan = { topic: name, partition: 3, from: 0, to: 3, plannedAtMs: systemClock.nowMs() }
    const delivery = await deliverRange(house.clickhouse, source, plan, records, systemClock)
    expect(delivery.refusals).toEqual([])
    expect(
      await house.clickhouse.query(
        "SELECT kind, bids.price AS bids, bids.size AS sizes, asks.price AS asks FROM orion.ticks WHERE kind = 'DEPTH' LIMIT 1",
      ),
    ).toEqual([{ kind: 'DEPTH', bids: [99.5, 99], sizes: [3.75, 0], asks: [100.5] }])
    expect(await count('SELECT count() AS n FROM orion.ticks')).toBe(3)
    await logHouse.log.close()
  })

  test('a remembered range is repeated as it was, though more has come since', async () => {
    await emptyTables()
    const logHouse = await openLogHouse()
    await appendTicks(logHouse, { first: 0, count: 2_000 })
    const topic = logHouse.topics.marketdata.ticks.name
    const ends = await logHouse.log.admin.offsets(
      [
        { topic, partition: 0 },
        { topic, partition: 1 },
        { topic, partition: 2 },
        { topic, partition: 3 },
      ],
      'latest',
    )
    const partition = ends.findIndex((end) => end > 100)
    const metadata = JSON.stringify({ to: 57, at: Date.UTC(2026, 10, 20) })
    await logHouse.log.admin.setGroupOffsets(sinkGroupId('test'), [
      { topic, partition, offset: 11, metadata },
    ])
    const sink = await start(logHouse)
    await eventually(async () => (await committedRecords(logHouse)) === 2_000, {
      timeoutMs: 10_000,
      what: 'all commits',
    })
    await sink.close()
    const planned = `FROM orion.ticks WHERE topic = '${topic}' AND partition = ${partition}`
    expect(
      await house.clickhouse.query(
        `SELECT min(offset) AS first, max(offset) AS last, count() AS n ${planned} AND toDate(inserted_at) = '2026-11-20'`,
      ),
    ).toEqual([{ first: 11, last: 56, n: 46 }])
    expect(await count(`SELECT countIf(offset < 11) AS n ${planned}`)).toBe(0)
    await logHouse.log.close()
  })
})

describe('what cannot be a row', () => {
  test('is dead-lettered with its cause, once, and the partition goes on', async () => {
    await emptyTables()
    const logHouse = await openLogHouse()
    const { name, valueSerde, entry } = logHouse.topics.marketdata.ticks
    const key = Buffer.from('platform|I0.SIM')
    const partition = partitionFor(key, entry.partitions)
    const tick = tickEvent(0)
    const good = valueSerde.serialize(name, tick)
    const tooFar = valueSerde.serialize(name, {
      ...tick,
      payload: { ...tick.payload, receivedTimeMs: 99_999_999_999_999 },
    } as typeof tick)
    const producer = await logHouse.log.createProducer({ clientId: 'test' })
    const values = [good, Buffer.from('nonsense'), good, tooFar, good]
    await producer.send([
      {
        topic: name,
        partition,
        records: values.map((value) => ({ key, value, timestampMs: 1_000 })),
      },
    ])
    await producer.close()
    const warnings: LogFields[] = []
    const sink = await start(logHouse, 500, {
      ...silentLogger,
      warn: (fields) => warnings.push(fields),
    })
    await eventually(async () => (await count('SELECT count() AS n FROM orion.dlq')) === 2, {
      timeoutMs: 10_000,
      what: 'two dead letters',
    })
    await sink.close()
    const [unreadable] = await house.clickhouse.query<{ correlation_id: string }>(
      'SELECT correlation_id FROM orion.dlq WHERE source_offset = 1',
    )
    const place = { topic: name, partition, tenantId: 'platform', refused: 1 }
    expect(warnings).toMatchObject([
      {
        ...place,
        offset: 1,
        code: 'SERDE_DECODE_FAILED',
        correlationId: unreadable?.correlation_id,
      },
      { ...place, offset: 3, code: 'SINK_ROW_REFUSED', correlationId: tick.correlationId },
    ])
    const rows = await house.clickhouse.query(
      'SELECT tenant_id, source_offset, code, consumer FROM orion.dlq ORDER BY source_offset',
    )
    expect(rows).toEqual([
      { tenant_id: 'platform', source_offset: 1, code: 'SERDE_DECODE_FAILED', consumer: 'sink' },
      { tenant_id: 'platform', source_offset: 3, code: 'SINK_ROW_REFUSED', consumer: 'sink' },
    ])
    expect(
      await house.clickhouse.query(
        'SELECT groupArray(offset) AS o FROM (SELECT offset FROM orion.ticks ORDER BY offset)',
      ),
    ).toEqual([{ o: [0, 2, 4] }])
    const check = await checkSink({ ...logHouse, clickhouse: house.clickhouse, env: 'test' })
    expect([
      check.ok,
      check.partitions.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
    ]).toEqual([true, 2])
    await logHouse.log.close()
  })

  test('is found by halving when only ClickHouse refuses it', async () => {
    await emptyTables()
    const logHouse = await openLogHouse()
    const source = sinkSources(logHouse.topics)[2]
    if (source === undefined) throw new Error('no source')
    const { name, valueSerde } = logHouse.topics.marketdata.bars
    const records = Array.from({ length: 9 }, (_, offset) => ({
      offset,
      key: null,
      headers: [],
      timestampMs: 1,
      value: valueSerde.serialize(name, barEvent(offset, 'FEED', offset)),
    }))
    const refused = {
      ...source,
      encoder: {
        ...source.encoder,
        values: (event: Parameters<typeof source.encoder.values>[0]) => {
          const row = source.encoder.values(event)
          if (event.entity.sequence === 6) row[3] = 'not a number'
          return row
        },
      },
    }
    const plan = { topic: name, partition: 0, from: 0, to: 9, plannedAtMs: systemClock.nowMs() }
    const { refusals } = await deliverRange(house.clickhouse, refused, plan, records, systemClock)
    expect(refusals.map(({ record, code }) => [record.offset, code])).toEqual([
      [5, 'SINK_ROWS_REFUSED'],
    ])
    expect(await count('SELECT count() AS n FROM orion.bars')).toBe(8)
    await logHouse.log.close()
  })
})

test('the check names what is missing and what is there twice', async () => {
  await emptyTables()
  const logHouse = await openLogHouse()
  await appendTicks(logHouse, { first: 0, count: 100 })
  const checked = () => checkSink({ ...logHouse, clickhouse: house.clickhouse, env: 'test' })
  const before = await checked()
  expect([before.ok, before.complete]).toEqual([true, false])
  expect(before.partitions.reduce((sum, { lag }) => sum + lag, 0)).toBe(100)
  const sink = await start(logHouse)
  await eventually(async () => (await committedRecords(logHouse)) === 100, {
    timeoutMs: 10_000,
    what: 'all commits',
  })
  await sink.close()
  const after = await checked()
  expect([after.ok, after.complete]).toEqual([true, true])
  expect(after.partitions.reduce((sum, { end }) => sum + end, 0)).toBe(100)
  const [first] = await house.clickhouse.query<{ partition: number }>(
    'SELECT partition FROM orion.ticks GROUP BY partition HAVING count() > 10 LIMIT 1',
  )
  const partition = first?.partition ?? -1
  await house.clickhouse.command(
    `ALTER TABLE orion.ticks DELETE WHERE partition = ${partition} AND offset = 3 SETTINGS mutations_sync = 2`,
  )
  await house.clickhouse.command(
    `INSERT INTO orion.ticks SELECT * FROM orion.ticks WHERE partition = ${partition} AND offset = 5`,
  )
  const check = await checked()
  expect(check.ok).toBe(false)
  expect(check.partitions.filter(({ ok }) => !ok)).toMatchObject([
    { partition, missing: 1, missingOffsets: [3], duplicates: 1 },
  ])
  await logHouse.log.close()
})

async function committedRecords({
  log,
  topics,
}: Awaited<ReturnType<typeof openLogHouse>>): Promise<number> {
  const topic = topics.marketdata.ticks.name
  const places = [0, 1, 2, 3].map((partition) => ({ topic, partition }))
  const offsets = await log.admin.groupOffsets(sinkGroupId('test'), places)
  return offsets.reduce((sum, commit) => sum + (commit?.metadata ? 0 : (commit?.offset ?? 0)), 0)
}
