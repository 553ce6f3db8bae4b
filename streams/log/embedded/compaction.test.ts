import { expect, test } from 'vitest'
import type { LogRecord, ProducerRecord } from '../log.ts'
import type { EmbeddedLog, EmbeddedLogOptions } from './embedded-log.ts'
import { inDirectory, manualClock, openLog, topicOf } from './fixtures/open-log.ts'

const START_MS = 1_800_000_000_000

test('random writes, compactions and restarts keep the newest value of every key at its offset', async () => {
  await inDirectory(async (directory) => {
    const clock = manualClock(START_MS)
    const options = { clock, batchBytes: 300, compactionDirtyRatio: 0.2, tailBytesMax: 1_000 }
    let log = await openLog(directory, options)
    await log.admin.createTopics([topicOf('c', { cleanup: 'compact' })])
    let state = 7
    const random = (bound: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      return (state >>> 8) % bound
    }
    const newest = new Map<string, { offset: number; value: string | null }>()
    let next = 0
    for (let round = 0; round < 40; round++) {
      const records = Array.from({ length: 1 + random(60) }, () => {
        const key = `k${random(30)}`
        const value = random(6) === 0 ? null : `v${next}`
        newest.set(key, { offset: next++, value })
        return record(key, value)
      })
      await append(log, records)
      if (random(2) === 0) await log.maintain()
      if (random(8) === 0) {
        await log.close()
        log = await openLog(directory, options)
      }
    }
    await log.maintain({ force: true })
    const read = await readAll(log)
    // Tombstones are still young: every key is there, at the offset of its last record, and only there.
    expect(new Map(read.map((one) => [`${one.key}`, one.offset]))).toEqual(
      new Map([...newest].map(([key, { offset }]) => [key, offset])),
    )
    expect(read.length).toBe(newest.size)
    expect(read.map(({ offset }) => offset)).toEqual(
      read.map(({ offset }) => offset).sort((a, b) => a - b),
    )
    for (const { key, value } of read) {
      expect(value === null ? null : `${value}`).toBe(newest.get(`${key}`)?.value)
    }
    await log.close()
  })
})

test('a tombstone goes when it is old enough, and its key with it', async () => {
  await compacted({ tombstoneRetentionMs: 10_000 }, async (log, clock) => {
    await append(log, [record('gone', 'x'), record('kept', 'y'), record('gone', null)])
    await log.maintain({ force: true })
    expect(await texts(log)).toEqual(['1 kept=y', '2 gone=null'])
    clock.advance(10_001)
    await append(log, [record('new', 'z')])
    await log.maintain({ force: true })
    expect(await texts(log)).toEqual(['1 kept=y', '3 new=z'])
  })
})

test('records younger than the lag are left alone', async () => {
  await compacted({}, async (log, clock) => {
    log.alterTopic('c', { minCompactionLagMs: 60_000 })
    await append(log, [record('k', '0')])
    await append(log, [record('k', '1')])
    await log.maintain({ force: true })
    expect(await texts(log)).toEqual(['0 k=0', '1 k=1'])
    clock.advance(60_001)
    await append(log, [record('k', '2')])
    await log.maintain({ force: true })
    expect(await texts(log)).toEqual(['1 k=1', '2 k=2'])
  })
})

test('over its bound a partition is compacted early: the lag holds for the newest half of the bound', async () => {
  await compacted({ batchBytes: 1_000 }, async (log, clock) => {
    log.alterTopic('c', { minCompactionLagMs: 60_000, retentionBytes: 10_000 })
    const write = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await append(log, [record('k', `${n}`.padStart(1_000, '.'))])
    }
    const kept = async () => (await readAll(log)).map(({ offset }) => offset)
    await write(0, 9)
    await log.maintain()
    expect(await kept()).toHaveLength(9)
    await write(9, 20)
    await log.maintain()
    // A record takes 1,060 bytes or so: four of them are in the newest 5,000 bytes, and the last one before those stays.
    expect(await kept()).toEqual([15, 16, 17, 18, 19])
    clock.advance(60_001)
    await log.maintain({ force: true })
    expect(await kept()).toEqual([19])
  })
})

