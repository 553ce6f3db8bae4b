import { expect, test } from 'vitest'
import type { MeasuredStart } from './measured-start.ts'
import { startFigures } from './start-figures.ts'

function start(
  kind: MeasuredStart['kind'],
  readySeconds: number,
  rest: Partial<MeasuredStart> = {},
): MeasuredStart {
  return {
    kind,
    readySeconds,
    healthySeconds: readySeconds + 0.25,
    firstPriceSeconds: readySeconds + 1,
    after: undefined,
    faults: [],
    ...rest,
  }
}

const used = (orion: number, clickhouse: number) => ({
  seconds: 10,
  cpuPercentOf: { npm: 0, launcher: 0.5, orion, clickhouse },
  rssMiBOf: { npm: 60, launcher: 40, orion: 300, clickhouse: 500 },
})

test('starts are told apart by kind, figures are medians', () => {
  const starts = [
    start('first', 9),
    start('next', 3, { after: used(40, 6) }),
    start('without-feed', 1, { firstPriceSeconds: undefined, after: used(2, 1) }),
    start('first', 7),
    start('next', 5, { after: used(60, 8) }),
    start('without-feed', 1, { firstPriceSeconds: undefined, after: used(4, 3) }),
  ]
  expect(startFigures(starts)).toEqual({
    firstStart: { readySeconds: 8, healthySeconds: 8.25, firstPriceSeconds: 9 },
    nextStart: { readySeconds: 4, healthySeconds: 4.25, firstPriceSeconds: 5 },
    idleWithoutFeed: {
      cpuPercentOfCore: 5.5,
      rssMiB: 900,
      orionCpuPercentOfCore: 3,
      orionRssMiB: 300,
      clickhouseCpuPercentOfCore: 2,
      clickhouseRssMiB: 500,
    },
    idleWithFeed: {
      cpuPercentOfCore: 57.5,
      rssMiB: 900,
      orionCpuPercentOfCore: 50,
      orionRssMiB: 300,
      clickhouseCpuPercentOfCore: 7,
      clickhouseRssMiB: 500,
    },
  })
})

test('without a browser there is no time to the first price', () => {
  const { firstStart } = startFigures([start('first', 9, { firstPriceSeconds: undefined })])
  expect(firstStart).toEqual({ readySeconds: 9, healthySeconds: 9.25 })
})
