import { expect, test } from 'vitest'
import type { TransactionalProducer } from '../log.ts'
import type { EmbeddedLog, EmbeddedLogOptions } from './embedded-log.ts'
import { inDirectory, manualClock, openLog, topicOf } from './fixtures/open-log.ts'

const AT = [{ topic: 't', partition: 0 }]

test('a transaction that is open for too long is aborted, and its next call fails', async () => {
  await withLog({}, async (log, clock) => {
    const slow = await producerOf(log, 'slow', 1_000)
    await slow.begin()
    await slow.send([append('slow')])
    const plain = await log.createProducer({ clientId: 'test' })
    await plain.send([append('plain')])
    expect(await log.admin.offsets(AT, 'stable')).toEqual([0])
    clock.advance(1_001)
    // Readers do not wait for a producer that never calls again.
    await log.maintain()
    expect(await log.admin.offsets(AT, 'stable')).toEqual([2])
    await expect(slow.commit()).rejects.toMatchObject({ code: 'LOG_TRANSACTION_TIMED_OUT' })
    await expect(slow.begin()).rejects.toMatchObject({ code: 'LOG_OUTCOME_UNKNOWN' })
    await slow.init()
    await slow.begin()
    await slow.send([append('again')])
    await slow.commit()
    expect(await values(log)).toEqual(['plain', 'again'])
  })
})

test('after a rejected send the transaction cannot be committed', async () => {
  await withLog({ recordBytesMax: 10 }, async (log) => {
    const producer = await producerOf(log, 'x')
    await producer.begin()
    await producer.send([append('before')])
    await expect(producer.send([append('far too large')])).rejects.toMatchObject({
      code: 'LOG_RECORD_TOO_LARGE',
    })
    await expect(producer.commit()).rejects.toMatchObject({ code: 'LOG_OUTCOME_UNKNOWN' })
    await producer.abort()
    await producer.begin()
    await producer.commit()
    expect(await values(log)).toEqual([])
    expect(await log.admin.offsets(AT, 'latest')).toEqual([0])
  })
})

test('a transaction over its memory is refused and aborted', async () => {
  await withLog({ transactionBytesMax: 10_000 }, async (log) => {
    const producer = await producerOf(log, 'x')
    await producer.begin()
    await producer.send([append('a'.repeat(8_000))])
    await expect(producer.send([append('b'.repeat(4_000))])).rejects.toMatchObject({
      code: 'LOG_TRANSACTION_TOO_LARGE',
    })
    await producer.init()
    expect(await values(log)).toEqual([])
  })
})

test('the older of two producers stays fenced, whatever it tries, over a restart as well', async () => {
  await inDirectory(async (directory) => {
    let log = await openLog(directory)
    await log.admin.createTopics([topicOf('t')])
    const zombie = await producerOf(log, 'x')
    const successor = await producerOf(log, 'x')
    for (const call of [
      () => zombie.begin(),
      () => zombie.abort(),
      () => zombie.commit(),
      () => zombie.init(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'LOG_FENCED' })
    }
    await successor.begin()
    await successor.send([append('one')])
    await successor.commit()
    await log.close()
    await expect(successor.begin()).rejects.toMatchObject({ code: 'LOG_CLOSED' })
    log = await openLog(directory)
    const third = await producerOf(log, 'x')
    await third.begin()
    await third.send([append('two')])
    await third.commit()
    expect(await values(log)).toEqual(['one', 'two'])
    await log.close()
  })
})

test('offsets of aborted transactions are used again at the end, and left out in between', async () => {
  await withLog({}, async (log) => {
    const [one, two] = [await producerOf(log, 'one'), await producerOf(log, 'two')]
    await one.begin()
    await one.send([append('a'), append('b')])
    await one.abort()
    await one.begin()
    await two.begin()
    await one.send([append('c'), append('d')])
    await two.send([append('e')])
    await two.commit()
    await one.abort()
    expect(await values(log)).toEqual(['e'])
    expect(await log.admin.offsets(AT, 'latest')).toEqual([3])
    const reader = await log.createPartitionReader({ clientId: 'test' })
    await reader.assign([{ topic: 't', partition: 0, offset: 0 }])
    const [batch] = await reader.poll({ maxWaitMs: 0 })
    expect(batch).toMatchObject({ records: [{ offset: 2 }], nextOffset: 3, endOffset: 3 })
    await reader.close()
  })
})

test('deleting a topic under an open transaction fails its commit as a whole', async () => {
  await withLog({}, async (log) => {
    await log.admin.createTopics([topicOf('other')])
    const producer = await producerOf(log, 'x')
    await producer.begin()
    await producer.send([append('a'), { ...append('a'), topic: 'other' }])
    await log.admin.deleteTopics(['other'])
    await expect(producer.commit()).rejects.toMatchObject({ code: 'LOG_UNKNOWN_TOPIC' })
    await producer.init()
    expect(await values(log)).toEqual([])
  })
})

async function withLog(
  options: Partial<EmbeddedLogOptions>,
  run: (log: EmbeddedLog, clock: ReturnType<typeof manualClock>) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const clock = manualClock(1_800_000_000_000)
    const log = await openLog(directory, { clock, ...options })
    await log.admin.createTopics([topicOf('t')])
    await run(log, clock)
    await log.close()
  })
}

async function producerOf(
  log: EmbeddedLog,
  transactionalId: string,
  transactionTimeoutMs = 60_000,
): Promise<TransactionalProducer> {
  const producer = await log.createTransactionalProducer({
    clientId: 'test',
    transactionalId,
    transactionTimeoutMs,
  })
  await producer.init()
  return producer
}

function append(value: string) {
  return {
    topic: 't',
    partition: 0,
    records: [{ key: null, value: Buffer.from(value), timestampMs: 1 }],
  }
}

async function values(log: EmbeddedLog): Promise<string[]> {
  const reader = await log.createPartitionReader({ clientId: 'test' })
  await reader.assign([{ topic: 't', partition: 0, offset: 0 }])
  const batches = await reader.poll({ maxWaitMs: 0 })
  await reader.close()
  return batches.flatMap(({ records }) => records.map(({ value }) => `${value}`))
}
