import { expect, test } from 'vitest'
import { PunctuationQueue } from './punctuation.ts'
import { TaskPunctuations } from './task-punctuations.ts'

/** A queue whose punctuations say when they ran, each under its name. */
function recorded() {
  const queue = new PunctuationQueue('wall-clock')
  const ran: string[] = []
  const schedule = (name: string, firstDueMs: number, intervalMs: number, also = () => {}) =>
    queue.schedule(
      { firstDueMs, intervalMs },
      (punctuate, timestampMs) => punctuate(timestampMs),
      (timestampMs) => {
        ran.push(`${name} ${timestampMs}`)
        also()
      },
    )
  return { queue, ran, schedule }
}

test('one that is held is due when its holder said, however many intervals are over by then', () => {
  const { queue, ran, schedule } = recorded()
  const timer = schedule('look', 20, 20)
  timer.holdUntil(1_007)
  expect(queue.nextDueMs).toBe(1_007)
  for (let nowMs = 0; nowMs < 1_007; nowMs++) expect(queue.run(nowMs)).toBe(0)
  expect(queue.run(1_007)).toBe(1)
  expect(ran).toEqual(['look 1007'])
})

test('its interval bounds how often it runs, in the phase in which it was scheduled', () => {
  const { queue, ran, schedule } = recorded()
  const timer = schedule('look', 20, 20)
  timer.holdUntil(1_007)
  queue.run(1_007)
  timer.holdUntil(1_008)
  expect(queue.nextDueMs).toBe(1_020)
  for (let nowMs = 1_008; nowMs <= 1_040; nowMs++) queue.run(nowMs)
  expect(ran).toEqual(['look 1007', 'look 1020', 'look 1040'])
})

test('held for ever it is never due, until it is told an earlier time', () => {
  const { queue, ran, schedule } = recorded()
  const timer = schedule('look', 20, 20)
  timer.holdUntil(Number.POSITIVE_INFINITY)
  expect(queue.nextDueMs).toBe(Number.POSITIVE_INFINITY)
  expect(queue.run(Number.MAX_SAFE_INTEGER)).toBe(0)
  timer.holdUntil(5)
  expect(queue.nextDueMs).toBe(20)
  queue.run(20)
  expect(ran).toEqual(['look 20'])
})

test('due ones run by the time that each is due, its hold included; one that is put off meanwhile does not', () => {
  const { queue, ran, schedule } = recorded()
  const late = schedule('late', 10, 10)
  const off = schedule('off', 40, 10)
  schedule('first', 10, 10, () => off.holdUntil(100))
  schedule('second', 20, 10)
  late.holdUntil(30)
  queue.run(50)
  expect(ran).toEqual(['first 50', 'second 50', 'late 50'])
})

test('due times that are kept are those of the intervals: a hold comes of the stores again', () => {
  const before = recorded()
  before.schedule('look', 20, 20).holdUntil(1_007)
  before.queue.run(1_007)
  const kept = before.queue.dueTimes()
  expect(kept).toEqual([1_020])

  const after = recorded()
  after.schedule('look', 1_031, 20).holdUntil(2_000)
  after.queue.resumeAt(kept)
  expect(after.queue.nextDueMs).toBe(2_000)
  after.queue.run(2_000)
  expect(after.queue.dueTimes()).toEqual([2_020])
})

test('a hold that is no time is refused: with it the task would never sleep', () => {
  const punctuations = new TaskPunctuations('0_0', () => {})
  const options = { intervalMs: 10, type: 'wall-clock', systemTimeMs: 0 } as const
  const timer = punctuations.schedule('look', options, () => {})
  expect(() => timer.holdUntil(Number.NaN)).toThrow('STREAMS_INVALID_INTERVAL')
  timer.holdUntil(Number.POSITIVE_INFINITY)
  expect(punctuations.wallClock.nextDueMs).toBe(Number.POSITIVE_INFINITY)
})
