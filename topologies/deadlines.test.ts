import { expect, test } from 'vitest'
import { accept, EXPIRES_MS, KEEP_MS, quote, START_MS } from '#processors/rfq/fixtures/rfq'
import { TRADED_MS, trade } from '#processors/settlement/fixtures/trades'
import { type Metrics, noMetrics } from '#streams'
import { DEFAULT_SETTINGS, postTradeTopology } from '#topologies'
import { type Driven, drive, giveInstrument, read } from './fixtures/drive.ts'
import { driveRfq } from './fixtures/rfq.ts'
import { stores } from './stores.ts'

/** Counts the punctuations of all tasks. */
function counted() {
  let ran = 0
  const metrics: Metrics = {
    ...noMetrics,
    counter: (name) => ({
      add: (amount) => {
        if (name === 'orion_task_punctuations_total') ran += amount
      },
    }),
  }
  const take = () => {
    const taken = ran
    ran = 0
    return taken
  }
  return { metrics, take }
}

/** Lets time pass millisecond by millisecond: a process that is woken for anything sees it at once. */
function pass({ driver }: Driven, untilMs: number, stepMs = 1): void {
  while (driver.clock.nowMs() < untilMs) driver.advanceWallClock(stepMs)
}

const HELD = { windowMs: 137, maxDriftBps: 1, maxQuoteAgeMs: null }
const HOUR = 3_600_000

test('nothing of an RFQ is looked at while nothing is due, and what is due is done in time', async () => {
  const { metrics, take } = counted()
  const rfq = await driveRfq({ metrics })
  pass(rfq, START_MS + HOUR, 100)
  expect(take()).toBe(0)

  const createdMs = START_MS + HOUR
  rfq.lp('LP1', HELD)
  rfq.create({ expiryTimeMs: createdMs + 10_001 })
  rfq.quote(quote('Q1', '1.1002', { expiresAtMs: createdMs + 5_003 }))
  rfq.quote(quote('Q2', '1.1003', { lpId: 'LP2', expiresAtMs: createdMs + 5_011 }))
  rfq.lifecycle()
  pass(rfq, createdMs + 30_000)
  const times = rfq
    .lifecycle()
    .map(({ eventType, occurredAt }) => [eventType, occurredAt - createdMs] as const)
  expect(times.map(([type]) => type)).toEqual(['QuotesRanked', 'QuotesRanked', 'RFQExpired'])
  for (const [index, dueMs] of [5_003, 5_011, 10_001].entries()) {
    expect(times[index]?.[1]).toBeGreaterThanOrEqual(dueMs)
    expect(times[index]?.[1]).toBeLessThan(dueMs + 20)
  }
  expect(take()).toBe(3)

  pass(rfq, createdMs + 10_000 + KEEP_MS, 1_000)
  expect(take()).toBe(0)
  pass(rfq, createdMs + 10_100 + KEEP_MS)
  expect(take()).toBe(1)
  expect([...rfq.driver.keyValueStore(stores.rfqs.name).all()]).toEqual([])
  await rfq.driver.close()
})

test('after a crash the next deadline is that of the store, also where it comes from the changelog', async () => {
  const { metrics, take } = counted()
  const rfq = await driveRfq({ metrics })
  rfq.lp('LP1', HELD)
  rfq.create()
  rfq.quote(quote('Q1', '1.1002', { expiresAtMs: EXPIRES_MS }))
  for (const wipe of [false, true]) {
    await rfq.driver.restart({ crash: true, wipe })
    pass(rfq, rfq.driver.clock.nowMs() + 1_000)
  }
  expect(take()).toBe(0)
  rfq.command(accept('accept-1', 'Q1', 3))
  const acceptedMs = rfq.driver.clock.nowMs()
  await rfq.driver.restart({ crash: true, wipe: true })
  rfq.lifecycle()
  pass(rfq, acceptedMs + 136)
  expect(rfq.lifecycle()).toEqual([])
  pass(rfq, acceptedMs + 137)
  expect(rfq.said()).toEqual(['QuoteAccepted'])
  expect(take()).toBe(1)
  await rfq.driver.close()
})

test('settlements are looked at when attempts are due, and then only', async () => {
  const { metrics, take } = counted()
  const settlement = { ...DEFAULT_SETTINGS.settlement, failureProbability: 1 }
  const build = (topics: Driven['topics']) => postTradeTopology(topics, { settlement })
  const postTrade = await drive(build, { metrics })
  giveInstrument(postTrade)
  postTrade.driver.advanceWallClock(TRADED_MS)
  pass(postTrade, TRADED_MS + HOUR, 100)
  expect(take()).toBe(0)
  const { name, keySerde, valueSerde } = postTrade.topics.execution.trades
  const event = trade('T-1')
  const trades = postTrade.driver.createInputTopic(name, keySerde, valueSerde)
  trades.pipe(`${event.tenantId}|T-1`, event)
  pass(postTrade, TRADED_MS + HOUR + 4_000)
  await postTrade.driver.restart({ crash: true, wipe: true })
  pass(postTrade, TRADED_MS + HOUR + 30_000)
  const attempts = read(postTrade, postTrade.topics.posttrade.settlement).flatMap(({ value }) =>
    value ? [value.occurredAt - TRADED_MS - HOUR] : [],
  )
  for (const [index, dueMs] of [0, 3_000, 3_500, 4_500, 6_500, 11_500].entries()) {
    expect(attempts[index]).toBeGreaterThanOrEqual(dueMs)
    expect(attempts[index]).toBeLessThan(dueMs + 50)
  }
  expect(attempts.length).toBe(6)
  expect(take()).toBe(5)
  pass(postTrade, TRADED_MS + 2 * HOUR, 100)
  expect(take()).toBe(0)
  await postTrade.driver.close()
})
