import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryEngine } from '#state-stores'
import { silentLogger } from '../../logger.ts'
import { append, newTopic, until, valuesOf } from '../contract/context.ts'
import type { EmbeddedLog } from '../embedded/embedded-log.ts'
import { openLog } from '../embedded/fixtures/open-log.ts'
import type { Log } from '../log.ts'
import { openChannelLog } from './channel-log.ts'
import { serveLog } from './serve-log.ts'

const CONDITION_MS = 10_000

let log: EmbeddedLog
let far: Log
let farPort: MessagePort

beforeEach(async () => {
  log = await openLog('unused', { engine: memoryEngine() })
  await log.admin.createTopics([newTopic('lines', 2)])
  const { port1, port2 } = new MessageChannel()
  serveLog(log, port1, { logger: silentLogger })
  farPort = port2
  far = openChannelLog(port2)
})

afterEach(async () => {
  farPort.close()
  await log.close()
})

test('when the port closes, open transactions are aborted, members leave, and calls of the other side fail', async () => {
  const producer = await far.createTransactionalProducer({
    clientId: 'far',
    transactionalId: 'far',
    transactionTimeoutMs: 60_000,
  })
  await producer.init()
  await producer.begin()
  await producer.send([append('lines', 0, ['never committed'])])
  const consumer = await far.createGroupConsumer({
    clientId: 'far',
    groupId: 'group',
    topics: ['lines'],
  })
  await consumer.poll({ maxWaitMs: 0 })
  expect((await log.admin.describeGroup('group')).members).toHaveLength(1)
  const waiting = consumer.poll({ maxWaitMs: 60_000 })
  farPort.close()
  await expect(waiting).rejects.toMatchObject({ code: 'LOG_CLOSED' })
  await expect(producer.commit()).rejects.toMatchObject({ code: 'LOG_CLOSED' })
  await until(CONDITION_MS, 'the member is out', async () => {
    return (await log.admin.describeGroup('group')).members.length === 0
  })
  const near = await log.createProducer({ clientId: 'near' })
  await near.send([append('lines', 0, ['committed'])])
  const reader = await log.createPartitionReader({ clientId: 'near' })
  await reader.assign([{ topic: 'lines', partition: 0, offset: 0 }])
  expect(valuesOf(await reader.poll({ maxWaitMs: 1_000 }))).toEqual(['committed'])
})

test('an error keeps its code, message, place and remedy', async () => {
  const of = (one: Log) =>
    one.admin.offsets([{ topic: 'nowhere', partition: 3 }], 'latest').catch((error) => error)
  const [here, there] = [await of(log), await of(far)]
  expect(there).toBeInstanceOf(here.constructor)
  const { code, message, place, remedy } = here
  expect(there).toMatchObject({ code, message, place, remedy })
})

test('calls of a transaction need not wait for each other, and the commit fails with them', async () => {
  const producer = await far.createTransactionalProducer({
    clientId: 'far',
    transactionalId: 'far',
    transactionTimeoutMs: 60_000,
  })
  const outcomes = (...calls: Promise<unknown>[]) =>
    Promise.allSettled(calls).then((all) => all.map(({ status }) => status))
  await producer.init()
  expect(
    await outcomes(
      producer.begin(),
      producer.send([append('lines', 0, ['a'])]),
      producer.send([append('lines', 0, ['b'])]),
      producer.commit(),
    ),
  ).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect(
    await outcomes(
      producer.begin(),
      producer.send([append('nowhere', 0, ['c'])]),
      producer.send([append('lines', 0, ['d'])]),
      producer.commit(),
    ),
  ).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected'])
  expect(await log.admin.offsets([{ topic: 'lines', partition: 0 }], 'latest')).toEqual([2])
})

test('a paused partition does not take the room of the others, and is delivered whole when it is resumed', async () => {
  const large = Array.from({ length: 12 }, (_, n) => `${n}${'x'.repeat(100_000)}`)
  const near = await log.createProducer({ clientId: 'near' })
  for (const value of large) await near.send([append('lines', 0, [value])])
  const consumer = await far.createGroupConsumer({
    clientId: 'far',
    groupId: 'group',
    topics: ['lines'],
    onMissingOffset: 'earliest',
    bufferedBytesMax: 300_000,
  })
  const values: (string | null)[] = []
  const poll = async () => {
    values.push(...valuesOf(await consumer.poll({ maxWaitMs: 100, recordsMax: 1 })))
    return values.length
  }
  const paused = [{ topic: 'lines', partition: 0 }]
  await until(CONDITION_MS, 'one is read', async () => (await poll()) === 1)
  for (let n = 0; n < 5; n++) {
    consumer.pause(paused)
    await near.send([append('lines', 1, [`other ${n}`])])
    await until(CONDITION_MS, 'the other is read', async () => {
      await poll()
      return values.at(-1) === `other ${n}`
    })
    consumer.resume(paused)
  }
  await until(CONDITION_MS, 'all is read', async () => (await poll()) === large.length + 5)
  expect(values.filter((value) => value?.includes('x'))).toEqual(large)
  await consumer.close()
})
