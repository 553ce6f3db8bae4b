import { expect, test } from 'vitest'
import { FIGURES, figuresOf } from './figures.ts'
import { repeatsIn, type Side, type Turn, turnsOf } from './turns.ts'

function turn(side: Side, round: number, recordsPerSec: number, appCpuSec: number): Turn {
  const rest = { brokerCpuSec: 2, otherCpuSec: 0.5, peakRssMiB: 400, outputs: 1_000 }
  return { side, round, line: { app: 'snapshot', recordsPerSec, appCpuSec, ...rest } }
}

test('sides are medians, ratios are of medians, and the spread is of the rounds', () => {
  const turns = [
    turn('orion', 1, 100_000, 8),
    turn('kafkaStreams', 1, 50_000, 20),
    turn('orion', 2, 120_000, 10),
    turn('kafkaStreams', 2, 40_000, 25),
  ]
  expect(figuresOf(turns, FIGURES.throughput)).toMatchObject({
    orion: { recordsPerSecond: 110_000, cpuSeconds: 9, brokerCpuSeconds: 2, peakRssMiB: 400 },
    kafkaStreams: { recordsPerSecond: 45_000, cpuSeconds: 22.5, otherCpuSeconds: 0.5 },
    timesAsFast: 2.444,
    timesTheCpu: 0.4,
    timesTheBrokerCpu: 1,
    spread: {
      orion: { recordsPerSecond: { min: 100_000, max: 120_000 } },
      kafkaStreams: { cpuSeconds: { min: 20, max: 25 } },
      timesAsFast: { min: 2, max: 3 },
      timesTheCpu: { min: 0.4, max: 0.4 },
    },
  })
})

test('Orion alone is set in relation to nothing', () => {
  const figures = figuresOf([turn('orion', 1, 100_000, 8)], FIGURES.throughput)
  expect(Object.keys(figures)).toEqual(['orion', 'spread'])
})

test('a line without a number that is reported is refused', () => {
  expect(() => figuresOf([turn('orion', 1, 1, 1)], FIGURES.latency)).toThrow('no number p50ms')
})

test('sides take turns, Orion first', () => {
  const shown = (peer: boolean) =>
    turnsOf({ rounds: 2, peer }).map(({ side, round }) => `${side} ${round}`)
  expect(shown(true)).toEqual(['orion 1', 'kafkaStreams 1', 'orion 2', 'kafkaStreams 2'])
  expect(shown(false)).toEqual(['orion 1', 'orion 2'])
})

test.each([
  ['loaded 1,000,000 fills (10,034 repeats) into bench.orders.fills.v1 in 3.1 s', 10_034],
  ['loaded 1.000.000 fills (10.034 repeats) into bench.orders.fills.v1 in 3,1 s', 10_034],
  ['loaded 1,000,000 ticks into bench.marketdata.ticks.v1 in 3.1 s', undefined],
])('%s', (text, repeats) => {
  expect(repeatsIn(text)).toBe(repeats)
})
