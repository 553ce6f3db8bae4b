import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SettlementEnvelope } from '#avro'
import { trade } from '#processors/settlement/fixtures/trades'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { noMetrics, replay, Streams, silentLogger, systemClock } from '#streams'
import { DEFAULT_SETTINGS, postTradeTopology, type TopologySettings } from '#topologies'
import { readAll } from '../crash-matrix/committed-reader.ts'
import { openRfqPlace, type RfqPlace, until } from './fixtures/rfq-place.ts'

const TRADES = 60
const SETTINGS: TopologySettings = {
  settlement: {
    delayMs: 100,
    failureProbability: 0.5,
    attemptsMax: 3,
    retryDelaysMs: [60, 120],
    seed: 5,
  },
}

let directory: string
let place: RfqPlace

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orion-post-trade-'))
  place = await openRfqPlace(directory, 'memory')
})

afterEach(async () => {
  await place.close()
  rmSync(directory, { recursive: true, force: true })
})

async function start(): Promise<Streams> {
  const streams = new Streams({
    topology: postTradeTopology(place.topics, SETTINGS),
    applicationId: 'post-trade',
    log: place.log,
    stores: createStoreBackend(memoryEngine()),
    directory: join(directory, 'state'),
    clock: systemClock,
    logger: silentLogger,
    metrics: noMetrics,
  })
  await streams.start()
  await streams.reached('RUNNING')
  return streams
}

async function settlements(): Promise<readonly SettlementEnvelope[]> {
  const { entry, name, valueSerde } = place.topics.posttrade.settlement
  const partitions = await readAll(place.log, name, entry.partitions)
  return partitions
    .flat()
    .flatMap(({ value }) => (value === null ? [] : valueSerde.deserialize(name, value)))
}

async function give(from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) {
    const tradeId = `T-${index}`
    // Told twice, under two ids.
    const again = { ...trade(tradeId), eventId: `again-${tradeId}` }
    await place.produce(place.topics.execution.trades, `demo|${tradeId}`, [trade(tradeId), again])
  }
}

const OVER = ['SettlementCompleted', 'SettlementFailed']
const over = async (count: number) =>
  (await settlements()).filter(({ eventType }) => OVER.includes(eventType)).length >= count

function replayed(settings: TopologySettings, name: string) {
  return replay({
    topology: postTradeTopology(place.topics, settings),
    applicationId: 'post-trade',
    log: place.log,
    stores: createStoreBackend(memoryEngine()),
    directory: join(directory, name),
  })
}

test('settlements through a restart end once, and a replay repeats them, timers included, whatever the settings are by then', {
  timeout: 60_000,
}, async () => {
  let streams = await start()
  await give(0, TRADES / 2)
  await until(() => over(TRADES / 4))
  await streams.close()
  streams = await start()
  await give(TRADES / 2, TRADES)
  await until(() => over(TRADES))
  await streams.close()

  const events = await settlements()
  const chains = new Map<string, SettlementEnvelope[]>()
  for (const event of events) {
    const { tradeId } = event.payload
    chains.set(tradeId, [...(chains.get(tradeId) ?? []), event])
  }
  expect(chains.size).toBe(TRADES)
  for (const chain of chains.values()) {
    expect(chain.map(({ entity }) => entity.sequence)).toEqual(chain.map((_, n) => n + 1))
    expect(chain.filter(({ eventType }) => OVER.includes(eventType)).length).toBe(1)
  }
  const types = new Set(events.map(({ eventType }) => eventType))
  expect(types.size).toBe(4)

  const same = await replayed(SETTINGS, 'same')
  expect(same.differences).toEqual([])
  expect(same).toMatchObject({ mode: 'exact', isEqual: true })

  const other = await replayed(DEFAULT_SETTINGS, 'other')
  const outcomes = other.outputs.filter(
    ({ taskId, topic }) =>
      topic === place.topics.posttrade.settlement.name && taskId.startsWith('2_'),
  )
  expect(outcomes.reduce((sum, { equal }) => sum + equal, 0)).toBe(events.length - TRADES)
  for (const { added, changed, missing } of outcomes)
    expect([added, changed, missing]).toEqual([0, 0, 0])
})
