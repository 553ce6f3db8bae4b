import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decimal } from 'decimal.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { silentLogger, systemClock } from '#streams'
import { checkSink } from './check-sink.ts'
import { migrate } from './migrate.ts'
import { startSink } from './sink.ts'
import { append, appendChains, lpMetricsEvent, tcaEventOf } from './testing/append-chains.ts'
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

const one = async <Row>(sql: string) => (await house.clickhouse.query<Row>(sql))[0]

test('every record of the chain is one row, to the last decimal place, while the process of the sink is killed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'orion-chain-'))
  const written = await openLogHouse(directory)
  const chains = await appendChains(written, { first: 0, count: 300 })
  await append(written, written.topics.analytics['lp-metrics'], [
    lpMetricsEvent(1),
    lpMetricsEvent(2),
  ])
  await append(written, written.topics.analytics.tca, chains.flatMap(tcaEventOf))
  await written.log.close()
  let ended = ''
  for (let run = 0; ended !== 'done' && run < 20; run++)
    ended = await spawnSink(house, directory, {
      rowsMax: 60 + run * 61,
      killAfterMs: run < 4 ? 20 + run * 60 : undefined,
    })
  expect(ended).toBe('done')

  const logHouse = await openLogHouse(directory)
  const check = await checkSink({ ...logHouse, clickhouse: house.clickhouse, env: 'test' })
  expect(check.partitions.filter(({ ok, lag }) => !ok || lag > 0)).toEqual([])
  expect(check.partitions.reduce((sum, { deadLetters }) => sum + deadLetters, 0)).toBe(0)
  await logHouse.log.close()
  rmSync(directory, { recursive: true, force: true })

  const trades = chains.flatMap((chain) => chain.trades)
  const counts = await one<Record<string, number>>(
    `SELECT (SELECT count() FROM orion.rfqs) AS rfqs, (SELECT count() FROM orion.quotes) AS quotes, (SELECT count() FROM orion.trades) AS trades,
     (SELECT count() FROM orion.confirmations) AS confirmations, (SELECT count() FROM orion.settlements) AS settlements,
     (SELECT count() FROM orion.tca) AS tca, (SELECT count() FROM orion.lp_metrics) AS metrics,
     (SELECT count() FROM orion.risk_alerts) AS alerts, (SELECT count() FROM orion.admin_changes) AS changes`,
  )
  expect(counts).toEqual({
    rfqs: chains.reduce((sum, { lifecycle }) => sum + lifecycle.length, 0),
    quotes: chains.reduce((sum, { quotes }) => sum + quotes.length, 0),
    trades: trades.length,
    confirmations: trades.length,
    settlements: 2 * trades.length,
    tca: trades.length,
    metrics: 2,
    alerts: 1,
    changes: 1,
  })

  const sums = await one<{ quantity: string; notional: string; price: string }>(
    `SELECT toString(sum(quantity)) AS quantity, toString(sum(notional)) AS notional,
     (SELECT toString(sum(arraySum(quotes.price))) FROM orion.rfq_outcomes) AS price FROM orion.trades`,
  )
  const Exact = Decimal.clone({ precision: 60 })
  const sumOf = (values: readonly Decimal[]) =>
    values.reduce((sum, value) => sum.plus(value), new Exact(0)).toFixed()
  expect(sums).toEqual({
    quantity: sumOf(trades.map(({ payload }) => payload.quantity)),
    notional: sumOf(trades.map(({ payload }) => payload.notional)),
    price: sumOf(
      chains
        .flatMap(({ lifecycle }) => lifecycle.slice(-1))
        .flatMap(({ payload }) => ('summary' in payload ? payload.summary.quotes : []))
        .map(({ price }) => price),
    ),
  })
}, 90_000)

test('an RFQ that ended is one row with what came of it', async () => {
  const [row] = await house.clickhouse.query<Record<string, unknown>>(
    `SELECT state, instrument_id, user_id, desk, side, toString(size) AS size, toString(price) AS price, lp_id, winner_lp_id, length(invited) AS asked,
     length(quotes) AS quotes, round(decision_mid, 6) AS mid, trade_id, dateDiff('millisecond', created_time, closed_time) AS ms
     FROM orion.rfq_outcomes WHERE rfq_id = 'R-000001'`,
  )
  expect(row).toEqual({
    state: 'TRADED',
    instrument_id: 'EURUSD.SIM',
    user_id: 'trader',
    desk: 'macro',
    side: 'SELL',
    size: '1000001.000000000000000001',
    price: '1.100900000000000002',
    lp_id: 'LP-TIGHT',
    winner_lp_id: 'LP-TIGHT',
    asked: 4,
    quotes: 3,
    mid: 1.101,
    trade_id: 'T-R-000001',
    ms: 400,
  })
})

test('partitions take turns: RFQs are rows while ticks keep coming', async () => {
  await house.clickhouse.command('TRUNCATE TABLE orion.rfqs')
  const logHouse = await openLogHouse()
  await appendTicks(logHouse, { first: 0, count: 100 })
  await appendChains(logHouse, { first: 0, count: 2 })
  const sink = await startSink({
    ...logHouse,
    env: 'test',
    clickhouse: house.clickhouse,
    logger: silentLogger,
    clock: systemClock,
    // Whoever has a record is ready: the ticks' four partitions are, every time.
    lingerMs: 0,
  })
  let ticks = 100
  await eventually(
    async () => {
      await appendTicks(logHouse, { first: ticks, count: 100 })
      ticks += 100
      return (
        ticks % 300 === 0 &&
        ((await one<{ n: number }>('SELECT count() AS n FROM orion.rfqs'))?.n ?? 0) > 0
      )
    },
    { timeoutMs: 40_000, what: 'rows of RFQs' },
  )
  await sink.close()
  await logHouse.log.close()
}, 60_000)
