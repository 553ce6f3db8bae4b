import { expect, test } from 'vitest'
import { numbersOf, pointsOf } from './curve.ts'

test('a point has the medians of its runs, points come in the order of the curve', () => {
  const samples = [
    { at: { keys: 500 }, figures: { recordsPerSecond: 300, peakRssMiB: 100 } },
    { at: { keys: 50 }, figures: { recordsPerSecond: 900, peakRssMiB: 90 } },
    { at: { keys: 500 }, figures: { recordsPerSecond: 100, peakRssMiB: 120 } },
    { at: { keys: 50 }, figures: { recordsPerSecond: 700, peakRssMiB: 80 } },
    { at: { keys: 500 }, figures: { recordsPerSecond: 200, peakRssMiB: 101.0004 } },
  ]
  expect(pointsOf(samples)).toEqual([
    { keys: 500, runs: 3, recordsPerSecond: 200, peakRssMiB: 101 },
    { keys: 50, runs: 2, recordsPerSecond: 800, peakRssMiB: 85 },
  ])
})

test('places differ by any of their coordinates', () => {
  const samples = [
    { at: { partitions: 2, workers: 1 }, figures: { seconds: 4 } },
    { at: { partitions: 2, workers: 2 }, figures: { seconds: 2 } },
  ]
  expect(pointsOf(samples).map(({ workers, seconds }) => [workers, seconds])).toEqual([
    [1, 4],
    [2, 2],
  ])
})

test('a figure that some runs do not have is the median of the others', () => {
  const samples = [
    { at: { topologies: 1 }, figures: {} },
    { at: { topologies: 1 }, figures: { p99Ms: 12 } },
  ]
  expect(pointsOf(samples)).toEqual([{ topologies: 1, runs: 2, p99Ms: 12 }])
})

test('sizes are numbers separated by commas', () => {
  expect(numbersOf('1,20,300')).toEqual([1, 20, 300])
})
