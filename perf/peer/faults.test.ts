import { expect, test } from 'vitest'
import {
  type Expected,
  latencyFaults,
  RECORDS_TO_CLOSE,
  restoreFaults,
  throughputFaults,
} from './faults.ts'
import type { PeerLine, Side, Turn } from './turns.ts'

const turn = (line: PeerLine, side: Side = 'orion'): Turn => ({ side, round: 1, line })
const out = (outputs: number, sumOfLastCounts: number, outputKeys = 500): PeerLine => ({
  outputs,
  sumOfLastCounts,
  outputKeys,
})
const plain: Expected = { app: 'snapshot', records: 1_000, repeats: 0, merged: false }
const merged: Expected = { ...plain, app: 'window', merged: true }
const fills: Expected = { ...plain, app: 'positions', repeats: 7 }
const bars: Expected = { ...plain, app: 'window-suppress', records: 1_000_000 }

test.each<[string, Expected, PeerLine]>([
  ['every record', plain, out(1_000, 1_000)],
  ['some updates merged', merged, out(600, 1_000)],
  ['all but the repeats', fills, out(993, 993)],
  ['the closed bars', bars, out(8_000, 960_000, 8_000)],
])('%s is right', (_what, expected, line) => {
  expect(throughputFaults([turn(line)], expected)).toEqual([])
})

test.each<[string, Expected, PeerLine, string]>([
  ['lost', plain, out(999, 1_000), 'outputs: 999, not 1000'],
  ['twice', plain, out(1_001, 1_000), 'outputs: 1001, not 1000'],
  ['counted twice', plain, out(1_000, 1_001), 'sum of last counts: 1001, not 1000'],
  ['counted twice', merged, out(600, 1_001), 'sum of last counts: 1001, not 1000'],
  ['more than were put in', merged, out(1_001, 1_000), 'outputs: 1001, not 500 to 1000'],
  ['a repeat counted', fills, out(994, 993), 'outputs: 994, not 993'],
  ['repeats unknown', { ...fills, repeats: Number.NaN }, out(993, 993), 'outputs: 993, not NaN'],
  ['a bar twice', bars, out(8_001, 960_000, 8_000), 'outputs: 8001, not 8000'],
  ['open', bars, out(8_000, 1_000_000, 8_000), 'sum of last counts: 1000000, not 960000'],
])('%s is wrong', (_what, expected, line, fault) => {
  expect(throughputFaults([turn(line)], expected).join()).toContain(`orion, round 1: ${fault}`)
})

test('a bar more or less is right only where the last records decide it', () => {
  const sums = (records: number) =>
    [0, 60_000, 120_000].filter((sum) => {
      const faults = throughputFaults([turn(out(500, sum))], { ...bars, records })
      return faults.length === 0
    })
  expect(sums(RECORDS_TO_CLOSE - 2)).toEqual([0, 60_000])
  expect(sums(RECORDS_TO_CLOSE)).toEqual([60_000])
})

test('both sides have the same keys', () => {
  const turns = [turn(out(600, 1_000, 500)), turn(out(600, 1_000, 499), 'kafkaStreams')]
  expect(throughputFaults(turns, merged)).toEqual(['outputKeys differs between turns: 500, 499'])
})

test('latency counts when every input came out', () => {
  expect(latencyFaults([turn({ inputs: 5, outputs: 5 })])).toEqual([])
  expect(latencyFaults([turn({ inputs: 5, outputs: 4 })])).toEqual([
    'orion, round 1: 4 outputs of 5 inputs',
  ])
})

test('restored counts have to be right', () => {
  expect(restoreFaults([turn({ restoredCountsRight: true })])).toEqual([])
  for (const line of [{ restoredCountsRight: false }, {}]) {
    expect(restoreFaults([turn(line)])).toEqual(['orion, round 1: the restored counts are wrong'])
  }
})
