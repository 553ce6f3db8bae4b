import { expect, test } from 'vitest'
import { Pacing } from './pacing.ts'

function manual(): {
  nowMs: () => number
  monotonicMs: () => number
  advance: (ms: number) => void
} {
  let time = 1_000
  return {
    nowMs: () => time,
    monotonicMs: () => time,
    advance: (ms) => {
      time += ms
    },
  }
}

test('at speed 2 a second of the feed takes half a second of the wall', () => {
  const clock = manual()
  const pacing = new Pacing(clock, 2)
  expect(pacing.waitMs(50_000)).toBe(0)
  expect(pacing.waitMs(51_000)).toBe(500)
  clock.advance(400)
  expect(pacing.waitMs(51_000)).toBe(100)
})

test('a gap of more than a minute takes no time, one of a minute does', () => {
  const pacing = new Pacing(manual(), 1)
  pacing.waitMs(0)
  expect(pacing.waitMs(60_000)).toBe(60_000)
  expect(pacing.waitMs(60_000 + 86_400_000)).toBe(60_000)
})

test('a late message does not stretch the time of those behind it', () => {
  const pacing = new Pacing(manual(), 1)
  pacing.waitMs(10_000)
  pacing.waitMs(9_000)
  expect(pacing.waitMs(10_500)).toBe(500)
})

test('as fast as possible never waits', () => {
  const pacing = new Pacing(manual(), Number.POSITIVE_INFINITY)
  pacing.waitMs(0)
  expect(pacing.waitMs(50_000)).toBe(0)
})
