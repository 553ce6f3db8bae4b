import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, describe as group, test } from 'vitest'
import type { LifecycleEnvelope, TicksEnvelope } from '#avro'
import { CHAIN_START_MS, rfqChain } from '#processors/analytics/fixtures/rfq-chain'
import { asOf, markoutBps } from '#quant/execution-analytics'
import { silentLogger } from '#streams'
import { analyticsTopology } from '#topologies'
import { type Driven, drive, read } from '../topologies/fixtures/drive.ts'
import { migrate } from './migrate.ts'
import { deliverEvents } from './testing/deliver-events.ts'
import { tickEvent } from './testing/market-events.ts'
import { type EngineHouse, openEngineHouse } from './testing/sink-house.ts'

const chains = Array.from({ length: 240 }, (_, index) => rfqChain(index))
const demo = chains.filter(({ tenantId }) => tenantId === 'demo')
const ticks = Array.from({ length: 600 }, (_, index) => quoteAt(index))

let house: EngineHouse
let driven: Driven
beforeAll(async () => {
  house = await openEngineHouse()
  await migrate(house.clickhouse, silentLogger)
  driven = await drive(analyticsTopology)
  const { topics } = driven
  pipe(chains.flatMap(({ lifecycle }) => lifecycle))
  driven.driver.advanceWallClock(1_000)
  const put = deliverEvents.bind(undefined, house.clickhouse, topics)
  await put(topics.marketdata.ticks, ticks)
  await put(
    topics.rfq.lifecycle,
    chains.flatMap(({ lifecycle }) => lifecycle),
  )
  await put(
    topics.rfq.quotes,
    chains.flatMap(({ quotes }) => quotes),
  )
  await put(
    topics.execution.trades,
    chains.flatMap(({ trades }) => trades),
  )
  await put(
    topics.posttrade.confirmations,
    chains.flatMap(({ confirmations }) => confirmations),
  )
  await put(
    topics.posttrade.settlement,
    chains.flatMap(({ settlement }) => settlement),
  )
  await put(topics.analytics.tca, valuesOf(read(driven, topics.analytics.tca)))
  await put(topics.analytics['lp-metrics'], valuesOf(read(driven, topics.analytics['lp-metrics'])))
}, 60_000)
afterAll(async () => {
  await driven.driver.close()
  await house.close()
})

function pipe(events: readonly LifecycleEnvelope[]): void {
  const { name, keySerde, valueSerde } = driven.topics.rfq.lifecycle
  const input = driven.driver.createInputTopic(name, keySerde, valueSerde)
  for (const event of events)
    input.pipe(`${event.tenantId}|${event.payload.rfqId}`, event, { timestampMs: event.occurredAt })
}

function valuesOf<E>(records: readonly { readonly value: E | undefined }[]): readonly E[] {
  return records.flatMap(({ value }) => (value === undefined ? [] : [value]))
}

/** A quote of one of two instruments every half second, with a mid that wanders. */
function quoteAt(index: number): TicksEnvelope {
  const { payload, ...envelope } = tickEvent(0)
  const instrumentId = index % 2 === 0 ? 'EURUSD.SIM' : 'GBPUSD.SIM'
  const eventTimeMs = CHAIN_START_MS + index * 500
  const mid = 1.1 + ((index * 37) % 101) / 10_000
  return {
    ...envelope,
    eventId: `quote-${index}`,
    eventType: 'MarketTickReceived',
    occurredAt: eventTimeMs,
    payload: {
      instrumentId,
      kind: 'QUOTE',
      source: payload.source,
      eventTimeMs,
      receivedTimeMs: eventTimeMs,
      bid: mid - 0.0001,
      ask: mid + 0.0001,
      mid,
      bidSize: 1,
      askSize: 1,
      price: null,
      size: null,
      basis: 'MID',
      flags: [],
    },
  }
}

