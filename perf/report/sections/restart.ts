import { axisCount, count, duration, table } from '../formats.ts'
import { type KeptResult, numberAt } from '../kept-results.ts'
import { barsSvg } from '../plot/bars.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, logOption, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

const FIGURES = [
  { figure: 'keptFirstRecordMs', name: 'state kept: to the first record', colour: COLOURS.orion },
  { figure: 'wipedRunningMs', name: 'disk empty: to running', colour: COLOURS.sky },
] as const

export const restart: Section = {
  id: 'restart',
  title: 'Restart after kill -9',
  about:
    'A count by key is killed in the midst of its work and started again, with its disk and with an empty one. From the start of the process. On Kafka the broker first has to notice that the member is gone.',
  rule: SHOWN.restart,
  command: (results) =>
    bench('restart', {
      keys: valuesOf(results, 'keys'),
      runs: results[0].runs,
      ...logOption(results),
    }),
  table: (results) =>
    table(
      [
        'log',
        'keys',
        'state kept: first record after',
        'records restored',
        'disk empty: running after',
        'records restored',
        'restored records/s',
      ],
      results.map(({ configuration, figures }) => [
        String(configuration['log']),
        count(Number(configuration['keys'])),
        duration(numberAt(figures, 'keptFirstRecordMs')),
        count(numberAt(figures, 'keptRestoredRecords')),
        duration(numberAt(figures, 'wipedRunningMs')),
        count(numberAt(figures, 'wipedRestoredRecords')),
        count(numberAt(figures, 'restoredRecordsPerSecond')),
      ]),
    ),
  plots: (results, footer) => ({
    restart: barsSvg({
      title: 'After kill -9: start of the process to work',
      footer: footer(results),
      categories: results.map(categoryOf),
      panels: [
        {
          name: 'time, ms (less is better)',
          tick: axisCount,
          series: FIGURES.map(({ figure, name, colour }) => ({
            name,
            colour,
            bars: results.map(({ figures }) => ({
              value: numberAt(figures, figure),
              label: duration(numberAt(figures, figure)),
            })),
          })),
        },
      ],
    }),
  }),
}

function categoryOf({ configuration }: KeptResult): string {
  return `${String(configuration['log'])} log, ${axisCount(Number(configuration['keys']))} keys`
}
