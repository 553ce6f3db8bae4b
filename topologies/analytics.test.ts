import { expect, describe as group, test } from 'vitest'
import type { LifecycleEnvelope, LpMetricsEnvelope, LpMetricsUpdated } from '#avro'
import { type RfqChain, rfqChain } from '#processors/analytics/fixtures/rfq-chain'
import { lpStatistics, quantile, SKETCH_ACCURACY } from '#quant/execution-analytics'
import { analyticsTopology } from '#topologies'
import { type Driven, drive, read } from './fixtures/drive.ts'

const chains = Array.from({ length: 120 }, (_, index) => rfqChain(index))

function pipe({ driver, topics }: Driven, events: readonly LifecycleEnvelope[]): void {
  const { name, keySerde, valueSerde } = topics.rfq.lifecycle
  const input = driver.createInputTopic(name, keySerde, valueSerde)
  for (const event of events)
    input.pipe(`${event.tenantId}|${event.payload.rfqId}`, event, { timestampMs: event.occurredAt })
}

const lifecycleOf = (some: readonly RfqChain[]) => some.flatMap(({ lifecycle }) => lifecycle)

function latest(events: readonly (LpMetricsEnvelope | undefined)[]) {
  const byKey = new Map<string, LpMetricsUpdated>()
  for (const event of events)
    if (event !== undefined) byKey.set(`${event.tenantId}|${event.payload.lpId}`, event.payload)
  return byKey
}

const metricsIn = (driven: Driven) =>
  read(driven, driven.topics.analytics['lp-metrics']).map(({ value }) => value)

/** The same from the summaries, without sketch and store. */
function expectedOf(tenantId: string, lpId: string) {
  const ends = chains
    .filter((chain) => chain.tenantId === tenantId)
    .flatMap(({ lifecycle }) => lifecycle.slice(-1))
    .flatMap(({ payload }) => ('summary' in payload ? [payload] : []))
  return lpStatistics(
    ends.map((payload) => ({
      invited: payload.summary.invited,
      quotes: payload.summary.quotes.map(({ lpId: lp, responseMs }) => ({ lp, responseMs })),
      winner: payload.summary.winnerLpId,
      notional: 'quantity' in payload ? payload.quantity.toNumber() * payload.price.toNumber() : 0,
    })),
    lpId,
  )
}

group('liquidity providers', () => {
  test('are measured for each tenant apart', async () => {
    const driven = await drive(analyticsTopology)
    pipe(driven, lifecycleOf(chains))
    driven.driver.advanceWallClock(1_000)
    const records = read(driven, driven.topics.analytics['lp-metrics'])
    expect(records.map(({ key }) => key).toSorted()).toEqual(
      ['demo', 'other'].flatMap((tenant) =>
        ['LP-FAST', 'LP-SHY', 'LP-TIGHT', 'LP-WIDE'].map((lpId) => `${tenant}|${lpId}`),
      ),
    )
    for (const { key, value } of records) {
      const metrics = value?.payload
      if (value === undefined || metrics === undefined) throw new Error('no value')
      expect(key).toBe(`${value.tenantId}|${metrics.lpId}`)
      const { responseMs, wonNotional, ...counts } = expectedOf(value.tenantId, metrics.lpId)
      expect(metrics).toMatchObject(counts)
      expect(metrics.wonNotional / (wonNotional || 1)).toBeCloseTo(wonNotional === 0 ? 0 : 1, 12)
      expect(metrics.responseMs.count).toBe(responseMs.length)
      for (const [figure, q] of [
        ['p50', 0.5],
        ['p90', 0.9],
        ['p99', 0.99],
      ] as const) {
        const exact = quantile(responseMs, q)
        if (exact === null) expect(metrics.responseMs[figure]).toBeNull()
        else
          expect(Math.abs((metrics.responseMs[figure] ?? 0) - exact)).toBeLessThan(
            1.000_1 * SKETCH_ACCURACY * exact,
          )
      }
    }
    const byKey = latest(records.map(({ value }) => value))
    expect(byKey.get('demo|LP-SHY')).toMatchObject({
      quoted: 0,
      quoteRate: 0,
      hitRatio: null,
      hitRatioOfTraded: null,
    })
    expect(byKey.get('other|LP-WIDE')?.lastLookRejected).toBeGreaterThan(0)
    await driven.driver.close()
  })

  test('are published at most once a second, and not without a change', async () => {
    const driven = await drive(analyticsTopology)
    pipe(driven, lifecycleOf(chains.slice(0, 60)))
    expect(metricsIn(driven)).toEqual([])
    driven.driver.advanceWallClock(1_000)
    expect(metricsIn(driven).length).toBe(8)
    driven.driver.advanceWallClock(5_000)
    expect(metricsIn(driven)).toEqual([])
    // A rejected RFQ asked nobody; one that expired changes those whom it asked.
    pipe(driven, lifecycleOf([rfqChain(5), rfqChain(125), rfqChain(122)]))
    driven.driver.advanceWallClock(1_000)
    const changed = metricsIn(driven)
    expect(changed.map((event) => event?.payload.lpId).toSorted()).toEqual([
      'LP-FAST',
      'LP-TIGHT',
      'LP-WIDE',
    ])
    expect(changed.map((event) => event?.entity.sequence)).toEqual([2, 2, 2])
    await driven.driver.close()
  })

  test('are the same when ends come twice, now or later', async () => {
    const once = await drive(analyticsTopology)
    pipe(once, lifecycleOf(chains))
    once.driver.advanceWallClock(1_000)
    const twice = await drive(analyticsTopology)
    pipe(
      twice,
      chains.flatMap(({ lifecycle }) => [...lifecycle, ...lifecycle.slice(-1)]),
    )
    pipe(twice, lifecycleOf(chains))
    twice.driver.advanceWallClock(1_000)
    expect(latest(metricsIn(twice))).toEqual(latest(metricsIn(once)))
    expect(read(twice, twice.topics.analytics.tca)).toEqual(read(once, once.topics.analytics.tca))
    await once.driver.close()
    await twice.driver.close()
  })

  test('a process that dies before it published publishes afterwards', async () => {
    const driven = await drive(analyticsTopology)
    pipe(driven, lifecycleOf(chains.slice(0, 30)))
    await driven.driver.restart({ crash: true })
    driven.driver.advanceWallClock(1_000)
    expect(metricsIn(driven).length).toBe(8)
    await driven.driver.close()
  })
})

