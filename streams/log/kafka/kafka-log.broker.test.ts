import { describe } from 'vitest'
import { brokerForTests } from '#cli/kafka/broker-for-tests'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import { logContract } from '../log-contract.ts'
import { openKafkaLog } from './kafka-log.ts'

const { brokers = [], missing } = await brokerForTests()

describe.skipIf(brokers.length === 0)(`Kafka${missing}`, () => {
  const open = (transactionVersionMax: 1 | 2) =>
    openKafkaLog({
      brokers,
      clientId: 'contract',
      logger: silentLogger,
      metrics: noMetrics,
      clock: systemClock,
      retryForMs: 20_000,
      transactionVersionMax,
    })
  const abilities = { refusesStaleMembersInTransactions: true }

  logContract('Kafka', { open: () => open(2), abilities })

  logContract('Kafka before transactions of version 2', {
    open: () => open(1),
    abilities,
    sections: ['transactions', 'random run'],
  })
})
