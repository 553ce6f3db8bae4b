import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ProducerRecord } from '../log.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { inDirectory, manualClock, openLog, topicOf } from './fixtures/open-log.ts'

const MEBIBYTE = 1024 * 1024

test('a partition over its size loses its oldest batches, and keeps the newest', async () => {
  await inDirectory(async (directory) => {
    const log = await openLog(directory)
    await log.admin.createTopics([topicOf('t', { retentionBytes: 100_000 })])
    for (let n = 0; n < 50; n++) await append(log, blob(n, 10_000))
    await log.maintain()
    const [[start = 0], [end]] = [
      await log.admin.offsets([{ topic: 't', partition: 0 }], 'earliest'),
      await log.admin.offsets([{ topic: 't', partition: 0 }], 'latest'),
    ]
    expect(end).toBe(50)
    expect(start).toBeGreaterThanOrEqual(40)
    expect(start).toBeLessThanOrEqual(42)

    const reader = await log.createPartitionReader({ clientId: 'test' })
    await reader.assign([{ topic: 't', partition: 0, offset: 0 }])
    const [first] = await reader.poll({ maxWaitMs: 0 })
    expect(first?.records[0]?.offset).toBe(start)
    await reader.close()
    await log.close()
  })
})

test('age is counted from the append: records of past years stay, old appends go', async () => {
  await inDirectory(async (directory) => {
    const clock = manualClock(1_800_000_000_000)
    const log = await openLog(directory, { clock })
    await log.admin.createTopics([topicOf('t', { retentionMs: 60_000 })])
    await append(log, { key: null, value: Buffer.from('of 1999'), timestampMs: 915_148_800_000 })
    clock.advance(59_000)
    await append(log, { key: null, value: Buffer.from('later'), timestampMs: 915_148_800_000 })
    await log.maintain()
    const earliest = () => log.admin.offsets([{ topic: 't', partition: 0 }], 'earliest')
    expect(await earliest()).toEqual([0])
    clock.advance(2_000)
    await log.maintain()
    expect(await earliest()).toEqual([1])
    clock.advance(60_000)
    await log.maintain()
    expect(await earliest()).toEqual([2])
    await append(log, blob(0, 10))
    expect(await log.admin.offsets([{ topic: 't', partition: 0 }], 'latest')).toEqual([3])
    await log.close()
  })
})

test('bounds can be changed on a topic that exists, and are kept', async () => {
  await inDirectory(async (directory) => {
    let log = await openLog(directory)
    await log.admin.createTopics([topicOf('t')])
    for (let n = 0; n < 10; n++) await append(log, blob(n, 1_000))
    log.alterTopic('t', { retentionBytes: 0 })
    await log.close()
    log = await openLog(directory)
    expect(await log.admin.describeTopics(['t'])).toMatchObject([{ retentionBytes: 0 }])
    await log.maintain()
    expect(await log.admin.offsets([{ topic: 't', partition: 0 }], 'earliest')).toEqual([10])
    await log.close()
  })
})

test('disk use stays bounded while many times the bound is written, deleted and compacted', async () => {
  await inDirectory(async (directory) => {
    const log = await openLog(directory, { memoryBytes: 8 * MEBIBYTE, tailBytesMax: MEBIBYTE })
    await log.admin.createTopics([
      topicOf('t', { retentionBytes: 4 * MEBIBYTE }),
      topicOf('c', { cleanup: 'compact' }),
    ])
    let largest = 0
    for (let round = 0; round < 48; round++) {
      for (let n = 0; n < 60; n++) {
        await append(log, blob(n, 64 * 1024), 't')
        await append(log, { ...blob(n, 32 * 1024), key: Buffer.from(`k${n % 10}`) }, 'c')
      }
      await log.maintain()
      largest = Math.max(largest, diskBytes(directory))
    }
    // 270 MiB were written; 4 MiB and ten keys are kept. The engine compacts and deletes beside us, so a peak has files twice.
    expect(largest).toBeGreaterThan(4 * MEBIBYTE)
    expect(largest).toBeLessThan(80 * MEBIBYTE)
    await log.close()
  })
})

async function append(log: EmbeddedLog, record: ProducerRecord, topic = 't'): Promise<void> {
  const producer = await log.createProducer({ clientId: 'test' })
  await producer.send([{ topic, partition: 0, records: [record] }])
}

/** Bytes that do not compress. */
function blob(seed: number, sizeBytes: number): ProducerRecord {
  const value = Buffer.alloc(sizeBytes)
  let state = seed + 1
  for (let at = 0; at < sizeBytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    value[at] = state >>> 24
  }
  return { key: null, value, timestampMs: 1 }
}

function diskBytes(directory: string): number {
  let total = 0
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    total += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  }
  return total
}
