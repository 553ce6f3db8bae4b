import { count, duration, table } from '../formats.ts'
import { type KeptResult, numberAt, valueAt } from '../kept-results.ts'
import { curveOf, percentilesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, logOption, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

const HUES = [COLOURS.orion, COLOURS.green, COLOURS.purple, COLOURS.vermilion]

export const latency: Section = {
  id: 'latency',
  title: 'Latency of the platform',
  about:
    'At a fixed rate through market-data, snapshots and bars: from the time at which a tick is due, not from when it was sent, to its committed snapshot in the hand of a read_committed reader. A stall delays everything behind it and is counted so (no coordinated omission).',
  rule: SHOWN.latency,
  command: (results) =>
    bench('latency', { rate: valuesOf(results, 'ticksPerSecond'), ...logOption(results) }),
  table: (results) =>
    table(
      ['ticks/s', 'log', 'p50', 'p90', 'p99', 'p99.9', 'max', 'CPU s of a second'],
      results.map((result) => [
        count(Number(result.configuration['ticksPerSecond'])),
        String(result.configuration['log']),
        ...['p50', 'p90', 'p99', 'p999', 'max'].map((percentile) =>
          duration(numberAt(result.figures, `latencyMs.${percentile}`)),
        ),
        (
          numberAt(result.figures, 'use.cpuSeconds') / numberAt(result.figures, 'use.seconds')
        ).toFixed(2),
      ]),
    ),
  plots: (results, footer) => ({
    latency: percentilesSvg({
      title: 'Due time of a tick to its committed snapshot',
      footer: footer(results),
      y: 'latency, ms',
      lines: results.map((result, index) => ({
        name: nameOf(result),
        colour: HUES[index % HUES.length] ?? COLOURS.grey,
        points: curveOf(valueAt(result.samples, 'histogramMs')),
      })),
    }),
  }),
}

function nameOf({ configuration }: KeptResult): string {
  return `Orion, ${count(Number(configuration['ticksPerSecond']))} ticks/s, ${String(configuration['log'])} log`
}
