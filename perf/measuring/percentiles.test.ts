import { expect, test } from 'vitest'
import { distribution, histogram, median } from './percentiles.ts'

test('percentiles are samples by nearest rank, in whatever order they came', () => {
  const samples = Array.from({ length: 1_000 }, (_, index) => 1_000 - index)
  expect(distribution(samples)).toEqual({
    count: 1_000,
    min: 1,
    mean: 500.5,
    p50: 500,
    p90: 900,
    p99: 990,
    p999: 999,
    max: 1_000,
  })
  expect(distribution([7])).toMatchObject({ min: 7, p50: 7, p999: 7, max: 7 })
  expect(() => distribution([])).toThrow('no samples')
})

test('a histogram keeps every sample, coarser as it grows', () => {
  expect(histogram([0.2, 0.9, 1, 99.9, 104, 109, 110, 2_345])).toEqual({
    0: 2,
    1: 1,
    99: 1,
    100: 2,
    110: 1,
    2300: 1,
  })
})

test('the median of an even number of runs is the mean of the middle two', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([9, 1, 5, 3])).toBe(4)
})
