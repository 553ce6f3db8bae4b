import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  feedBar,
  feedDepth,
  feedQuote,
  feedTrade,
  feedUnreadable,
} from '#processors/market-data/fixtures/feed'
import { accept, cancel, quote, RFQ_KEY, trade } from '#processors/rfq/fixtures/rfq'
import { trade as settledTrade, TRADED_MS } from '#processors/settlement/fixtures/trades'
import type { TopicHandle } from '#streams'
import {
  analyticsTopology,
  barsTopology,
  DEFAULT_SETTINGS,
  executionTopology,
  marketDataTopology,
  postTradeTopology,
  snapshotsTopology,
  topologies,
} from '#topologies'
import { alertsTopology } from './alerts.ts'
import { Counted } from './fixtures/counted.ts'
import { type Driven, drive, feed, giveInstrument, KEY, read } from './fixtures/drive.ts'
import { driveRfq } from './fixtures/rfq.ts'

function pipeAll<E>(
  { driver }: Driven,
  { keySerde, name, valueSerde }: TopicHandle<string, E>,
  key: string,
  events: readonly E[],
): void {
  const input = driver.createInputTopic(name, keySerde, valueSerde)
  for (const event of events) input.pipe(key, event)
}

test('market data: one outcome for each message, flags, refusals by code, silences; snapshots, marks and bars', async () => {
  const counted = new Counted()
  const market = await drive(marketDataTopology, counted)
  giveInstrument(market)
  const messages = [
    feedQuote(0, 1, 3),
    feedQuote(2_000, 3, 1),
    feedQuote(500, 1, null),
    feedTrade(2_100, 2, 5),
    feedDepth(2_200, { snapshot: true }),
    feedBar({ trade: { open: 1, high: 2, low: 1, close: 2 } }),
    feedQuote(2_300, null, null),
    feedUnreadable(),
  ]
  feed(market, messages)
  for (let second = 0; second < 7; second++) market.driver.advanceWallClock(1_000)
  feed(market, [feedQuote(9_000, 1, 3)])
  expect(counted.of('orion_market_data')).toEqual({
    'orion_market_data_messages_total{outcome="tick"}': 5,
    'orion_market_data_messages_total{outcome="depth"}': 1,
    'orion_market_data_messages_total{outcome="bar"}': 1,
    'orion_market_data_messages_total{outcome="refused"}': 2,
    'orion_market_data_flagged_total{flag="CROSSED"}': 1,
    'orion_market_data_flagged_total{flag="LATE"}': 1,
    'orion_market_data_flagged_total{flag="ONE_SIDED"}': 1,
    'orion_market_data_refused_total{code="MARKET_DATA_EMPTY"}': 1,
    'orion_market_data_refused_total{code="MARKET_DATA_UNREADABLE"}': 1,
    'orion_market_data_silences_total{change="stale"}': 1,
    'orion_market_data_silences_total{change="recovered"}': 1,
  })
  const ticks = read(market, market.topics.marketdata.ticks).flatMap(({ value }) => value ?? [])
  for (const build of [snapshotsTopology, barsTopology]) {
    const derived = await drive(build, counted)
    pipeAll(derived, derived.topics.marketdata.ticks, KEY, ticks)
    if (build === snapshotsTopology) {
      const marks = read(derived, derived.topics.marketdata.marks).length
      expect(counted.of('orion_snapshots')).toEqual({
        'orion_snapshots_updates_total{cause="QUOTE"}': 4,
        'orion_snapshots_updates_total{cause="TRADE"}': 1,
        'orion_snapshots_updates_total{cause="DEPTH"}': 1,
        orion_snapshots_marks_total: marks,
      })
    }
    await derived.driver.close()
  }
  expect(counted.of('orion_bars')).toEqual({
    'orion_bars_closed_total{interval="1s"}': 1,
    orion_bars_late_ticks_total: 1,
  })
  await market.driver.close()
})

