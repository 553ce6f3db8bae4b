import { expect, test } from 'vitest'
import { createStoreBackend, memoryEngine } from '#state-stores'
import { stringSerde } from '#streams'
import { TopologyTestDriver } from '#streams/testing'
import type { PeerTopology } from './peer-topology.ts'
import { peerPositionsTopology } from './positions-app.ts'
import {
  type PeerFill,
  type PeerTick,
  peerFillSerde,
  peerOhlcSerde,
  peerPositionSerde,
  peerTickSerde,
} from './schemas.ts'
import { peerWindowTopology } from './window-app.ts'

async function open(topology: PeerTopology, suppress = false) {
  const counts = { taken: 0, done: 0 }
  const driver = await TopologyTestDriver.open({
    topology: topology({
      input: 'in',
      output: 'out',
      caching: false,
      suppress,
      onTaken: () => counts.taken++,
      onDone: () => counts.done++,
    }),
    stores: createStoreBackend(memoryEngine()),
  })
  return { driver, counts }
}

const fill = (fillId: string, side: 'BUY' | 'SELL', qty: number, price: number): PeerFill => ({
  fillId,
  orderId: 'O1',
  portfolioId: 'P1',
  instrumentId: 'I1',
  side,
  qty,
  price,
  ts: 1,
})

// Average cost by hand: 10 at 100 and 10 at 110 are 20 at 105; 25 sold at 120 realise 20 x 15 and leave 5 short at 120.
test('positions follow fills at average cost, and a fill counts once', async () => {
  const { driver, counts } = await open(peerPositionsTopology)
  const fills = driver.createInputTopic('in', stringSerde, peerFillSerde())
  const positions = driver.createOutputTopic('out', stringSerde, peerPositionSerde())
  const timestampMs = 1_000_000
  fills.pipe('O1', fill('F1', 'BUY', 10, 100), { timestampMs })
  fills.pipe('O1', fill('F2', 'BUY', 10, 110), { timestampMs })
  fills.pipe('O1', fill('F2', 'BUY', 10, 110), { timestampMs: timestampMs + 599_000 })
  fills.pipe('O1', fill('F3', 'SELL', 25, 120), { timestampMs })
  const shown = positions
    .readKeyValues()
    .map(([key, value]) => [key, value?.qty, value?.avgCost, value?.realisedPnl, value?.fills])
  expect(shown).toEqual([
    ['P1|I1', 10, 100, 0, 1],
    ['P1|I1', 20, 105, 0, 2],
    ['P1|I1', -5, 120, 300, 3],
  ])
  expect(counts).toEqual({ taken: 4, done: 4 })
  await driver.close()
})

const tick = (mid: number, seq: number): PeerTick => ({
  instrumentId: 'I1',
  bid: mid,
  ask: mid,
  mid,
  bidSize: 1,
  askSize: 1,
  ts: seq,
  source: 's',
  seq,
  quality: 'GOOD',
})

test.each([
  [
    false,
    [
      [0, 5, 5, 5, 5, 1],
      [0, 5, 7, 5, 7, 2],
      [0, 5, 7, 3, 3, 3],
      [60_000, 9, 9, 9, 9, 1],
      [120_000, 1, 1, 1, 1, 1],
    ],
  ],
  [
    true,
    [
      [0, 5, 7, 3, 3, 3],
      [60_000, 9, 9, 9, 9, 1],
    ],
  ],
] as const)('bars of a minute, closed ones only: %s', async (suppress, expected) => {
  const { driver, counts } = await open(peerWindowTopology, suppress)
  const ticks = driver.createInputTopic('in', stringSerde, peerTickSerde())
  const bars = driver.createOutputTopic('out', stringSerde, peerOhlcSerde())
  for (const [mid, timestampMs] of [
    [5, 0],
    [7, 1_000],
    [3, 59_999],
    [9, 60_000],
    [1, 125_000],
  ] as const)
    ticks.pipe('I1', tick(mid, timestampMs), { timestampMs })
  expect(
    bars
      .readKeyValues()
      .map(([, bar]) => [bar?.windowStart, bar?.open, bar?.high, bar?.low, bar?.close, bar?.count]),
  ).toEqual(expected)
  expect(counts).toEqual({ taken: 5, done: 5 })
  await driver.close()
})
