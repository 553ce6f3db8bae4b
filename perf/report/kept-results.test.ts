import { describe, expect, test } from 'vitest'
import { resultOf } from './fixtures.ts'
import { KeptResults, numberAt, type Rule } from './kept-results.ts'

const RULE: Rule = {
  scenarios: ['fan-out'],
  kind: ['subscribers'],
  wanted: [
    { scenario: 'fan-out', configuration: { subscribers: 1_000 }, command: 'bench one' },
    { scenario: 'fan-out', configuration: { subscribers: 5_000 }, command: 'bench five' },
  ],
}

function fanOut(subscribers: number, minute: number) {
  return resultOf('fan-out', { minute, configuration: { subscribers } })
}

describe('which results are shown', () => {
  test('the newest of each kind, in the order of kinds', () => {
    const kept = new KeptResults([fanOut(5_000, 1), fanOut(1_000, 3), fanOut(1_000, 2)])
    expect(kept.shown(RULE).map(({ date }) => date.slice(14, 16))).toEqual(['03', '01'])
  })

  test('a pinned file wins over newer ones', () => {
    const pinned = fanOut(1_000, 2)
    const kept = new KeptResults([pinned, fanOut(1_000, 3)])
    const rule = { ...RULE, pinned: [pinned.file.replace('perf/results/', '')] }
    expect(kept.shown(rule)).toEqual([pinned])
  })

  test('what was not verified is never shown', () => {
    const wrong = { ...fanOut(1_000, 3), outputVerified: false }
    const right = fanOut(1_000, 2)
    expect(new KeptResults([right, wrong]).shown(RULE)).toEqual([right])
  })

  test('other configurations than asked for are left out', () => {
    const kept = new KeptResults([fanOut(1_000, 1), fanOut(5_000, 1)])
    expect(kept.shown({ ...RULE, where: { subscribers: 5_000 } })).toEqual([fanOut(5_000, 1)])
  })

  test('what nobody measured is missing', () => {
    const kept = new KeptResults([fanOut(1_000, 1)])
    expect(kept.missing(RULE).map(({ command }) => command)).toEqual(['bench five'])
  })
})

test('a figure that is not there is an error with its path', () => {
  expect(numberAt({ a: { b: 1 } }, 'a.b')).toBe(1)
  expect(() => numberAt({ a: {} }, 'a.b')).toThrow('a.b')
})