const page = readFileSync(new URL('../docs/sql-cookbook.md', import.meta.url), 'utf8')
const recipes = [...page.matchAll(/^### (?<title>.+)\n\n```sql\n(?<sql>[\s\S]*?)```/gmu)].map(
  ({ groups }) => ({ title: groups?.['title'] ?? '', sql: groups?.['sql'] ?? '' }),
)
const PARAMETERS = new URLSearchParams({
  param_from: '2026-11-20 00:00:00.000',
  param_to: '2026-11-21 00:00:00.000',
  param_i: 'EURUSD.SIM',
  param_c: 'C-R-000001',
})

async function ask<Row>(sql: string): Promise<readonly Row[]> {
  const token = await house.issuer.token({ user: `quant-${sql.length}` })
  const { status, text } = await house.ask(`${sql} FORMAT JSONEachRow`, token, String(PARAMETERS))
  expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]))
}

const recipe = (start: string) => {
  const found = recipes.find(({ title }) => title.startsWith(start))
  if (found === undefined) throw new Error(`no recipe ${start}`)
  return found.sql
}

group('the cookbook', () => {
  test('is read in whole', () => {
    expect(recipes.length).toBe(page.match(/^```sql$/gmu)?.length)
    expect(recipes.length).toBeGreaterThan(12)
  })

  test.each(recipes)('$title: answers a quant, with rows', async ({ sql }) => {
    expect((await ask(sql)).length).toBeGreaterThan(0)
  })

  test('gives the markouts that quant gives', async () => {
    const rows = await ask<{ trade_id: string; seconds: number; markout_bps: number }>(
      recipe('Markouts'),
    )
    const quotes = ticks.flatMap(({ payload }) =>
      'mid' in payload && payload.instrumentId === 'EURUSD.SIM'
        ? [{ t: payload.eventTimeMs, mid: payload.mid ?? 0 }]
        : [],
    )
    const expected = demo
      .flatMap(({ trades }) => trades)
      .filter(({ payload }) => payload.instrumentId === 'EURUSD.SIM')
      .flatMap(({ payload }) =>
        [1, 5, 30].map((seconds) => {
          const later = asOf(quotes, payload.executedAtMs + seconds * 1_000)
          const fill = { side: payload.side, quantity: 1, price: payload.price.toNumber() }
          return [payload.tradeId, seconds, markoutBps(fill, later?.mid ?? Number.NaN)] as const
        }),
      )
      .toSorted(([a, s], [b, t]) => a.localeCompare(b) || s - t)
    expect(rows.length).toBe(expected.length)
    for (const [index, [tradeId, seconds, bps]] of expected.entries()) {
      expect([rows[index]?.trade_id, rows[index]?.seconds]).toEqual([tradeId, seconds])
      expect(rows[index]?.markout_bps).toBeCloseTo(bps ?? Number.NaN, 8)
    }
  })

  test('shows the chain of one RFQ, and nothing of another tenant', async () => {
    const [chain] = demo
    const rows = await ask<{ stream: string }>(recipe('Everything behind'))
    expect(rows.length).toBe(
      (chain?.lifecycle.length ?? 0) +
        (chain?.quotes.length ?? 0) +
        (chain?.trades.length ?? 0) +
        (chain?.confirmations.length ?? 0) +
        (chain?.settlement.length ?? 0),
    )
    PARAMETERS.set('param_c', `C-${chains[0]?.rfqId}`)
    expect(await ask(recipe('Everything behind'))).toEqual([])
  })
})

group('SQL and topology agree', () => {
  test('on the figures of each liquidity provider of each tenant', async () => {
    const rows = await house.clickhouse.query<Record<string, number | string | null>>(
      `SELECT p.*, m.invited AS m_invited, m.quoted AS m_quoted, m.won AS m_won, m.quoted_of_traded AS m_quoted_of_traded,
        m.last_look_rejected AS m_last_look_rejected, m.quote_rate AS m_quote_rate, m.hit_ratio AS m_hit_ratio,
        m.hit_ratio_of_traded AS m_hit_ratio_of_traded, m.won_notional AS m_won_notional,
        ${QUANTILES.map((name) => `m.${name} AS m_${name}`).join(', ')}
       FROM orion.lp_performance AS p FULL JOIN orion.lp_metrics_latest AS m ON p.tenant_id = m.tenant_id AND p.lp_id = m.lp_id`,
    )
    expect(rows.length).toBe(8)
    for (const row of rows) {
      for (const name of EXACT) expect([name, row[name]]).toEqual([name, row[`m_${name}`]])
      for (const name of QUANTILES) {
        const exact = row[name]
        const told = row[`m_${name}`]
        if (exact === null) expect(told).toBeNull()
        else
          expect(Math.abs(Number(told) - Number(exact))).toBeLessThanOrEqual(
            0.010_001 * Number(exact) + 1e-3,
          )
      }
      const notional = Number(row['won_notional'])
      expect(Math.abs(Number(row['m_won_notional']) - notional)).toBeLessThanOrEqual(
        1e-12 * notional,
      )
    }
    expect(rows.filter(({ response_ms_p99 }) => response_ms_p99 !== null).length).toBe(6)
  })

  test('on the execution quality of each trade', async () => {
    const [row] = await house.clickhouse.query<Record<string, number>>(
      `SELECT count() AS trades, countIf(t.slippage_bps IS NULL) AS unknown,
        max(abs(t.slippage_bps - sign * (toFloat64(o.price) - o.decision_mid) / abs(o.decision_mid) * 10000)) AS slippage,
        max(abs(t.slippage_amount - sign * (toFloat64(o.price) - o.decision_mid) * toFloat64(o.quantity))) AS amount,
        max(abs(t.effective_spread_bps - 2 * sign * (toFloat64(o.price) - o.execution_mid) / abs(o.execution_mid) * 10000)) AS spread,
        max(abs(t.spread_capture - sign * ((o.execution_bid + o.execution_ask) / 2 - toFloat64(o.price)) / ((o.execution_ask - o.execution_bid) / 2))) AS capture,
        countIf(t.time_to_execution_ms != dateDiff('millisecond', o.created_time, o.execution_time) OR t.quotes != length(o.quotes)
          OR t.price != o.price OR t.quantity != o.quantity OR t.lp_id != o.winner_lp_id) AS others
       FROM orion.tca AS t INNER JOIN (SELECT *, if(side = 'BUY', 1, -1) AS sign FROM orion.rfq_outcomes WHERE state = 'TRADED') AS o
       ON t.tenant_id = o.tenant_id AND t.rfq_id = o.rfq_id`,
    )
    expect(row?.['trades']).toBe(chains.flatMap(({ trades }) => trades).length)
    expect(row?.['unknown']).toBeGreaterThan(0)
    for (const figure of ['slippage', 'amount', 'spread', 'capture'])
      expect(row?.[figure]).toBeLessThan(1e-8)
    expect(row?.['others']).toBe(0)
  })

  test('an RFQ whose end is delivered twice counts once in the views', async () => {
    const before = await house.clickhouse.query('SELECT * FROM orion.lp_performance ORDER BY ALL')
    const lifecycle = chains.flatMap((chain) => chain.lifecycle)
    await deliverEvents(house.clickhouse, driven.topics, driven.topics.rfq.lifecycle, [
      ...lifecycle,
      ...lifecycle.slice(-1),
    ])
    expect(await house.clickhouse.query('SELECT * FROM orion.lp_performance ORDER BY ALL')).toEqual(
      before,
    )
    expect(await house.clickhouse.query('SELECT count() AS n FROM orion.rfqs')).toEqual([
      { n: 2 * lifecycle.length + 1 },
    ])
  })
})

const EXACT = [
  'invited',
  'quoted',
  'won',
  'quoted_of_traded',
  'last_look_rejected',
  'quote_rate',
  'hit_ratio',
  'hit_ratio_of_traded',
]
const QUANTILES = ['response_ms', 'to_best_bps'].flatMap((name) =>
  ['mean', 'p50', 'p90', 'p99'].map((figure) => `${name}_${figure}`),
)
