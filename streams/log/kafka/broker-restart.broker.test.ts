import { afterAll, expect, test } from 'vitest'
import { brokerForTests, ownBrokerForTests } from '#cli/kafka/broker-for-tests'
import { systemClock } from '../../clock.ts'
import { silentLogger } from '../../logger.ts'
import { noMetrics } from '../../metrics.ts'
import type { GroupConsumer, Log, PartitionAppend, PartitionReader } from '../log.ts'
import { openKafkaLog } from './kafka-log.ts'

const { missing } = await brokerForTests()
const own = missing === '' ? await ownBrokerForTests() : undefined

afterAll(async () => {
  await own?.close()
})

test.skipIf(own === undefined)(`clients survive a restart of the broker${missing}`, async () => {
  if (own === undefined) throw new Error('no broker')
  const log = await open(own.brokers)
  const topic = 'survivors'
  await log.admin.createTopics([
    { topic, partitions: 1, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 },
  ])
  const producer = await log.createProducer({ clientId: 'survivor' })
  const transactional = await log.createTransactionalProducer({
    clientId: 'survivor',
    transactionalId: 'survivor',
    transactionTimeoutMs: 60_000,
  })
  const reader = await log.createPartitionReader({ clientId: 'survivor' })
  const consumer = await log.createGroupConsumer({
    clientId: 'survivor',
    groupId: 'survivors',
    topics: [topic],
  })
  const read: string[] = []
  const consumed: string[] = []
  const readUntil = async (count: number) => {
    while (read.length < count || consumed.length < count) {
      for (const [from, into] of [
        [reader, read],
        [consumer, consumed],
      ] as const) {
        await readOnce(from, into)
      }
    }
  }
  await transactional.init()
  await producer.send([values(topic, 'before')])
  await reader.assign([{ topic, partition: 0, offset: 0 }])
  await transactional.begin()
  await transactional.send([values(topic, 'begun before')])
  let sending: Promise<unknown> = Promise.resolve()
  await own.restart(async () => {
    sending = producer.send([values(topic, 'sent while away')])
    await readOnce(reader, read)
  })
  await sending
  await transactional.send([values(topic, 'sent after')])
  await transactional.commit()
  await producer.send([values(topic, 'after')])
  await readUntil(5)
  const expected = ['after', 'before', 'begun before', 'sent after', 'sent while away']
  expect(read.toSorted()).toEqual(expected)
  expect([...new Set(consumed)].sort()).toEqual(expected)
  await log.close()
})

test.skipIf(own === undefined)(
  `without a broker a call fails when its time is over${missing}`,
  async () => {
    const opening = open(['127.0.0.1:1'], 400)
    await expect(opening).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' })
  },
)

async function readOnce(from: PartitionReader | GroupConsumer, into: string[]): Promise<void> {
  for (const { records } of await from.poll({ maxWaitMs: 200 })) {
    for (const { value } of records) into.push(String(value))
  }
}

function open(brokers: readonly string[], retryForMs = 60_000): Promise<Log> {
  const ports = { logger: silentLogger, metrics: noMetrics, clock: systemClock }
  return openKafkaLog({ brokers, clientId: 'survivor', ...ports, retryForMs })
}

function values(topic: string, ...texts: string[]): PartitionAppend {
  const records = texts.map((text) => ({ key: null, value: Buffer.from(text), timestampMs: 1 }))
  return { topic, partition: 0, records }
}