describe('requests for quote', () => {
  test('are counted from command to settlement', async () => {
    const counted = new Counted()
    const rfq = await driveRfq(counted)
    rfq.lp('LP1', { windowMs: 200, maxDriftBps: 1, maxQuoteAgeMs: null })
    rfq.create()
    rfq.create()
    rfq.quote(quote('Q1', '1.1003'))
    rfq.quote(quote('Q1', '1.1003'))
    rfq.quote(quote('Q2', '1.1002', { lpId: 'LP2' }))
    rfq.quote(quote('Q3', '1.1002', { lpId: 'LP9' }))
    rfq.command(accept('accept-1', 'Q1', 3))
    rfq.mark({ mid: 1.2 })
    rfq.driver.advanceWallClock(200)
    rfq.command(accept('accept-2', 'Q2', 3))
    rfq.trade(trade('Q2', 'LP2'))
    rfq.trade(trade('Q1', 'LP1'))
    rfq.command(cancel('cancel-1'))
    rfq.command(cancel('cancel-1'), 'somebody|else')
    expect(counted.of('orion_rfq')).toEqual({
      'orion_rfq_transitions_total{to="created"}': 1,
      'orion_rfq_transitions_total{to="sent"}': 1,
      'orion_rfq_transitions_total{to="accepted"}': 1,
      'orion_rfq_transitions_total{to="traded"}': 1,
      'orion_rfq_quotes_total{outcome="ranked"}': 2,
      'orion_rfq_quotes_total{outcome="refused"}': 2,
      'orion_rfq_quotes_refused_total{reason="QUOTE_DUPLICATE"}': 1,
      'orion_rfq_quotes_refused_total{reason="LP_NOT_INVITED"}': 1,
      'orion_rfq_last_looks_total{outcome="started"}': 1,
      'orion_rfq_last_looks_total{outcome="LAST_LOOK_DRIFT"}': 1,
      'orion_rfq_commands_refused_total{reason="RFQ_TRADED"}': 1,
      orion_rfq_commands_repeated_total: 1,
      'orion_rfq_misfits_total{code="RFQ_TRADE_MISPLACED"}': 1,
      'orion_rfq_misfits_total{code="RFQ_KEY_MISMATCH"}': 1,
    })

    const lifecycle = rfq.lifecycle()
    const execution = await drive(executionTopology, counted)
    pipeAll(execution, execution.topics.rfq.lifecycle, RFQ_KEY, [...lifecycle, ...lifecycle])
    expect(counted.of('orion_execution')).toEqual({
      'orion_execution_trades_total{outcome="executed"}': 1,
      'orion_execution_trades_total{outcome="repeated"}': 1,
    })
    const analytics = await drive(analyticsTopology, counted)
    pipeAll(analytics, analytics.topics.rfq.lifecycle, RFQ_KEY, [...lifecycle, ...lifecycle])
    analytics.driver.advanceWallClock(1_000)
    expect(counted.of('orion_analytics')).toEqual({
      'orion_analytics_ended_rfqs_total{ending="RFQTraded"}': 1,
      orion_analytics_tca_total: 1,
      orion_analytics_lp_answers_total: 2,
      orion_analytics_lp_updates_total: 2,
    })
    const alerts = await drive(alertsTopology, counted)
    pipeAll(alerts, alerts.topics.rfq.lifecycle, RFQ_KEY, lifecycle)
    expect(counted.of('orion_alerts')).toEqual({
      'orion_alerts_notifications_total{kind="RFQ_QUOTED"}': 1,
      'orion_alerts_notifications_total{kind="RFQ_LAST_LOOK_REJECTED"}': 1,
      'orion_alerts_notifications_total{kind="RFQ_TRADED"}': 1,
    })
    for (const { driver } of [rfq, execution, analytics, alerts]) await driver.close()
  })

  test('settle by attempts: requested, retrying, failed', async () => {
    const counted = new Counted()
    const settlement = { ...DEFAULT_SETTINGS.settlement, failureProbability: 1 }
    const postTrade = await drive((topics) => postTradeTopology(topics, { settlement }), counted)
    postTrade.driver.advanceWallClock(TRADED_MS)
    giveInstrument(postTrade)
    const told = settledTrade('T-1')
    pipeAll(postTrade, postTrade.topics.execution.trades, 'demo|T-1', [told, told])
    for (let ms = 0; ms < 30_000; ms += 50) postTrade.driver.advanceWallClock(50)
    expect(counted.of('orion_post_trade')).toEqual({
      'orion_post_trade_confirmations_total{outcome="confirmed"}': 1,
      'orion_post_trade_confirmations_total{outcome="repeated"}': 1,
      orion_post_trade_settlements_requested_total: 1,
      'orion_post_trade_settlement_attempts_total{outcome="retrying"}': 4,
      'orion_post_trade_settlement_attempts_total{outcome="failed"}': 1,
    })
    await postTrade.driver.close()
  })
})

test('every topology has series from its start, and the page names all of them and no others', async () => {
  const names = new Set<string>()
  for (const { build, name } of topologies) {
    const counted = new Counted()
    const driven = await drive(build, counted)
    const own = [...counted.series.keys()]
      .map((series) => series.split('{', 1)[0] ?? '')
      .filter((series) => series.startsWith(`orion_${name.replaceAll('-', '_')}_`))
    expect(own, name).not.toEqual([])
    for (const series of own) names.add(series)
    expect([...counted.series.keys()].filter((series) => series.includes('"other"'))).toEqual([])
    await driven.driver.close()
  }
  const page = readFileSync(join(import.meta.dirname, '..', 'processors', 'README.md'), 'utf8')
  const onPage = new Set([...page.matchAll(/^\| `(orion_\w+)/gm)].map(([, name]) => name))
  expect([...names].sort()).toEqual([...onPage].sort())
})
