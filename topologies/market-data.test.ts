import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  feedBar,
  feedHeartbeat,
  feedQuote,
  feedTrade,
  feedUnreadable,
  TEN,
} from '#processors/market-data/fixtures/feed'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { marketDataTopology } from '#topologies'
import {
  type Driven,
  drive,
  feed,
  giveInstrument,
  ID,
  instrument,
  KEY,
  read,
} from './fixtures/drive.ts'

async function driven(): Promise<Driven> {
  const driven = await drive(marketDataTopology)
  giveInstrument(driven)
  return driven
}

test('a feed message becomes one event under its key and event time, caused by it', async () => {
  const market = await driven()
  const quote = feedQuote(0, 1.1, 1.3)
  const bar = feedBar({ trade: { open: 1, high: 2, low: 1, close: 2 } })
  feed(market, [quote, feedTrade(1, 1.2, 5), bar, feedHeartbeat(2)])
  const ticks = read(market, market.topics.marketdata.ticks)
  expect(
    ticks.map(({ key, timestampMs, value }) => [key, timestampMs - TEN, value?.eventType]),
  ).toEqual([
    [KEY, 0, 'MarketTickReceived'],
    [KEY, 1, 'MarketTickReceived'],
    [KEY, 2, 'MarketHeartbeatReceived'],
  ])
  expect(ticks[0]?.value).toMatchObject({
    causationId: quote.eventId,
    correlationId: quote.correlationId,
    producer: 'market-data',
    tenantId: 'platform',
    occurredAt: TEN,
    entity: { entityType: 'Instrument', entityId: ID, sequence: 1 },
    payload: { bid: 1.1, ask: 1.3, receivedTimeMs: TEN + 5 },
  })
  const bars = read(market, market.topics.marketdata.bars)
  expect(bars.map(({ timestampMs, value }) => [timestampMs - TEN, value?.payload.origin])).toEqual([
    [60_000, 'FEED'],
  ])
  expect(market.driver.deadLetters).toEqual([])
  await market.driver.close()
})

test('what cannot be an event is dead-lettered with its code, and the rest goes on', async () => {
  const market = await driven()
  feed(market, [feedQuote(0, 0, 0), feedUnreadable(), feedQuote(1, -1, 2)])
  feed(market, [feedQuote(2, 1, 2)], 'platform|GBPUSD.SIM')
  feed(
    market,
    [{ ...feedQuote(3, 1, 2), payload: { ...feedQuote(3, 1, 2).payload, instrumentId: 'X' } }],
    'platform|X',
  )
  const { name } = market.topics.marketdata.raw
  const input = market.driver.createInputTopic(
    name,
    market.topics.marketdata.raw.keySerde,
    market.topics.marketdata.raw.valueSerde,
  )
  input.pipe(KEY, undefined)
  feed(market, [feedQuote(4, 1, 2)])
  expect(market.driver.deadLetters.map(({ code }) => code)).toEqual([
    'MARKET_DATA_EMPTY',
    'MARKET_DATA_UNREADABLE',
    'MARKET_DATA_BAD_PRICE',
    'MARKET_DATA_KEY_MISMATCH',
    'MARKET_DATA_UNKNOWN_INSTRUMENT',
    'MARKET_DATA_NO_VALUE',
  ])
  expect(read(market, market.topics.marketdata.ticks).length).toBe(1)
  await market.driver.close()
})

