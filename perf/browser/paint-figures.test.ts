import { expect, test } from 'vitest'
import type { Paint, ProbeResult } from './page-probe.ts'
import { paintFaults, paintFigures } from './paint-figures.ts'

const DECIMALS = new Map([
  ['EURUSD', 5],
  ['GOLD', 2],
])

const EURUSD: Paint = {
  ...{ instrumentId: 'EURUSD', sequence: 7, bid: 1.0854, ask: null },
  ...{ bidText: '1.08540', askText: '–' },
  ...{ eventTimeMs: 1_000, publishedAtMs: 1_040, receivedMs: 1_090, domMs: 1_100, paintMs: 1_116 },
}
const GOLD: Paint = {
  ...{ instrumentId: 'GOLD', sequence: 3, bid: 2_345.678, ask: 2_346 },
  ...{ bidText: '2,345.68', askText: '2,346.00' },
  ...{ eventTimeMs: 2_000, publishedAtMs: 2_010, receivedMs: 2_020, domMs: 2_030, paintMs: 2_050 },
}

function result(paints: readonly Paint[]): ProbeResult {
  return {
    ...{ paints, shown: [], longTasks: [60, 90.5], receivedChanges: 4, frames: 120 },
    ...{ paintedFrames: 20, seconds: 2, clockDriftMs: 0 },
  }
}

test('spans count from when a tick was due, from the gateway, and in the page', () => {
  const { spans, ...figures } = paintFigures(result([EURUSD, GOLD]))
  expect(
    Object.fromEntries(Object.entries(spans).map(([name, { p50, max }]) => [name, [p50, max]])),
  ).toEqual({
    tickToPaintMs: [50, 116],
    tickToDomMs: [30, 100],
    gatewayToDomMs: [20, 60],
    receivedToPaintMs: [26, 30],
  })
  expect(figures).toMatchObject({
    paintsPerSecond: 1,
    framesPerSecond: 60,
    paintedFramesPerSecond: 10,
    replacedShare: 0.5,
    longTasks: 2,
    longTaskMsTotal: 150.5,
    longTaskMsMax: 90.5,
  })
})

test('where nothing was painted there are no figures', () => {
  expect(() => paintFigures(result([]))).toThrow(RangeError)
})

test.each([
  ['what came', [EURUSD, GOLD], []],
  [
    'another price',
    [{ ...EURUSD, bidText: '1.08541' }],
    ['EURUSD shows 1.08541 as bid and got 1.08540'],
  ],
  [
    'a price where there is none',
    [{ ...EURUSD, askText: '1.09' }],
    ['EURUSD shows 1.09 as ask and got –'],
  ],
  ['an older price', [GOLD, { ...GOLD, sequence: 2 }], ['GOLD went back from 3 to 2']],
  ['an unknown one', [{ ...GOLD, instrumentId: 'TIN' }], ['TIN is no instrument']],
] as const)('of paints with %s', (_what, paints, faults) => {
  expect(paintFaults({ paints, shown: [] }, DECIMALS)).toEqual(faults)
})

test('what stands there at the end is looked at too', () => {
  const { eventTimeMs, publishedAtMs, receivedMs, domMs, paintMs, ...value } = GOLD
  const shown = [{ ...value, bid: 2_345.9 }]
  expect(paintFaults({ paints: [], shown }, DECIMALS)).toEqual([
    'GOLD shows 2,345.68 as bid and got 2,345.90',
  ])
})
