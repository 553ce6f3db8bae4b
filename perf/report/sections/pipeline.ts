import { axisCount, count, short, table } from '../formats.ts'
import { type KeptResult, numberAt } from '../kept-results.ts'
import { barsSvg } from '../plot/bars.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, logOption, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

export const pipeline: Section = {
  id: 'pipeline',
  title: 'Market data, snapshots and bars in one process',
  about:
    'Raw messages through the three topologies, exactly once, one thread. Raw messages over the whole time; each is processed three times, once by each topology.',
  rule: SHOWN.pipeline,
  command: (results) =>
    bench('pipeline', { ticks: valuesOf(results, 'ticks'), ...logOption(results) }),
  table: (results) =>
    table(
      [
        'log',
        'messages',
        'raw messages/s',
        'CPU s',
        'of the broker',
        'CPU us a message',
        'peak RSS MiB',
      ],
      results.map((result) => [
        logOf(result),
        count(Number(result.configuration['ticks'])),
        count(all(result, 'rawRecordsPerSecond')),
        short(all(result, 'cpuSeconds')),
        result.configuration['log'] === 'kafka' ? short(all(result, 'brokerCpuSeconds')) : '-',
        short(all(result, 'cpuMicrosPerRecord')),
        count(all(result, 'peakRssMiB')),
      ]),
    ),
  plots: (results, footer) => ({
    pipeline: barsSvg({
      title: 'Three topologies in one process: rate and CPU',
      footer: footer(results),
      categories: results.map(logOf),
      panels: [
        {
          name: 'raw messages/s',
          tick: axisCount,
          series: [
            {
              name: 'Orion',
              colour: COLOURS.orion,
              bars: results.map((result) => ({
                value: all(result, 'rawRecordsPerSecond'),
                label: count(all(result, 'rawRecordsPerSecond')),
              })),
            },
          ],
        },
        {
          name: 'CPU of the process, us a message',
          tick: axisCount,
          series: [
            {
              name: 'Orion',
              colour: COLOURS.orion,
              bars: results.map((result) => ({
                value: all(result, 'cpuMicrosPerRecord'),
                label: short(all(result, 'cpuMicrosPerRecord')),
              })),
            },
          ],
        },
      ],
    }),
  }),
}

function all(result: KeptResult, figure: string): number {
  return numberAt(result.figures, `all.${figure}`)
}

function logOf({ configuration }: KeptResult): string {
  return configuration['log'] === 'kafka' ? 'Apache Kafka' : 'embedded log'
}
