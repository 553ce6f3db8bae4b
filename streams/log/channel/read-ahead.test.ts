import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryEngine } from '#state-stores'
import { silentLogger } from '../../logger.ts'
import { append, newTopic, until, valuesOf } from '../contract/context.ts'
import type { EmbeddedLog } from '../embedded/embedded-log.ts'
import { openLog } from '../embedded/fixtures/open-log.ts'
import type { GroupConsumer } from '../log.ts'
import { openChannelLog } from './channel-log.ts'
import { type ServedLog, serveLog } from './serve-log.ts'

const CONDITION_MS = 10_000
const AT = { topic: 'lines', partition: 0 }

let log: EmbeddedLog
let farPort: MessagePort
/** Called with what a poll of the log's thread has brought, before it goes to the other thread. */
let polled: () => Promise<void> | void
let sought: () => void

beforeEach(async () => {
  polled = () => {}
  sought = () => {}
  log = await openLog('unused', { engine: memoryEngine() })
  await log.admin.createTopics([newTopic('lines', 2)])
})

afterEach(async () => {
  farPort.close()
  await log.close()
})

/** A member over a channel, whose place in the log can be watched. */
async function join(bufferedBytesMax?: number): Promise<GroupConsumer> {
  const served: ServedLog = {
    admin: log.admin,
    createProducer: (options) => log.createProducer(options),
    createTransactionalProducer: (options) => log.createTransactionalProducer(options),
    createPartitionReader: (options) => log.createPartitionReader(options),
    createGroupConsumer: async (options) => {
      const inner = await log.createGroupConsumer(options)
      const { poll, seek } = inner
      return Object.assign(inner, {
        poll: async (wanted: Parameters<typeof poll>[0]) => {
          const batches = await poll.call(inner, wanted)
          if (batches.length > 0) await polled()
          return batches
        },
        seek: (...place: Parameters<typeof seek>) => {
          seek.apply(inner, place)
          sought()
        },
      })
    },
    close: () => log.close(),
  }
  const { port1, port2 } = new MessageChannel()
  serveLog(served, port1, { logger: silentLogger })
  farPort = port2
  return openChannelLog(port2).createGroupConsumer({
    clientId: 'far',
    groupId: 'group',
    topics: ['lines'],
    onMissingOffset: 'earliest',
    ...(bufferedBytesMax === undefined ? {} : { bufferedBytesMax }),
  })
}

async function produce(partition: number, ...values: string[]): Promise<void> {
  const producer = await log.createProducer({ clientId: 'near' })
  await producer.send([append('lines', partition, values)])
  await producer.close()
}

async function readUntil(
  consumer: GroupConsumer,
  isDone: (values: readonly (string | null)[]) => boolean,
): Promise<readonly (string | null)[]> {
  const values: (string | null)[] = []
  await until(CONDITION_MS, 'it is read', async () => {
    values.push(...valuesOf(await consumer.poll({ maxWaitMs: 20 })))
    return isDone(values)
  })
  return values
}

test('what is on its way when the member seeks is not delivered', async () => {
  const consumer = await join()
  await consumer.poll({ maxWaitMs: 0 })
  const seeks = new Promise<void>((resolve) => {
    polled = () => {
      polled = () => {}
      // When the message is sent, and before it is heard.
      process.nextTick(() => {
        consumer.seek(AT, 2)
        resolve()
      })
    }
  })
  await produce(0, 'a', 'b', 'c')
  await seeks
  await produce(0, 'd')
  expect(await readUntil(consumer, (values) => values.includes('d'))).toEqual(['c', 'd'])
  await consumer.close()
})

test('what a poll brings during which the member seeks is read again from there', async () => {
  const consumer = await join()
  await consumer.poll({ maxWaitMs: 0 })
  const heard = new Promise<void>((resolve) => {
    sought = resolve
  })
  polled = () => {
    polled = () => {}
    consumer.seek(AT, 1)
    return heard
  }
  await produce(0, 'a', 'b', 'c')
  expect(await readUntil(consumer, (values) => values.includes('c'))).toEqual(['b', 'c'])
  await consumer.close()
})

test('what comes of a partition that is paused meanwhile takes no room', async () => {
  const consumer = await join(300_000)
  await consumer.poll({ maxWaitMs: 0 })
  const pauses = new Promise<void>((resolve) => {
    polled = () => {
      polled = () => {}
      consumer.pause([AT])
      resolve()
    }
  })
  const large = 'x'.repeat(400_000)
  await produce(0, large)
  await pauses
  await produce(1, 'other')
  expect(await readUntil(consumer, (values) => values.includes('other'))).toEqual(['other'])
  consumer.resume([AT])
  expect(await readUntil(consumer, (values) => values.length > 0)).toEqual([large])
  await consumer.close()
})
