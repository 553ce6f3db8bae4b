import { expect, test } from 'vitest'
import { noMetrics, silentLogger } from '#streams'
import type { PartitionAppend } from '#streams/log'
import { MemoryLog } from '../fixtures/memory-log.ts'
import { type EventWrite, EventWriter } from './event-writer.ts'

const clock = { nowMs: () => 1, monotonicMs: () => 1 }

function house(waitingMax = 100) {
  const memory = new MemoryLog()
  memory.createTopic('a', 2)
  memory.createTopic('b', 1)
  const batches: PartitionAppend[][] = []
  const log = memory.asLog()
  const counted = {
    createProducer: async () => {
      const producer = await log.createProducer({ clientId: 'test' })
      return {
        ...producer,
        send: (appends: readonly PartitionAppend[]) => {
          batches.push([...appends])
          return producer.send(appends)
        },
      }
    },
    createTransactionalProducer: log.createTransactionalProducer,
  }
  const writer = new EventWriter({
    log: counted,
    instanceId: 'test',
    waitingMax,
    clock,
    logger: silentLogger,
    metrics: noMetrics,
  })
  return { batches, memory, writer }
}

const write = (topic: string, partition: number, text: string): EventWrite => ({
  topic,
  partition,
  key: Buffer.from('k'),
  value: Buffer.from(text),
})

test('writes of the same moment go together, in order, each with the position behind it', async () => {
  const { batches, writer } = house()
  const positions = await Promise.all(
    ['1', '2', '3', '4'].map((text, i) => writer.write([write('a', i % 2, text)])),
  )
  expect(positions.map((position) => position.toJSON())).toEqual([
    { a: { 0: 1 } },
    { a: { 1: 1 } },
    { a: { 0: 2 } },
    { a: { 1: 2 } },
  ])
  const sent = batches
    .flat()
    .map(({ partition, records }) => `${partition} ${records.map(({ value }) => String(value))}`)
  expect(sent).toEqual(['0 1', '1 2,4', '0 3'])
  // The first goes at once; what comes meanwhile goes together.
  expect(batches.length).toBe(2)
  await writer.close()
})

test('several are written together or not at all', async () => {
  const { memory, writer } = house()
  const both = [write('a', 1, 'x'), write('b', 0, 'y')]
  expect((await writer.write(both)).toJSON()).toEqual({ a: { 1: 1 }, b: { 0: 1 } })
  memory.fail(true)
  await expect(writer.write(both)).rejects.toMatchObject({ status: 503, kind: 'log-unavailable' })
  memory.fail(false)
  expect((await writer.write(both)).toJSON()).toEqual({ a: { 1: 2 }, b: { 0: 2 } })
  await writer.close()
})

test('beyond its room it refuses, and takes again when the log does', async () => {
  const { memory, writer } = house(2)
  memory.fail(true)
  const waiting = [1, 2, 3, 4].map((i) => writer.write([write('b', 0, String(i))]))
  const results = await Promise.allSettled(waiting)
  const kinds = results.map((result) => result.status === 'rejected' && result.reason.kind)
  expect(kinds).toContain('log-unavailable')
  expect(kinds).toContain('log-busy')
  memory.fail(false)
  expect((await writer.write([write('b', 0, 'x')])).toJSON()).toEqual({ b: { 0: 1 } })
  await writer.close()
})
