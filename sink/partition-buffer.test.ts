import { expect, test } from 'vitest'
import type { LogRecord } from '#streams/log'
import { PartitionBuffer } from './partition-buffer.ts'
import { deduplicationToken, planCommit, plannedRange } from './range-plan.ts'
import type { SinkSource } from './sources.ts'

const AT = { topic: 't', partition: 1 }
// The buffer only carries the source along.
const SOURCE = { topic: 't' } as unknown as SinkSource

const record = (offset: number): LogRecord => ({
  offset,
  timestampMs: 0,
  key: null,
  value: new Uint8Array(),
  headers: [],
})
const batch = (offsets: readonly number[], nextOffset: number) => ({
  ...AT,
  records: offsets.map(record),
  nextOffset,
  endOffset: nextOffset,
})
const asked = (nowMs: number) => ({ rowsMax: 3, lingerMs: 100, nowMs, plannedAtMs: 7 })

test('a range is planned when it is full, or when its first record has waited', () => {
  const buffer = new PartitionBuffer(SOURCE, AT, 10, undefined)
  buffer.append(batch([10, 12], 13), 0)
  expect(buffer.nextPlan(asked(99))).toBe(undefined)
  expect(buffer.nextPlan(asked(100))).toEqual({ ...AT, from: 10, to: 13, plannedAtMs: 7 })
  buffer.append(batch([13, 14], 20), 50)
  // Full at three records: the fourth one begins the next range.
  expect(buffer.nextPlan(asked(50))).toEqual({ ...AT, from: 10, to: 14, plannedAtMs: 7 })
})

test('a remembered range waits until it is here in whole and is never cut otherwise', () => {
  const plan = { ...AT, from: 10, to: 15, plannedAtMs: 1 }
  const buffer = new PartitionBuffer(SOURCE, AT, 10, plan)
  buffer.append(batch([10, 11, 12, 13], 14), 0)
  expect(buffer.nextPlan(asked(1_000))).toBe(undefined)
  buffer.append(batch([14, 15, 16], 17), 0)
  expect(buffer.nextPlan(asked(1_000))).toBe(plan)
  expect(buffer.recordsOf(plan).map(({ offset }) => offset)).toEqual([10, 11, 12, 13, 14])
  buffer.done(plan, 0)
  expect(buffer.nextPlan(asked(1_000))).toEqual({ ...AT, from: 15, to: 17, plannedAtMs: 7 })
})

test('aborted records alone make a range without rows, so that the group keeps up', () => {
  const buffer = new PartitionBuffer(SOURCE, AT, 10, undefined)
  buffer.append(batch([], 25), 0)
  const plan = buffer.nextPlan(asked(100))
  expect(plan).toEqual({ ...AT, from: 10, to: 25, plannedAtMs: 7 })
  expect(plan && buffer.recordsOf(plan)).toEqual([])
})

test('a record that was delivered twice is kept once', () => {
  const buffer = new PartitionBuffer(SOURCE, AT, 10, undefined)
  buffer.append(batch([10, 11], 12), 0)
  buffer.append(batch([11, 12], 13), 0)
  expect(buffer.length).toBe(3)
})

test('a plan is read back from the offset that remembers it, and other metadata is no plan', () => {
  const plan = { ...AT, from: 10, to: 15, plannedAtMs: 1 }
  expect(plannedRange(planCommit(plan))).toEqual(plan)
  expect(deduplicationToken(plan)).toBe('t-1-10-15')
  for (const metadata of [
    undefined,
    '',
    'x',
    'null',
    '{}',
    '{"to":"15","at":1}',
    '{"to":10,"at":1}',
  ]) {
    expect(
      plannedRange({ ...AT, offset: 10, ...(metadata === undefined ? {} : { metadata }) }),
    ).toBe(undefined)
  }
})
