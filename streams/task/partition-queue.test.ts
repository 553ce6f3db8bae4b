import { describe, expect, test } from 'vitest'
import { source, text, wholeNumber } from '../fixtures/sample-topology.ts'
import type { FetchedBatch } from '../log/log.ts'
import type { TimestampExtractor } from '../topology.ts'
import { PartitionQueue } from './partition-queue.ts'
import { SourceRunner } from './source-runner.ts'

function queue(timestampExtractor?: TimestampExtractor): PartitionQueue {
  const node = source({ name: 'in', topics: ['in'], keySerde: text, valueSerde: wholeNumber })
  if (node.kind !== 'source') throw new Error('a source expected')
  return new PartitionQueue({
    topic: 'in',
    partition: 0,
    source: new SourceRunner({ ...node, timestampExtractor }, []),
    position: 10,
    partitionTimeMs: -1,
    endOffset: 30,
  })
}

function batch(offsets: readonly number[], nextOffset: number, value = '1'): FetchedBatch {
  const records = offsets.map((offset) => ({
    offset,
    timestampMs: offset * 10,
    key: Buffer.from('k'),
    value: Buffer.from(value),
    headers: [],
  }))
  return { topic: 'in', partition: 0, records, nextOffset, endOffset: 30 }
}

describe('what was fetched again', () => {
  test('is not taken again, in part or in whole', () => {
    const inputs = queue()
    inputs.add(batch([10, 11], 12))
    inputs.add(batch([10, 11], 12))
    inputs.add(batch([10], 11))
    inputs.add(batch([11, 12], 13))
    const taken: (number | undefined)[] = []
    while (inputs.head !== undefined) {
      taken.push(inputs.head.offset)
      inputs.pop()
    }
    expect(taken).toEqual([10, 11, 12])
    expect([inputs.position, inputs.fetchedTo, inputs.buffered]).toEqual([13, 13, 0])
  })

  test('after a roll-back is what was taken since the last commit', () => {
    const inputs = queue()
    inputs.add(batch([10, 11], 12))
    inputs.add(batch([12], 13))
    inputs.pop()
    inputs.rollBack(inputs.source, 11, -1)
    expect([inputs.head?.offset, inputs.buffered, inputs.fetchedTo]).toEqual([11, 2, 13])
  })
})

describe('the position to commit', () => {
  test('follows processed records, and passes what the log skipped only after the last of a batch', () => {
    const inputs = queue()
    inputs.add(batch([10, 12], 15))
    inputs.add(batch([17], 18))
    expect(inputs.position).toBe(10)
    inputs.pop()
    expect(inputs.position).toBe(11)
    inputs.pop()
    expect(inputs.position).toBe(15)
    inputs.pop()
    expect(inputs.position).toBe(18)
    expect(inputs.head).toBeUndefined()
    expect([inputs.unfetched, inputs.lag]).toEqual([12, 12])
  })

  test('passes a batch without records at once, but never records that wait', () => {
    const inputs = queue()
    inputs.add(batch([], 14))
    expect(inputs.position).toBe(14)
    inputs.add(batch([14], 15))
    inputs.add(batch([], 30))
    expect(inputs.position).toBe(14)
    inputs.pop()
    expect(inputs.position).toBe(30)
    expect(inputs.unfetched).toBe(0)
  })
})

describe('the timestamp of the head', () => {
  test('is that of the log, and nothing is deserialised for it', () => {
    const inputs = queue()
    inputs.add(batch([10], 11, 'no number'))
    expect([inputs.headTimestampMs, inputs.headFailure]).toEqual([100, undefined])
    inputs.decodeHead()
    expect(String(inputs.headFailure)).toContain('not a whole number')
  })

  test('is what the extractor says, which knows the time of the partition', () => {
    const seen: number[] = []
    const inputs = queue(({ value }, partitionTimeMs) => {
      seen.push(partitionTimeMs)
      return value * 1_000
    })
    inputs.add(batch([10, 11], 12, '7'))
    expect(inputs.headTimestampMs).toBe(7_000)
    inputs.pop()
    expect(seen).toEqual([-1, 7_000])
  })
})
