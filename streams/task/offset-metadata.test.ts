import { expect, test } from 'vitest'
import { ObservedTimes } from './observed-times.ts'
import { decodeTimeProgress, encodeTimeProgress } from './offset-metadata.ts'

const progress = {
  partitionTimeMs: 1_700_000_000_123,
  streamTimeMs: 1_700_000_000_999,
  observedTimes: new Map([
    ['1x2', 1_700_000_000_999],
    ['zz', 1_699_999_999_000],
    ['0', 1_700_000_050_000],
  ]),
  punctuationDueMs: [5, 1_700_000_001_000],
}

test('time survives in the metadata of an offset', () => {
  expect(decodeTimeProgress(encodeTimeProgress(progress))).toEqual(progress)
  const early = { ...progress, streamTimeMs: -1, partitionTimeMs: -1, observedTimes: new Map() }
  expect(decodeTimeProgress(encodeTimeProgress(early))).toEqual(early)
})

test('text of the version before has no times of operators', () => {
  expect(decodeTimeProgress('1:a:b:5,6')).toEqual({
    partitionTimeMs: 10,
    streamTimeMs: 11,
    observedTimes: new Map(),
    punctuationDueMs: [5, 6],
  })
})

test('text of another origin says nothing', () => {
  for (const text of ['set by a tool', '', '3:a:b::', '2:a:b:x.?:'])
    expect(decodeTimeProgress(text)).toBeUndefined()
})

test('the times of as many operators as a task may have fit beside an offset', () => {
  const times = new ObservedTimes('0_0')
  const take = () => {
    for (let each = 0; each < 1_000; each++) {
      times.of(`KSTREAM-AGGREGATE-${each}`).advance(each % 2 === 0 ? 0 : Number.MAX_SAFE_INTEGER)
    }
  }
  expect(take).toThrow('STREAMS_TOO_MANY_TIMES')
  const widest = {
    partitionTimeMs: Number.MAX_SAFE_INTEGER,
    streamTimeMs: Number.MAX_SAFE_INTEGER,
    observedTimes: times.times(),
    punctuationDueMs: Array.from({ length: 500 }, () => Number.MAX_SAFE_INTEGER),
  }
  expect(widest.observedTimes.size).toBeGreaterThan(100)
  const text = encodeTimeProgress(widest)
  expect(text.length).toBeLessThanOrEqual(4_096)
  expect(decodeTimeProgress(text)).toEqual({ ...widest, punctuationDueMs: [] })
})

test('a time only advances, and goes on where it was kept', () => {
  const times = new ObservedTimes('0_0')
  const join = times.of('join')
  expect([join.ms, join.advance(7), join.advance(5), join.advance(7), join.ms]).toEqual([
    -1,
    true,
    false,
    true,
    7,
  ])
  expect(times.of('join')).toBe(join)
  const later = new ObservedTimes('0_0')
  later.resume(new Map([...times.times()].map(([id]) => [id, 3])))
  later.resume(times.times())
  expect([later.of('join').ms, later.of('other').ms]).toEqual([7, -1])
})

test('two names that would be kept under one short name are refused', () => {
  const times = new ObservedTimes('0_0')
  // A known pair of FNV-1a collisions.
  times.of('costarring')
  expect(() => times.of('liquid')).toThrow('STREAMS_NAMES_COLLIDE')
})
