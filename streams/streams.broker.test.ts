import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { rocksdbEngine } from '#state-stores'
import { systemClock } from './clock.ts'
import { type Amount, AppHarness, caughtUp, until } from './fixtures/app-harness.ts'
import {
  renamed,
  repartitionedSumTopology,
  sumTopology,
  TimedSumProcessor,
} from './fixtures/sample-topology.ts'
import { openKafkaLog } from './log/kafka/kafka-log.ts'
import { silentLogger } from './logger.ts'
import { noMetrics } from './metrics.ts'
import { COMMIT_POINTS, type CommitPoint } from './task/commit-point.ts'

const { brokers = [], missing } = await brokerForTests()
const PARTITIONS = 3

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

async function open(): Promise<AppHarness> {
  const log = await openKafkaLog({
    brokers,
    clientId: 'streams-test',
    logger: silentLogger,
    metrics: noMetrics,
    clock: systemClock,
    retryForMs: 20_000,
  })
  harness = new AppHarness(log, rocksdbEngine(), mkdtempSync(join(tmpdir(), 'orion-streams-')))
  return harness
}

function amounts(from: number, count: number): Amount[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key-${(from + index) % 19}`,
    value: from + index,
    timestampMs: 1_700_000_000_000 + from + index,
  }))
}

/** Every running total of a key, in order, as an uninterrupted run writes them. */
function expectedTotals(all: readonly Amount[], key: string): string[] {
  const totals: number[] = []
  for (const each of all) if (each.key === key) totals.push((totals.at(-1) ?? 0) + each.value)
  return totals.map(String)
}

describe.skipIf(brokers.length === 0)(`an application on a real broker${missing}`, () => {
  test('turns records into totals through a repartition topic, on two threads', async () => {
    const place = await open()
    const run = randomUUID()
    const { topology, topic } = renamed(repartitionedSumTopology(), run)
    await place.createTopics(PARTITIONS, topic('orders'), topic('totals'))
    const streams = await place.start(topology, { threads: 2 })
    // A task on its way from one thread to the other is nowhere, and behind with nothing.
    await until(async () => {
      const { threads } = streams.metadata()
      const lags = await streams.lag()
      return threads.every(({ tasks }) => tasks.length > 0) && lags.length === 2 * PARTITIONS
    })
    await place.produce(topic('orders'), amounts(0, 2_000))
    await caughtUp(streams)
    const expected: Record<string, number> = {}
    for (const { value } of amounts(0, 2_000)) {
      const group = `group-${value % 7}`
      expected[group] = (expected[group] ?? 0) + value
    }
    expect(Object.fromEntries(streams.store<string, number>('totals').all())).toEqual(expected)
    expect(await place.read(topic('totals'))).toHaveLength(2_000)
  })

  for (const point of COMMIT_POINTS) {
    test(`dying ${point} loses nothing and doubles nothing`, async () => {
      const place = await open()
      const { topology, topic } = renamed(
        sumTopology(() => new TimedSumProcessor()),
        randomUUID(),
      )
      await place.createTopics(PARTITIONS, topic('amounts'), topic('totals'))
      for (let round = 0; round < 2; round++) {
        const streams = place.app(topology, { probe: dieAt(point, 1 + round) })
        const dead = streams.reached('ERROR')
        await streams.start()
        await place.produce(topic('amounts'), amounts(round * 100, 100))
        await dead
        await streams.close()
      }
      const streams = await place.start(topology)
      await place.produce(topic('amounts'), amounts(200, 100))
      await caughtUp(streams)
      const lines = await place.read(topic('totals'))
      for (const key of ['key-0', 'key-7', 'key-18']) {
        const totals = lines.filter((line) => line.key === key).map(({ value }) => value)
        expect(totals).toEqual(expectedTotals(amounts(0, 300), key))
        expect(streams.store<string, number>('totals').get(key)).toBe(Number(totals.at(-1)))
      }
    })
  }
})

/** Dies at the n-th passage of a point, and stays dead. */
function dieAt(point: CommitPoint, passage: number): (at: CommitPoint) => void {
  let passages = 0
  let died = false
  return (at) => {
    if (at === point && ++passages >= passage) died = true
    if (died) throw new Error(`died at ${at}`)
  }
}
