import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, describe as group, test, vi } from 'vitest'
import { publishDemoReference, startLpBots } from '#feeds'
import { killSwitch } from '#processors/alerts/fixtures/alert-events'
import { noMetrics, silentLogger, systemClock, type Topology } from '#streams'
import { partitionFor } from '#streams/log'
import { topologies } from '#topologies'
import { all, openPlatform, type Platform } from '../testing/platform.ts'
import { type Life, RfqTrader } from '../testing/rfq-trader.ts'
import type { ReplayRow } from './replay-tools.ts'
import { partitionsOf, readRecords } from './topic-reading.ts'

const INSTRUMENT = 'EURUSD.SIMFX'
const LIVES: readonly Life[] = [
  'firm',
  'last-look',
  'cancel',
  'expire',
  'too-much',
  'firm',
  'firm',
  'last-look',
]
/** So that among the trades some settle at once, some later and some not at all. */
const SETTLEMENT = {
  settlementDelayMs: 50,
  settlementRetryMs: 50,
  settlementAttempts: 2,
  settlementFailureProbability: 0.5,
}

const PATIENCE = { timeout: 30_000, interval: 100 }

let dataDir: string
let platform: Platform
let closeRunning = () => Promise.resolve()
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'orion-trading-'))
  platform = await openPlatform({ dataDir, options: SETTLEMENT })
  await trade(platform)
})
afterAll(async () => {
  await closeRunning()
  await platform.close()
  rmSync(dataDir, { recursive: true, force: true })
})

/** A market, then two runs of the whole platform, bots and a trader: a replay has to begin each task as the second start did. */
async function trade({ log, topics, feed, run }: Platform): Promise<void> {
  const nowMs = systemClock.nowMs()
  await feed({ ticks: 300, startTimeMs: nowMs - 60_000, tradingHours: '24x7' })
  await publishDemoReference(log, topics, { nowMs })
  const trader = new RfqTrader({ log, topics })
  for (const isLast of [false, true]) {
    const running = await run()
    closeRunning = running.close
    await vi.waitFor(marked, PATIENCE)
    const ports = { clock: systemClock, logger: silentLogger, metrics: noMetrics }
    const bots = await startLpBots({ env: 'dev', log, topics, seed: 1, ...ports })
    await trader.live(INSTRUMENT, LIVES)
    if (isLast) {
      await stopTrading()
      await vi.waitFor(everythingTold, PATIENCE)
    }
    await bots.close()
    await running.closeAtEnd()
  }
  await trader.close()
}

async function marked(): Promise<void> {
  expect(await keysOf(platform.topics.marketdata.marks.name)).toContain(`platform|${INSTRUMENT}`)
}

/** Of another tenant, so that it stops nothing here. */
async function stopTrading(): Promise<void> {
  const { entry, keySerde, name, valueSerde } = platform.topics.risk.killswitch
  const producer = await platform.log.createProducer({ clientId: 'risk' })
  const key = keySerde.serialize(name, 'other|killswitch')
  const value = valueSerde.serialize(name, killSwitch('KillSwitchEnabled', 'other'))
  const records = [{ key, value, timestampMs: systemClock.nowMs() }]
  await producer.send([{ topic: name, partition: partitionFor(key, entry.partitions), records }])
  await producer.close()
}

/** What timers write last. */
async function everythingTold(): Promise<void> {
  const settlements = await typesOf('posttrade.settlement')
  const over = settlements.filter((type) => /Completed|Failed/.test(type)).length
  expect(over).toBe((await typesOf('execution.trades')).length)
  expect(await typesOf('analytics.lp-metrics')).not.toEqual([])
}

type Stream = 'rfq.lifecycle' | 'execution.trades' | 'posttrade.settlement' | 'analytics.lp-metrics'

async function typesOf(stream: Stream): Promise<string[]> {
  const { topics } = platform
  const topic = {
    'rfq.lifecycle': topics.rfq.lifecycle,
    'execution.trades': topics.execution.trades,
    'posttrade.settlement': topics.posttrade.settlement,
    'analytics.lp-metrics': topics.analytics['lp-metrics'],
  }[stream]
  const { name, valueSerde } = topic
  const records = await recordsOf(name)
  return records.flatMap(({ value }) =>
    value === null ? [] : valueSerde.deserialize(name, value).eventType,
  )
}

