import { expect, test } from 'vitest'
import {
  type LogFields,
  type Logger,
  type Metrics,
  noMetrics,
  silentLogger,
  systemClock,
} from '#streams'
import { checkSink } from './check-sink.ts'
import { migrate } from './migrate.ts'
import { startSink } from './sink.ts'
import { barEvent } from './testing/market-events.ts'
import { appendTicks, eventually, openEngineHouse, openLogHouse } from './testing/sink-house.ts'

const BARS = 300

test('a table that refuses row after row stops its partition, not the others, and nothing is dead-lettered, lost or doubled', async () => {
  const house = await openEngineHouse()
  const logHouse = await openLogHouse()
  const { log, topics } = logHouse
  const lines: [level: string, fields: LogFields][] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (fields) => lines.push(['warn', fields]),
    error: (fields) => lines.push(['error', fields]),
  }
  const lag = new Map<string | undefined, number>()
  const metrics: Metrics = {
    ...noMetrics,
    gauge: (name, _, labels) => ({
      set: (value) => name === 'orion_sink_lag_records' && lag.set(labels?.['topic'], value),
    }),
  }
  const start = () =>
    startSink({
      ...logHouse,
      env: 'test',
      clickhouse: house.clickhouse,
      logger,
      clock: systemClock,
      metrics,
      lingerMs: 20,
    })
  const rows = async (table: string) => {
    const sql = `SELECT count() AS n FROM orion.${table}`
    return (await house.clickhouse.query<{ n: number }>(sql))[0]?.n
  }
  const errors = () => lines.filter(([level]) => level === 'error').map(([, fields]) => fields)
  try {
    await migrate(house.clickhouse, silentLogger)
    await house.clickhouse.command("ALTER TABLE orion.bars MODIFY COLUMN source Enum8('SIM' = 1)")
    const { name, valueSerde } = topics.marketdata.bars
    const records = Array.from({ length: BARS }, (_, index) => {
      const event = barEvent(index, 'FEED', index)
      const source = index < BARS / 2 ? 'SIM' : 'NEW'
      const value = valueSerde.serialize(name, { ...event, payload: { ...event.payload, source } })
      return { key: Buffer.from('platform|I0.SIM'), value, timestampMs: 1_000 }
    })
    const producer = await log.createProducer({ clientId: 'test' })
    await producer.send([{ topic: name, partition: 1, records }])
    await producer.close()
    let sink = await start()
    await eventually(() => errors().length > 0, { timeoutMs: 60_000, what: 'the error' })
    expect(errors()).toMatchObject([
      {
        topic: name,
        partition: 1,
        offset: BARS / 2 + 100,
        code: 'SINK_SCHEMA_MISMATCH',
        cause: expect.stringContaining('SHOW CREATE TABLE orion.bars'),
      },
    ])
    await appendTicks(logHouse, { first: 0, count: 100 })
    await eventually(async () => (await rows('ticks')) === 100, {
      timeoutMs: 10_000,
      what: 'rows of another table',
    })
    await eventually(() => lag.get(name) === BARS, { timeoutMs: 10_000, what: 'the lag' })
    // Half of the range is in. The successor knows it, too.
    expect(await rows('bars')).toBe(BARS / 2)
    await sink.close()
    await house.clickhouse.command(
      'ALTER TABLE orion.bars MODIFY COLUMN source LowCardinality(String)',
    )
    sink = await start()
    const check = () => checkSink({ ...logHouse, clickhouse: house.clickhouse, env: 'test' })
    await eventually(async () => (await check()).complete, {
      timeoutMs: 20_000,
      what: 'the rest',
    })
    await sink.close()
    expect((await check()).partitions.filter(({ ok }) => !ok)).toEqual([])
    expect([await rows('bars'), await rows('ticks'), await rows('dlq')]).toEqual([BARS, 100, 0])
    const dead = topics.dlq.sink
    const places = Array.from({ length: dead.entry.partitions }, (_, partition) => ({
      topic: dead.name,
      partition,
    }))
    expect(new Set(await log.admin.offsets(places, 'latest'))).toEqual(new Set([0]))
    // The log of one outage is a few lines, however many tries it took.
    expect(lines.length).toBeLessThan(5)
  } finally {
    await house.close()
    await log.close()
  }
}, 180_000)
