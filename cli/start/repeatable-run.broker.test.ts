import { describe, vi } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { noMetrics, silentLogger } from '#streams'
import { repeatableRuns } from '../testing/repeatable-runs.ts'
import { openLog } from './open-log.ts'

vi.setConfig({ testTimeout: 600_000 })

const { brokers = [], missing } = await brokerForTests()

describe.skipIf(brokers.length === 0)(`on a real broker${missing}`, () => {
  repeatableRuns('Kafka', {
    place: async (dataDir) => {
      await wipe(brokers.join(','))
      return { dataDir, brokers: brokers.join(',') }
    },
    ticks: 24_000,
    kills: Number(process.env['ORION_TEST_KILLS'] ?? 4),
  })
})

/** Two runs share the broker: the second begins without what the first wrote. */
async function wipe(address: string): Promise<void> {
  const log = await openLog(
    { dataDir: '', brokers: address },
    { logger: silentLogger, metrics: noMetrics },
  )
  try {
    const { admin } = log
    await admin.deleteTopics(
      (await admin.listTopics()).filter((topic) => /^(dev\.|orion-dev-)/.test(topic)),
    )
    for (const group of await admin.listGroups())
      if (group.startsWith('orion-dev-')) await admin.deleteGroup(group)
  } finally {
    await log.close()
  }
}