test('a replay gives the same events', async () => {
  const run = async () => {
    const driven = await drive(analyticsTopology)
    for (let start = 0; start < chains.length; start += 17) {
      pipe(driven, lifecycleOf(chains.slice(start, start + 17)))
      driven.driver.advanceWallClock(1_000)
    }
    const out = [
      read(driven, driven.topics.analytics.tca),
      read(driven, driven.topics.analytics['lp-metrics']),
    ]
    await driven.driver.close()
    return out
  }
  const first = await run()
  expect(first.map((records) => records.length > 20)).toEqual([true, true])
  expect(await run()).toEqual(first)
})

test('each trade has one TCA, caused by the end of its RFQ, under its tenant', async () => {
  const driven = await drive(analyticsTopology)
  pipe(driven, lifecycleOf(chains))
  const tca = read(driven, driven.topics.analytics.tca)
  const traded = chains.filter(({ trades }) => trades.length > 0)
  expect(tca.map(({ key }) => key).toSorted()).toEqual(
    traded.map(({ tenantId, rfqId }) => `${tenantId}|T-${rfqId}`).toSorted(),
  )
  for (const { tenantId, rfqId, lifecycle, trades } of traded) {
    const event = tca.find(({ key }) => key === `${tenantId}|T-${rfqId}`)?.value
    expect(event).toMatchObject({
      tenantId,
      causationId: lifecycle.at(-1)?.eventId,
      correlationId: `C-${rfqId}`,
      entity: { entityId: `T-${rfqId}`, sequence: 1 },
      payload: {
        lpId: trades[0]?.payload.lpId,
        timeToExecutionMs: 400,
        decisionToExecutionMs: 100,
      },
    })
    expect(event?.payload.price.eq(trades[0]?.payload.price ?? 0)).toBe(true)
  }
  const blind = tca.filter(({ value }) => value?.payload.decisionMid === null)
  expect(blind.length).toBeGreaterThan(3)
  expect(blind[0]?.value?.payload).toMatchObject({
    slippageBps: null,
    slippageAmount: null,
    effectiveSpreadBps: null,
    spreadCapture: null,
  })
  await driven.driver.close()
})

test('a record without an event is dead-lettered', async () => {
  const driven = await drive(analyticsTopology)
  const { name, keySerde, valueSerde } = driven.topics.rfq.lifecycle
  driven.driver.createInputTopic(name, keySerde, valueSerde).pipe('demo|R-1', undefined)
  expect(driven.driver.deadLetters.map(({ code }) => code)).toEqual(['ANALYTICS_NO_VALUE'])
  await driven.driver.close()
})