test('an instrument that falls silent is stale once, recovers with the next message, and ticks know nothing of it', async () => {
  const market = await driven()
  const quote = feedQuote(0, 1, 2)
  feed(market, [quote])
  market.driver.advanceWallClock(5_000)
  market.driver.advanceWallClock(1_000)
  market.driver.advanceWallClock(1_000)
  const recovery = feedQuote(8_000, 1, 2)
  feed(market, [recovery])
  market.driver.advanceWallClock(1_000)
  const statuses = read(market, market.topics.marketdata.status)
  expect(statuses.map(({ key, value }) => [key, value?.eventType, value?.entity.sequence])).toEqual(
    [
      [KEY, 'MarketDataStaleDetected', 1],
      [KEY, 'MarketDataRecovered', 2],
    ],
  )
  expect(statuses.map(({ value }) => value?.payload)).toEqual([
    { instrumentId: ID, lastEventTimeMs: TEN, silentForMs: 6_000, staleAfterMs: 5_000 },
    { instrumentId: ID, eventTimeMs: TEN + 8_000, silentForMs: 7_000 },
  ])
  expect(statuses[1]?.value?.causationId).toBe(
    read(market, market.topics.marketdata.ticks)[1]?.value?.eventId,
  )
  const operations = read(market, market.topics.ops.events)
  expect(operations.map(({ key }) => key)).toEqual(['platform|market-data', 'platform|market-data'])
  expect(operations.map(({ value }) => value)).toEqual(statuses.map(({ value }) => value))
  await market.driver.close()
})

test('a heartbeat is a sign of life; a refused message is none', async () => {
  const market = await driven()
  feed(market, [feedQuote(0, 1, 2)])
  market.driver.advanceWallClock(4_000)
  feed(market, [feedHeartbeat(4_000)])
  market.driver.advanceWallClock(4_000)
  expect(read(market, market.topics.marketdata.status)).toEqual([])
  feed(market, [feedQuote(8_000, 0, 0)])
  market.driver.advanceWallClock(2_000)
  expect(read(market, market.topics.marketdata.status).length).toBe(1)
  await market.driver.close()
})

test('a limit that was raised since holds, and a disabled instrument is never stale', async () => {
  const market = await driven()
  feed(market, [feedQuote(0, 1, 2)])
  giveInstrument(market, instrument({ staleAfterMs: 60_000 }))
  market.driver.advanceWallClock(30_000)
  giveInstrument(market, instrument({ enabled: false }))
  market.driver.advanceWallClock(60_000)
  expect(read(market, market.topics.marketdata.status)).toEqual([])
  await market.driver.close()
})

test('after a restart silence counts from the first look, what was stale stays so, sequences go on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'orion-market-data-'))
  const open = async () => {
    const market = await drive(marketDataTopology, {
      stores: createStoreBackend(rocksdbEngine()),
      directory,
    })
    giveInstrument(market)
    giveInstrument(market, instrument({ instrumentId: 'GBPUSD.SIM' }))
    return market
  }
  const pound = (at: number) => {
    const quote = feedQuote(at, 1, 2)
    return { ...quote, payload: { ...quote.payload, instrumentId: 'GBPUSD.SIM' } }
  }
  const before = await open()
  feed(before, [feedQuote(0, 1, 2)])
  before.driver.advanceWallClock(6_000)
  feed(before, [pound(0)], 'platform|GBPUSD.SIM')
  expect(read(before, before.topics.marketdata.status).length).toBe(1)
  await before.driver.close()

  const after = await open()
  after.driver.advanceWallClock(100_000)
  after.driver.advanceWallClock(5_000)
  expect(read(after, after.topics.marketdata.status)).toEqual([])
  after.driver.advanceWallClock(1_000)
  feed(after, [feedQuote(1, null, 3)])
  const statuses = read(after, after.topics.marketdata.status)
  expect(
    statuses.map(({ value }) => [value?.eventType, value?.entity.entityId, value?.entity.sequence]),
  ).toEqual([
    ['MarketDataStaleDetected', 'GBPUSD.SIM', 1],
    ['MarketDataRecovered', ID, 2],
  ])
  expect(read(after, after.topics.marketdata.ticks)[0]?.value).toMatchObject({
    entity: { sequence: 2 },
    payload: { bid: 1, ask: 3 },
  })
  await after.driver.close()
  await rm(directory, { recursive: true })
})