test('over its bound a partition keeps what a group has not read, up to twice the bound', async () => {
  await compacted({ batchBytes: 1_000 }, async (log) => {
    log.alterTopic('c', { minCompactionLagMs: 60_000, retentionBytes: 10_000 })
    const write = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await append(log, [record('k', `${n}`.padStart(1_000, '.'))])
    }
    const kept = async () => (await readAll(log)).map(({ offset }) => offset)
    const read = (offset: number) =>
      log.admin.setGroupOffsets('reader', [{ topic: 'c', partition: 0, offset }])
    await read(6)
    await write(0, 16)
    await log.maintain()
    // The last record of the key before what is unread stays.
    expect(await kept()).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    await read(14)
    await log.maintain()
    expect(await kept()).toEqual([11, 12, 13, 14, 15])
    await write(16, 40)
    await log.maintain()
    expect(await kept()).toEqual([35, 36, 37, 38, 39])
  })
})

test('over its bound a partition keeps tombstones for a minute, below it for their time', async () => {
  await compacted({ batchBytes: 1_000, tombstoneRetentionMs: 3_600_000 }, async (log, clock) => {
    await append(log, [record('gone', 'x'), record('gone', null)])
    clock.advance(60_001)
    await append(log, [record('big', 'y'.repeat(5_000))])
    await log.maintain({ force: true })
    expect((await readAll(log)).map(({ offset }) => offset)).toEqual([1, 2])
    log.alterTopic('c', { retentionBytes: 4_000 })
    await append(log, [record('big', 'z'.repeat(5_000))])
    await log.maintain({ force: true })
    expect((await readAll(log)).map(({ offset }) => offset)).toEqual([3])
  })
})

test('records of an open transaction, and behind it, are not compacted', async () => {
  await compacted({}, async (log) => {
    await append(log, [record('k', '0')])
    const producer = await log.createTransactionalProducer({
      clientId: 'test',
      transactionalId: 'x',
      transactionTimeoutMs: 60_000,
    })
    await producer.init()
    await producer.begin()
    await producer.send([{ topic: 'c', partition: 0, records: [record('k', 'open')] }])
    await append(log, [record('k', '2')])
    await log.maintain({ force: true })
    expect(await texts(log)).toEqual(['0 k=0'])
    await producer.commit()
    expect(await texts(log)).toEqual(['0 k=0', '1 k=open', '2 k=2'])
    await log.maintain({ force: true })
    expect(await texts(log)).toEqual(['2 k=2'])
  })
})

test('a compacted partition ends where it ended, also when its last records are gone', async () => {
  await compacted({ tombstoneRetentionMs: 0 }, async (log, clock) => {
    await append(log, [record('a', '0'), record('a', null)])
    clock.advance(1)
    await log.maintain({ force: true })
    const reader = await log.createPartitionReader({ clientId: 'test' })
    await reader.assign([{ topic: 'c', partition: 0, offset: 0 }])
    expect(await reader.poll({ maxWaitMs: 0 })).toEqual([
      { topic: 'c', partition: 0, records: [], nextOffset: 2, endOffset: 2 },
    ])
    expect(await reader.poll({ maxWaitMs: 0 })).toEqual([])
    await reader.close()
  })
})

test('a record without a key is refused', async () => {
  await compacted({}, async (log) => {
    const refused = append(log, [{ ...record('k', 'v'), key: null }])
    await expect(refused).rejects.toMatchObject({ code: 'LOG_RECORD_INVALID' })
  })
})

async function compacted(
  options: Partial<EmbeddedLogOptions>,
  run: (log: EmbeddedLog, clock: ReturnType<typeof manualClock>) => Promise<void>,
): Promise<void> {
  await inDirectory(async (directory) => {
    const clock = manualClock(START_MS)
    const log = await openLog(directory, { clock, ...options })
    await log.admin.createTopics([topicOf('c', { cleanup: 'compact' })])
    await run(log, clock)
    await log.close()
  })
}

function record(key: string, value: string | null) {
  return {
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestampMs: 1,
  }
}

async function append(log: EmbeddedLog, records: readonly ProducerRecord[]): Promise<void> {
  const producer = await log.createProducer({ clientId: 'test' })
  await producer.send([{ topic: 'c', partition: 0, records }])
}

async function readAll(log: EmbeddedLog): Promise<LogRecord[]> {
  const reader = await log.createPartitionReader({ clientId: 'test' })
  await reader.assign([{ topic: 'c', partition: 0, offset: 0 }])
  const records: LogRecord[] = []
  for (;;) {
    const batches = await reader.poll({ maxWaitMs: 0 })
    if (batches.length === 0) break
    records.push(...batches.flatMap((batch) => batch.records))
  }
  await reader.close()
  return records
}

async function texts(log: EmbeddedLog): Promise<string[]> {
  return (await readAll(log)).map(({ offset, key, value }) => `${offset} ${key}=${value}`)
}
