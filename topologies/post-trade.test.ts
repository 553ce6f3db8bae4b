import { expect, test } from 'vitest'
import type { SettlementEnvelope, TradesEnvelope } from '#avro'
import { TRADED_MS, trade } from '#processors/settlement/fixtures/trades'
import { DEFAULT_SETTINGS, postTradeTopology, type TopologySettings } from '#topologies'
import { type Driven, drive, giveInstrument, read } from './fixtures/drive.ts'

type Change = Partial<TopologySettings['settlement']>

async function driven(change: Change = {}): Promise<Driven> {
  const settlement = { ...DEFAULT_SETTINGS.settlement, ...change }
  const driven = await drive((topics) => postTradeTopology(topics, { settlement }))
  driven.driver.advanceWallClock(TRADED_MS)
  giveInstrument(driven)
  return driven
}

function give({ driver, topics }: Driven, ...events: readonly TradesEnvelope[]): void {
  const { name, keySerde, valueSerde } = topics.execution.trades
  const input = driver.createInputTopic(name, keySerde, valueSerde)
  for (const event of events) input.pipe(`${event.tenantId}|${event.payload.tradeId}`, event)
}

const settlementsOf = (postTrade: Driven): readonly SettlementEnvelope[] =>
  read(postTrade, postTrade.topics.posttrade.settlement).flatMap(({ value }) => value ?? [])

const confirmationsOf = (postTrade: Driven) =>
  read(postTrade, postTrade.topics.posttrade.confirmations).flatMap(({ value }) => value ?? [])

/** Lets wall-clock time pass as a process would see it. */
function pass({ driver }: Driven, ms: number): void {
  for (let left = ms; left > 0; left -= 50) driver.advanceWallClock(50)
}

const told = ({ entity, eventType, occurredAt }: SettlementEnvelope) =>
  `${eventType} ${entity.sequence} +${occurredAt - TRADED_MS}`

test('a trade is confirmed with its terms and settles after the delay', async () => {
  const postTrade = await driven({ failureProbability: 0 })
  give(postTrade, trade('T-1'))
  const [confirmation, ...others] = confirmationsOf(postTrade)
  expect(others).toEqual([])
  expect(confirmation).toMatchObject({
    causationId: 'event-T-1',
    correlationId: 'chain-T-1',
    payload: {
      tradeId: 'T-1',
      instrumentName: 'Euro against US dollar',
      settlementDate: '2026-11-24',
      settlementCycle: 'T+2',
      calendar: 'TARGET+US_SETTLEMENT',
      buyer: 'macro',
      seller: 'LP1',
      confirmedAtMs: TRADED_MS,
    },
  })
  expect(confirmation?.payload.confirmationId).toMatch(/^C-[0-9a-f]{20}$/)
  pass(postTrade, 2_950)
  expect(settlementsOf(postTrade).map(told)).toEqual(['SettlementRequested 1 +0'])
  pass(postTrade, 5_000)
  const [completed] = settlementsOf(postTrade)
  expect(completed && told(completed)).toBe('SettlementCompleted 2 +3000')
  expect(completed?.payload).toMatchObject({ state: 'SETTLED', attempt: 1, currency: 'USD' })
  expect(completed?.payload.amount.toFixed()).toBe('1100200')
  await postTrade.driver.close()
})

test('attempts that fail come again after the set delays, each event caused by the one before, until none is left', async () => {
  const postTrade = await driven({ failureProbability: 1 })
  give(postTrade, trade('T-1'))
  pass(postTrade, 30_000)
  const events = settlementsOf(postTrade)
  expect(events.map(told)).toEqual([
    'SettlementRequested 1 +0',
    'SettlementRetrying 2 +3000',
    'SettlementRetrying 3 +3500',
    'SettlementRetrying 4 +4500',
    'SettlementRetrying 5 +6500',
    'SettlementFailed 6 +11500',
  ])
  expect(events.slice(1).map(({ causationId }) => causationId)).toEqual(
    events.slice(0, -1).map(({ eventId }) => eventId),
  )
  expect(new Set(events.map(({ correlationId }) => correlationId))).toEqual(new Set(['chain-T-1']))
  expect(events.at(-1)?.payload).toMatchObject({ state: 'FAILED', attempt: 5 })
  await postTrade.driver.close()
})

test('a trade that is told again changes nothing, before and after it is settled', async () => {
  const postTrade = await driven({ failureProbability: 0 })
  give(postTrade, trade('T-1'), trade('T-1'), { ...trade('T-1'), eventId: 'told-again' })
  pass(postTrade, 4_000)
  await postTrade.driver.restart({ wipe: true })
  give(postTrade, trade('T-1'))
  pass(postTrade, 4_000)
  expect(confirmationsOf(postTrade).length).toBe(1)
  expect(settlementsOf(postTrade).map(({ eventType }) => eventType)).toEqual([
    'SettlementRequested',
    'SettlementCompleted',
  ])
  await postTrade.driver.close()
})

test('whatever the crashes, the events are those of a run without', async () => {
  const change: Change = { failureProbability: 0.5, seed: 11 }
  const trades = Array.from({ length: 12 }, (_, n) => trade(`T-${n}`))
  const byId = (events: readonly SettlementEnvelope[]) =>
    events.map((event) => JSON.stringify(event)).sort()

  const calm = await driven(change)
  for (const one of trades) give(calm, one)
  pass(calm, 20_000)
  const expected = byId(settlementsOf(calm))
  await calm.driver.close()
  expect(expected.length).toBeGreaterThan(24)

  const crashed = await driven(change)
  for (const one of trades) give(crashed, one)
  for (let second = 0; second < 20; second++) {
    pass(crashed, 1_000)
    await crashed.driver.restart({ crash: true, wipe: second % 2 === 0 })
  }
  expect(byId(settlementsOf(crashed))).toEqual(expected)
  await crashed.driver.close()
})

test('open settlements keep the settings that they were requested with', async () => {
  const postTrade = await driven({ failureProbability: 1, attemptsMax: 2, retryDelaysMs: [200] })
  give(postTrade, trade('T-1'))
  const [requested] = settlementsOf(postTrade)
  expect(requested?.payload).toMatchObject({
    failureProbability: 1,
    attemptsMax: 2,
    retryDelaysMs: [200],
    seed: DEFAULT_SETTINGS.settlement.seed,
    attemptAtMs: TRADED_MS + 3_000,
  })
  const stored = postTrade.driver.keyValueStore('settlements', partitionOf(postTrade, 'demo|T-1'))
  expect(stored.get('demo|T-1')).toMatchObject({ state: 'PENDING', attemptsMax: 2 })
  pass(postTrade, 4_000)
  expect(stored.get('demo|T-1')).toMatchObject({ state: 'FAILED', attempt: 2 })
  await postTrade.driver.close()
})

/** Where the store of the settlement is. */
function partitionOf({ driver }: Driven, key: string): number {
  const found = [0, 1, 2, 3].find(
    (partition) =>
      driver.managedStore('settlements', partition) !== undefined &&
      driver.keyValueStore('settlements', partition).get(key) !== undefined,
  )
  return found ?? 0
}
