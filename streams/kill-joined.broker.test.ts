import { randomUUID } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { rocksdbEngine } from '#state-stores'
import { systemClock } from './clock.ts'
import { AppHarness } from './fixtures/app-harness.ts'
import { fillJoined, joinedOutputs } from './fixtures/joined-topology.ts'
import { runCalm, runKilled } from './fixtures/kill-joined.ts'
import { openKafkaLog } from './log/kafka/kafka-log.ts'
import { silentLogger } from './logger.ts'
import { noMetrics } from './metrics.ts'

const { brokers = [], missing } = await brokerForTests()
const INPUT = { partitions: 2, orders: 2_000 }
const KILLS = Number(process.env['ORION_TEST_KILLS'] ?? 3)

async function open(): Promise<AppHarness> {
  const log = await openKafkaLog({
    brokers,
    clientId: 'kill-test',
    logger: silentLogger,
    metrics: noMetrics,
    clock: systemClock,
    retryForMs: 20_000,
  })
  return new AppHarness(log, rocksdbEngine(), mkdtempSync(join(tmpdir(), 'orion-streams-')))
}

describe.skipIf(brokers.length === 0)(`windows and joins on a real broker${missing}`, () => {
  test('killed at random moments they leave what an uninterrupted run leaves', async () => {
    const run = randomUUID()
    const [calm, killed] = [await open(), await open()]
    try {
      await fillJoined(calm, `${run}-calm-`, INPUT)
      await fillJoined(killed, `${run}-killed-`, INPUT)
      const checksums = await runCalm([calm.directory, `${run}-calm-`, ...brokers])
      const found = await runKilled([killed.directory, `${run}-killed-`, ...brokers], {
        killsMax: KILLS,
        seed: 20_261_121,
        longestMs: 600,
      })
      expect(found.kills).toBeGreaterThan(1)
      expect(found.checksums).toEqual(checksums)
      const outputs = await joinedOutputs(calm, `${run}-calm-`)
      for (const byKey of Object.values(outputs))
        expect(Object.keys(byKey).length).toBeGreaterThan(5)
      expect(await joinedOutputs(killed, `${run}-killed-`)).toEqual(outputs)
    } finally {
      await calm.close()
      await killed.close()
    }
  }, 300_000)
})
