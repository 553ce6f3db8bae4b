import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RawEnvelope, TicksEnvelope } from '#avro'
import {
  feedDepth,
  feedHeartbeat,
  feedQuote,
  seeded,
  TEN,
} from '#processors/market-data/fixtures/feed'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { barsTopology, marketDataTopology, snapshotsTopology } from '#topologies'
import { type Driven, drive, feed, giveInstrument, ID, KEY, read } from './fixtures/drive.ts'

/** What market-data makes of feed messages. */
async function ticksOf(events: readonly RawEnvelope[]): Promise<TicksEnvelope[]> {
  const market = await drive(marketDataTopology)
  giveInstrument(market)
  feed(market, events)
  const ticks = read(market, market.topics.marketdata.ticks).flatMap(({ value }) => value ?? [])
  await market.driver.close()
  return ticks
}

function pipe({ driver, topics }: Driven, ticks: readonly TicksEnvelope[]): void {
  const { name, keySerde, valueSerde } = topics.marketdata.ticks
  const input = driver.createInputTopic(name, keySerde, valueSerde)
  for (const tick of ticks) input.pipe(KEY, tick, { timestampMs: tick.occurredAt })
}

const MESSAGES = [
  feedQuote(0, 1, 3),
  feedHeartbeat(100),
  feedDepth(200, {
    snapshot: true,
    bids: [{ price: 0.9, size: 5 }],
    asks: [{ price: 1.1, size: 6 }],
  }),
  feedQuote(150, 5, 7),
  feedQuote(1_500, 2, 4),
  feedHeartbeat(2_000),
]

test('every tick and depth message gives one snapshot; a heartbeat none', async () => {
  const snapshots = await drive(snapshotsTopology)
  const ticks = await ticksOf(MESSAGES)
  pipe(snapshots, ticks)
  const records = read(snapshots, snapshots.topics.marketdata.snapshots)
  expect(
    records.map(({ key, timestampMs, value }) => [
      key,
      timestampMs - TEN,
      value?.payload.cause,
      value?.payload.sequence,
      value?.payload.bid,
      value?.payload.bids.length,
    ]),
  ).toEqual([
    [KEY, 0, 'QUOTE', 1, 1, 0],
    [KEY, 200, 'DEPTH', 2, 1, 1],
    [KEY, 150, 'QUOTE', 3, 5, 1],
    [KEY, 1_500, 'QUOTE', 4, 2, 1],
  ])
  expect(records[1]?.value).toMatchObject({
    producer: 'snapshots',
    causationId: ticks[2]?.eventId,
    correlationId: ticks[2]?.correlationId,
    entity: { entityId: ID, sequence: 2 },
  })
  await snapshots.driver.close()
})

test('marks follow from snapshots: the first, then changed ones by the second of event time', async () => {
  const snapshots = await drive(snapshotsTopology)
  pipe(snapshots, await ticksOf(MESSAGES))
  const caused = read(snapshots, snapshots.topics.marketdata.snapshots)
  const marks = read(snapshots, snapshots.topics.marketdata.marks)
  expect(
    marks.map(({ key, timestampMs, value }) => [
      key,
      timestampMs - TEN,
      value?.entity.sequence,
      value?.payload.mid,
      value?.causationId,
    ]),
  ).toEqual([
    [KEY, 0, 1, 2, caused[0]?.value?.eventId],
    [KEY, 150, 2, 6, caused[2]?.value?.eventId],
    [KEY, 1_500, 3, 3, caused[3]?.value?.eventId],
  ])
  await snapshots.driver.close()
})

test('an instrument without quotes shows the best of its book', async () => {
  const snapshots = await drive(snapshotsTopology)
  pipe(snapshots, await ticksOf(MESSAGES.slice(2, 3)))
  const [record] = read(snapshots, snapshots.topics.marketdata.snapshots)
  expect(record?.value?.payload).toMatchObject({
    bid: 0.9,
    bidSize: 5,
    ask: 1.1,
    askSize: 6,
    mid: 1,
  })
  await snapshots.driver.close()
})

test('a bar is closed by the first message past its grace, and carries the end of its window', async () => {
  const bars = await drive(barsTopology)
  const ticks = await ticksOf(MESSAGES)
  pipe(bars, ticks)
  const records = read(bars, bars.topics.marketdata.bars)
  expect(
    records.map(({ key, timestampMs, value }) => [key, timestampMs - TEN, value?.payload.ticks]),
  ).toEqual([[KEY, 1_000, 2]])
  expect(records[0]?.value).toMatchObject({
    producer: 'bars',
    causationId: ticks.at(-1)?.eventId,
    entity: { entityId: ID, sequence: 1 },
    payload: { origin: 'COMPUTED', open: 2, close: 6, high: 6 },
  })
  await bars.driver.close()
})

test('the same input gives the same events, ids included', async () => {
  const runs = await Promise.all(
    [0, 1].map(async () => {
      const ticks = await ticksOf(MESSAGES)
      const snapshots = await drive(snapshotsTopology)
      pipe(snapshots, ticks)
      const records = read(snapshots, snapshots.topics.marketdata.snapshots)
      await snapshots.driver.close()
      return { ticks, records }
    }),
  )
  expect(runs[0]).toEqual(runs[1])
  const ids = runs[0]?.records.map(({ value }) => value?.eventId)
  expect(new Set(ids).size).toBe(4)
})

/** Quotes and depth in no particular order of time, so that state of every kind is open at any moment. */
function someMessages(count: number): RawEnvelope[] {
  const random = seeded(7)
  return Array.from({ length: count }, (_, i) => {
    const at = i * 300 - Math.floor(random() * 900)
    const price = 1 + Math.floor(random() * 20) / 10
    if (random() < 0.5) return feedQuote(at, price, price + 0.1)
    const level = { price, size: random() < 0.3 ? 0 : 1 + i }
    return feedDepth(at, {
      snapshot: i % 50 === 0,
      firstUpdateId: i,
      lastUpdateId: i,
      bids: [level],
      asks: [{ ...level, price: price + 2 }],
    })
  })
}

test.each([
  ['snapshots', snapshotsTopology],
  ['marks', snapshotsTopology],
  ['bars', barsTopology],
] as const)('%s after a restart go on as if there had been none', async (name, build) => {
  const ticks = await ticksOf(someMessages(200))
  const outputs = (driven: Driven) => read<unknown>(driven, driven.topics.marketdata[name])
  const whole = await drive(build)
  pipe(whole, ticks)
  const expected = outputs(whole)
  await whole.driver.close()

  const directory = await mkdtemp(join(tmpdir(), `orion-${name}-`))
  const seen: unknown[] = []
  for (const part of [ticks.slice(0, 101), ticks.slice(101, 130), ticks.slice(130)]) {
    const driven = await drive(build, { stores: createStoreBackend(rocksdbEngine()), directory })
    pipe(driven, part)
    seen.push(...outputs(driven))
    await driven.driver.close()
  }
  expect(expected.length).toBeGreaterThan(30)
  expect(seen).toEqual(expected)
  await rm(directory, { recursive: true })
})
