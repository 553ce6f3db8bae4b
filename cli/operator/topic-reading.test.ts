import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryEngine } from '#state-stores'
import { noMetrics, silentLogger, systemClock } from '#streams'
import { type EmbeddedLog, openEmbeddedLog } from '#streams/log'
import { partitionsOf, readRecords } from './topic-reading.ts'

const TOPIC = 'prices'
let directory: string
let log: EmbeddedLog

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'orion-topic-reading-'))
  log = await openEmbeddedLog({
    engine: memoryEngine(),
    directory,
    logger: silentLogger,
    metrics: noMetrics,
    clock: systemClock,
  })
  const [topic, partitions] = [TOPIC, 2]
  const unbounded = { cleanup: 'delete', retentionMs: -1, retentionBytes: -1 } as const
  await log.admin.createTopics([{ topic, partitions, ...unbounded }])
  const producer = await log.createProducer({ clientId: 'test' })
  const records = ['a', 'b', 'c'].map((text) => ({
    key: Buffer.from('k'),
    value: Buffer.from(text),
    timestampMs: 1,
  }))
  await producer.send([
    { topic, partition: 0, records },
    { topic, partition: 1, records },
  ])
  await producer.close()
})

afterEach(async () => {
  await log.close()
  rmSync(directory, { recursive: true, force: true })
})

async function read(): Promise<string[]> {
  const from = (await partitionsOf(log, TOPIC)).map((one) => ({ ...one, offset: 0 }))
  const texts: string[] = []
  for await (const { partition, record } of readRecords(log, 'test', { from, until: 'end' }))
    texts.push(`${partition}:${String(record.value)}`)
  return texts.sort()
}

test('records up to the end that there is', async () => {
  expect(await read()).toEqual(['0:a', '0:b', '0:c', '1:a', '1:b', '1:c'])
})

test('a partition that has lost some of its records, or all of them, is read as far as it is there', async () => {
  await log.admin.truncate([
    { topic: TOPIC, partition: 0, offset: 3 },
    { topic: TOPIC, partition: 1, offset: 2 },
  ])
  expect(await read()).toEqual(['1:c'])
  await log.admin.truncate([{ topic: TOPIC, partition: 1, offset: 3 }])
  expect(await read()).toEqual([])
})
