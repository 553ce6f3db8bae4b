import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { createStoreBackend, memoryEngine, rocksdbEngine } from '#state-stores'
import { systemClock } from '../clock.ts'
import { AppHarness, caughtUp } from '../fixtures/app-harness.ts'
import { RACED_TOPICS, race, racedDeadLetter, racedTopology } from '../fixtures/raced-topology.ts'
import { openKafkaLog } from '../log/kafka/kafka-log.ts'
import { silentLogger } from '../logger.ts'
import { noMetrics } from '../metrics.ts'
import { replay } from './replay.ts'

const { brokers = [], missing } = await brokerForTests()

let harness: AppHarness | undefined

afterEach(async () => {
  await harness?.close()
  harness = undefined
})

describe.skipIf(brokers.length === 0)(`a replay from a real broker${missing}`, () => {
  test('repeats a run with a restart to the byte, over transaction markers', {
    timeout: 120_000,
  }, async () => {
    const log = await openKafkaLog({
      brokers,
      clientId: 'replay-test',
      logger: silentLogger,
      metrics: noMetrics,
      clock: systemClock,
      retryForMs: 20_000,
    })
    const directory = mkdtempSync(join(tmpdir(), 'orion-replay-'))
    const place = new AppHarness(log, rocksdbEngine(), directory)
    harness = place
    const prefix = `replay-${randomUUID().slice(0, 8)}-`
    await place.createTopics(2, ...RACED_TOPICS.map((topic) => `${prefix}${topic}`))
    const run = {
      topology: racedTopology({ prefix }),
      handlers: { processing: 'dead-letter' },
      deadLetter: racedDeadLetter(prefix),
    } as const
    for (let start = 0; start < 2; start++) {
      const streams = await place.start(run.topology, { ...run, maxTaskIdleMs: -1 })
      await race(place, { rounds: 10, from: 10 * start, prefix })
      await caughtUp(streams)
      await streams.close()
    }
    const result = await replay({
      ...run,
      applicationId: run.topology.name,
      log,
      stores: createStoreBackend(memoryEngine()),
      directory: join(directory, 'replay'),
    })
    expect(result.differences).toEqual([])
    expect(result).toMatchObject({ mode: 'exact', isEqual: true })
    expect(result.outputs.reduce((sum, { equal }) => sum + equal, 0)).toBeGreaterThan(100)
    expect(result.stores.every(({ recorded }) => recorded !== undefined)).toBe(true)
  })
})
