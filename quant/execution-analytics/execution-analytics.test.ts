import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, describe as group, test } from 'vitest'
import { runVectors, SOLVERS, type VectorFile } from '../golden/run-vectors.ts'
import {
  costBps,
  markoutBps,
  meanOf,
  mergeSketches,
  NO_VALUES,
  quantile,
  quantileOf,
  SKETCH_ACCURACY,
  spreadCapture,
  timeWindowVwaps,
  tradeWindowVwaps,
  vwap,
  withValue,
} from './index.ts'

const vectors = JSON.parse(
  readFileSync(fileURLToPath(new URL('../golden/vectors/tca.json', import.meta.url)), 'utf8'),
) as VectorFile
const solve = SOLVERS['tca']
if (solve === undefined) throw new Error('no solver')

group('golden vectors', () => {
  test('of tca agree', () => {
    const report = runVectors(vectors, solve)
    expect(report.failures).toEqual([])
    expect(report.passed).toBe(vectors.cases.length)
    expect(report.passed).toBeGreaterThan(30)
    expect(report.worst?.error).toBeLessThan(1e-9)
  })

  test('of another figure would fail, with the place', () => {
    const [first] = vectors.cases
    if (first === undefined) throw new Error('no case')
    const file = { ...vectors, cases: [{ ...first, expected: { session: 1, timeWindow: [] } }] }
    const report = runVectors(file, solve)
    expect([report.passed, report.failed]).toEqual([0, 1])
    expect(report.failures[0]).toMatch(
      /^vwap 00: session: .+ instead of 1; timeWindow: not 0 items$/u,
    )
  })
})

group('where there is nothing to divide by', () => {
  test('the figure is null', () => {
    expect(costBps('BUY', 1, 0)).toBeNull()
    expect(markoutBps({ side: 'BUY', price: 0, quantity: 1 }, 1)).toBeNull()
    expect(spreadCapture({ side: 'BUY', price: 1, quantity: 1 }, { bid: 1, ask: 1 })).toBeNull()
    expect(vwap([])).toBeNull()
    expect(vwap([{ t: 0, price: 3, quantity: 0 }])).toBeNull()
    expect(quantile([], 0.5)).toBeNull()
    expect(quantileOf(NO_VALUES, 0.5)).toBeNull()
    expect(meanOf(NO_VALUES)).toBeNull()
  })
})

test('a cost is positive below zero, too: of a negative price the size counts', () => {
  expect(costBps('BUY', -36, -40)).toBeCloseTo(1_000, 9)
  expect(costBps('SELL', -36, -40)).toBeCloseTo(-1_000, 9)
})

test('a window that lets a huge trade go forgets it', () => {
  const trades = [
    { t: 0, price: 1e9, quantity: 1e9 },
    { t: 10, price: 0.1, quantity: 1 },
    { t: 20, price: 0.3, quantity: 1 },
  ]
  expect(tradeWindowVwaps(trades, 2)[2]).toBeCloseTo(0.2, 12)
  expect(timeWindowVwaps(trades, 20)[2]).toBeCloseTo(0.2, 12)
})

group('a sketch of quantiles', () => {
  const values = Array.from({ length: 5_000 }, (_, index) => {
    const unit = ((index * 7_919) % 5_003) / 5_003
    return index % 50 === 0 ? 0 : Math.exp(12 * unit - 3)
  })
  const whole = values.reduce(withValue, NO_VALUES)

  test('tells quantiles within its accuracy, and count, mean and ends exactly', () => {
    for (const q of [0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
      const exact = quantile(values, q) ?? Number.NaN
      expect(Math.abs((quantileOf(whole, q) ?? Number.NaN) - exact)).toBeLessThanOrEqual(
        1.000_1 * SKETCH_ACCURACY * exact + 1e-3,
      )
    }
    expect([whole.count, whole.min, whole.max]).toEqual([5_000, 0, Math.max(...values)])
    expect(meanOf(whole)).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 5_000, 6)
  })

  test('is the same in any order and as the sum of its parts', () => {
    const counts = ({ zeros, buckets, counts, min, max }: typeof whole) => ({
      zeros,
      buckets,
      counts,
      min,
      max,
    })
    expect(counts(values.toReversed().reduce(withValue, NO_VALUES))).toEqual(counts(whole))
    const parts = [values.slice(0, 17), values.slice(17, 3_000), values.slice(3_000)].map((part) =>
      part.reduce(withValue, NO_VALUES),
    )
    expect(counts(parts.reduce(mergeSketches, NO_VALUES))).toEqual(counts(whole))
  })

  test('stays small, whatever comes', () => {
    let sketch = NO_VALUES
    for (let power = -400; power < 400; power++) sketch = withValue(sketch, 2 ** power)
    for (const value of [-5, Number.MAX_VALUE]) sketch = withValue(sketch, value)
    for (let index = 0; index < 20_000; index++) sketch = withValue(sketch, 1e-3 * 1.002 ** index)
    expect(sketch.buckets.length).toBeLessThanOrEqual(1_383)
    expect(quantileOf(sketch, 0)).toBe(0)
  })
})
