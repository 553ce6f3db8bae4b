import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { rocksdbEngine } from '#state-stores'
import { systemClock } from '../clock.ts'
import { AppHarness, until } from '../fixtures/app-harness.ts'
import { openKafkaLog } from '../log/kafka/kafka-log.ts'
import { silentLogger } from '../logger.ts'
import { noMetrics } from '../metrics.ts'
import type { SumsData } from './fixtures/sums-worker.ts'
import { StreamsWorkers } from './streams-workers.ts'

const { brokers = [], missing } = await brokerForTests()
const PARTITIONS = 4
const KEYS = 16

let harness: AppHarness | undefined
let workers: StreamsWorkers<SumsData> | undefined

afterEach(async () => {
  await workers?.close()
  await harness?.close()
})

describe.skipIf(brokers.length === 0)(`worker threads on a real broker${missing}`, () => {
  test('share the tasks, hand them over when one is added or removed, and count everything once', async () => {
    const run = randomUUID()
    const log = await openKafkaLog({
      brokers,
      clientId: 'workers-test',
      logger: silentLogger,
      metrics: noMetrics,
      clock: systemClock,
      retryForMs: 20_000,
    })
    const directory = mkdtempSync(join(tmpdir(), 'orion-streams-'))
    const ground = new AppHarness(log, rocksdbEngine(), directory)
    harness = ground
    await ground.createTopics(PARTITIONS, `amounts-${run}`, `totals-${run}`)
    const failures: Error[] = []
    const threads = new StreamsWorkers<SumsData>({
      name: 'sums',
      module: new URL('./fixtures/sums-worker.ts', import.meta.url),
      data: { brokers, directory, run },
      logger: silentLogger,
      onFailure: (error) => failures.push(error),
    })
    workers = threads

    let produced = 0
    const produce = async (): Promise<void> => {
      const amounts = Array.from({ length: 400 }, (_, index) => ({
        key: `key-${index % KEYS}`,
        value: 1,
      }))
      produced += amounts.length
      await ground.produce(`amounts-${run}`, amounts)
    }
    const tasksOf = async (): Promise<number[]> =>
      (await threads.metadata()).map(({ threads: [thread] }) => thread?.tasks.length ?? 0)
    const counted = () =>
      until(async () => {
        const lags = await threads.lag()
        return (
          lags.length === PARTITIONS &&
          lags.every(({ lag }) => lag === 0) &&
          (await threads.areCommitted())
        )
      })

    await threads.add()
    await produce()
    await counted()
    await produce()
    await threads.add()
    await produce()
    await until(async () => (await tasksOf()).join() === '2,2')
    await produce()
    await counted()
    await threads.remove()
    await produce()
    await counted()
    expect(await tasksOf()).toEqual([PARTITIONS])

    expect(failures).toEqual([])
    const totals = await ground.keyValues(`totals-${run}`)
    expect(totals).toHaveLength(produced)
    for (let key = 0; key < KEYS; key++) {
      const own = totals.flatMap(([name, total]) => (name === `key-${key}` ? [Number(total)] : []))
      expect(own).toEqual(Array.from({ length: produced / KEYS }, (_, index) => index + 1))
    }
  }, 120_000)
})
