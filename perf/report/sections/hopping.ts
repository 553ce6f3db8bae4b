import { axisCount, short, table } from '../formats.ts'
import { type KeptResult, numberAt } from '../kept-results.ts'
import { barsSvg } from '../plot/bars.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section } from '../section.ts'
import { SHOWN } from '../shown.ts'

const EMISSIONS = [
  { figure: 'each', name: 'each update' },
  { figure: 'cached', name: 'once a commit (record cache)' },
  { figure: 'close', name: 'on close' },
  { figure: 'sliced', name: 'on close, from slices' },
] as const
const SIDES = [
  { figure: 'tumblingCpuMicrosPerRecord', name: 'tumbling, 1 min', colour: COLOURS.sky },
  { figure: 'hoppingCpuMicrosPerRecord', name: 'hopping, 60 min by 1 min', colour: COLOURS.orion },
] as const

export const hopping: Section = {
  id: 'hopping',
  title: 'Hopping windows against tumbling ones',
  about:
    'CPU of a record: windows of 60 minutes that begin every minute against windows of one minute, by when results are emitted. Why: [decision 0009](../decisions/0009-hopping-windows.md).',
  rule: SHOWN.hopping,
  command: ([{ configuration }]) =>
    bench('hopping', { overlap: configuration['overlap'], emission: 'all' }),
  table: ([result]) =>
    table(
      ['CPU us a record', 'tumbling', 'hopping', 'ratio'],
      measured(result).map(({ figure, name }) => [
        name,
        ...SIDES.map((side) => short(numberAt(result?.figures, `${figure}.${side.figure}`))),
        short(numberAt(result?.figures, `${figure}.hoppingToTumbling`)),
      ]),
    ),
  plots: (results, footer) => {
    const [result] = results
    const emissions = measured(result)
    return {
      hopping: barsSvg({
        title: 'CPU of a record: hopping against tumbling windows',
        footer: footer(results.slice(0, 1)),
        categories: emissions.map(({ name }) => name),
        panels: [
          {
            name: 'CPU, us a record',
            tick: axisCount,
            series: SIDES.map((side) => ({
              name: side.name,
              colour: side.colour,
              bars: emissions.map(({ figure }) => {
                const value = numberAt(result?.figures, `${figure}.${side.figure}`)
                return { value, label: short(value) }
              }),
            })),
          },
        ],
      }),
    }
  },
}

function measured(result: KeptResult | undefined): readonly (typeof EMISSIONS)[number][] {
  return EMISSIONS.filter(({ figure }) => result?.figures[figure] !== undefined)
}
