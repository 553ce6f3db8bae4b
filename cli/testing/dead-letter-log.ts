import { join } from 'node:path'
import { openEmbeddedRegistry } from '#avro'
import { rocksdbEngine } from '#state-stores'
import { type DeadLetter, noMetrics, silentLogger, systemClock } from '#streams'
import { type Log, openEmbeddedLog } from '#streams/log'
import { allTopics, openTopics, type Topics } from '#topics'
import { deadLetterEncoder } from '../start/dead-letters.ts'

/** A log in a directory that holds dead letters of raw market data. */
export interface DeadLetterLog {
  readonly log: Log
  readonly topics: Topics
  close(): Promise<void>
}

/** On the embedded log in the directory, or on another one. */
export async function openDeadLetterLog(
  directory: string,
  { env = 'dev', on }: { readonly env?: string; readonly on?: Log } = {},
): Promise<DeadLetterLog> {
  const registry = openEmbeddedRegistry({ directory: join(directory, 'registry') })
  const topics = openTopics({ env, registry })
  for (const topic of allTopics(topics)) await topic.valueSerde.prepare?.(topic.name, 'value')
  const log = on ?? (await openOwn(directory))
  await log.admin.createTopics(
    [topics.marketdata.raw.name, topics.dlq['market-data'].name, topics.dlq.bars.name].map(
      (topic) => ({
        topic,
        partitions: 2,
        cleanup: 'delete',
        retentionMs: -1,
        retentionBytes: -1,
      }),
    ),
  )
  return {
    log,
    topics,
    close: async () => {
      await log.close()
      await registry.close()
    },
  }
}

function openOwn(directory: string): Promise<Log> {
  return openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(directory, 'log'),
    logger: silentLogger,
    metrics: noMetrics,
    clock: systemClock,
  })
}

/** Dead letters on the topic of market data, all in its first partition. */
export async function putDeadLetters(
  { log, topics }: DeadLetterLog,
  letters: readonly Partial<DeadLetter>[],
): Promise<void> {
  const encode = deadLetterEncoder(topics.dlq['market-data'], 'market-data', '1.2.3')
  const records = letters.map((letter, index) => {
    const { key, value } = encode({
      key: Buffer.from('demo|EURUSD'),
      value: Buffer.from(`value-${index}`),
      headers: [['trace', Buffer.from(`t-${index}`)]],
      timestampMs: 1_000 + index,
      topic: topics.marketdata.raw.name,
      partition: 1,
      offset: index,
      code: 'PROCESSING_FAILED',
      what: 'unlucky',
      remedy: 'Wait.',
      stack: 'Error: unlucky\n    at somewhere',
      consumer: 'market-data/normalise',
      attempts: 6,
      firstFailedMs: 2_000,
      lastFailedMs: 3_000 + index,
      ...letter,
    })
    return { key, value, timestampMs: 1_000 + index }
  })
  const producer = await log.createProducer({ clientId: 'test' })
  await producer.send([{ topic: topics.dlq['market-data'].name, partition: 0, records }])
  await producer.close()
}
