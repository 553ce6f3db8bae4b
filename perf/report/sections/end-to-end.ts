import { count, duration, fixed, table } from '../formats.ts'
import { type KeptResult, numberAt, valueAt } from '../kept-results.ts'
import { curveOf, percentilesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

const SPANS = [
  { figure: 'tickToPaintMs', name: 'tick due to painted', colour: COLOURS.orion },
  { figure: 'gatewayToDomMs', name: 'gateway to document', colour: COLOURS.green },
  { figure: 'receivedToPaintMs', name: 'frame received to painted', colour: COLOURS.purple },
] as const

export const endToEnd: Section = {
  id: 'end-to-end',
  title: 'End to end: feed to browser',
  about:
    '`orion start` whole and the market watch in a real Chromium: from the time at which a tick is due to the frame that shows it. What stands on the screen is compared with what came, to the last digit.',
  rule: SHOWN['end-to-end'],
  command: (results) =>
    bench('end-to-end', {
      rate: valuesOf(results, 'ticksPerSecond'),
      instruments: valuesOf(results, 'instruments'),
      seconds: valuesOf(results, 'seconds'),
    }),
  table: (results) =>
    table(
      [
        'ticks/s',
        'from, to',
        'p50',
        'p90',
        'p99',
        'max',
        'paints/s',
        'CPU of Orion',
        'of Chromium',
      ],
      results.flatMap((result) =>
        SPANS.map(({ figure, name }, index) => [
          rateOf(result),
          name,
          ...['p50', 'p90', 'p99', 'max'].map((percentile) =>
            duration(numberAt(result.figures, `${figure}.${percentile}`)),
          ),
          ...(index > 0
            ? ['', '', '']
            : [
                count(numberAt(result.figures, 'paintsPerSecond')),
                percent(result, 'orionCpuPercentOfCore'),
                percent(result, 'browserCpuPercentOfCore'),
              ]),
        ]),
      ),
    ),
  plots: (results, footer) =>
    Object.fromEntries(
      results.map((result) => [
        `end-to-end-${String(result.configuration['ticksPerSecond'])}`,
        percentilesSvg({
          title: `Tick to the screen of a browser, ${rateOf(result)} ticks/s`,
          footer: footer([result]),
          y: 'latency, ms',
          lines: SPANS.map(({ figure, name, colour }) => ({
            name,
            colour,
            points: curveOf(valueAt(result.samples, `histogramsMs.${figure}`)),
          })),
        }),
      ]),
    ),
}

function rateOf({ configuration }: KeptResult): string {
  return count(Number(configuration['ticksPerSecond']))
}

function percent({ figures }: KeptResult, figure: string): string {
  return `${fixed(numberAt(figures, figure), 0)} % of a core`
}
