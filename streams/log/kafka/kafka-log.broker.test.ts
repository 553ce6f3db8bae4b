import { describe } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import { logContract } from '../log-contract.ts'
import { openKafkaLog } from './kafka-log.ts'

const { brokers = [], missing } = await brokerForTests()

describe.skipIf(brokers.length === 0)(`Kafka${missing}`, () => {
  logContract('Kafka', {
    open: () =>
      openKafkaLog({
        brokers,
        clientId: 'contract',
        logger: silentLogger,
        metrics: noMetrics,
        clock: systemClock,
        retryForMs: 20_000,
      }),
    abilities: { refusesStaleMembersInTransactions: true },
  })
})