async function recordsOf(topic: string) {
  const places = await partitionsOf(platform.log, topic)
  const starts = await platform.log.admin.offsets(places, 'earliest')
  const from = places.map((place, index) => ({ ...place, offset: starts[index] ?? 0 }))
  return (await all(readRecords(platform.log, 'test', { from, until: 'end' }))).map(
    ({ record }) => record,
  )
}

/** Which entities a topic speaks of. */
async function keysOf(topic: string): Promise<string[]> {
  return [
    ...new Set((await recordsOf(topic)).map(({ key }) => Buffer.from(key ?? []).toString())),
  ].sort()
}

function inputsOf({ repartitions, subTopologies, globalStores }: Topology): string[] {
  const internal = new Set(repartitions.map(({ name }) => name))
  const nodes = subTopologies.flatMap((one) => one.nodes)
  const read = nodes.flatMap((node) => (node.kind === 'source' ? node.topics : []))
  const all = new Set([...read, ...globalStores.map(({ topic }) => topic)])
  return [...all].filter((name) => !internal.has(name))
}

async function emptyOf(names: readonly string[]): Promise<string[]> {
  const counts = await Promise.all(names.map(async (name) => (await recordsOf(name)).length))
  return names.filter((_, index) => counts[index] === 0)
}

/** By topology: a topic may have several writers. */
const written = new Map<string, readonly string[]>()

/** Of an exact replay: every store and every output as they were, and that there are some. */
async function expectReplayedEqual(topology: string): Promise<void> {
  const rows = await platform.operator((operator) =>
    all(operator.topologyReplay({ topology, dryRun: false })),
  )
  const of = <R extends ReplayRow['row']>(row: R) =>
    rows.filter((one): one is Extract<ReplayRow, { row: R }> => one.row === row)
  expect(of('difference')).toEqual([])
  expect(of('result')).toEqual([{ row: 'result', mode: 'exact', isEqual: true }])
  expect(of('store').filter(({ result }) => result !== 'equal')).toEqual([])
  expect(of('store').some(({ recordedEntries }) => (recordedEntries ?? 0) > 0)).toBe(true)
  const wrong = of('output').filter((one) => one.changed + one.missing + one.added + one.notHeld)
  expect(wrong).toEqual([])
  const topics = of('output').flatMap(({ equal, topic }) => (equal > 0 ? [topic] : []))
  expect(topics).not.toEqual([])
  const external = topics.filter((topic) => !topic.startsWith('orion-'))
  written.set(topology, [...new Set(external)])
}

test('RFQs end in every way, and their trades settle in every way', async () => {
  expect(await typesOf('rfq.lifecycle')).toEqual(
    expect.arrayContaining([
      'RFQRejected',
      'LastLookStarted',
      'RFQTraded',
      'RFQExpired',
      'RFQCancelled',
      'RFQCommandRefused',
      'RFQCommandRepeated',
    ]),
  )
  expect(await typesOf('posttrade.settlement')).toEqual(
    expect.arrayContaining(['SettlementRetrying', 'SettlementCompleted', 'SettlementFailed']),
  )
})

group.each(topologies)('$name, as it ran', ({ name, build }) => {
  test('has something to read on every topic', async () => {
    expect(await emptyOf(inputsOf(build(platform.topics)))).toEqual([])
  })

  test('is replayed with equal stores and outputs', () => expectReplayedEqual(name))
})

// From the end of the data's way: what a reset writes anew replaces what topologies before it have read.
test.each([...topologies].reverse())(
  '$name, reset and run again, speaks of the same entities, and is replayed equal',
  async ({ name }) => {
    const outputs = written.get(name) ?? []
    expect(outputs).not.toEqual([])
    const entities = () => Promise.all(outputs.map(keysOf))
    const before = await entities()
    const reset = { topology: name, target: { to: 'earliest' }, truncateOutputs: true } as const
    await platform.operator((operator) => all(operator.topologyReset({ ...reset, dryRun: false })))
    expect(await emptyOf(outputs)).toEqual(outputs)
    const running = await platform.run(name)
    closeRunning = running.close
    // Some of it is written by timers.
    await vi.waitFor(async () => expect(await entities()).toEqual(before), PATIENCE)
    await running.closeAtEnd()
    await expectReplayedEqual(name)
  },
)
