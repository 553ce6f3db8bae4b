import { axisCount, count, short, table } from '../formats.ts'
import { type KeptResult, numberAt, valueAt } from '../kept-results.ts'
import { barsSvg } from '../plot/bars.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section } from '../section.ts'
import { SHOWN } from '../shown.ts'

export const sink: Section = {
  id: 'sink',
  title: 'Rows into ClickHouse',
  about:
    "The sink works off a backlog exactly once: rows of committed ranges over the whole time, migrations inside. Verified by the sink's own check of offsets.",
  rule: SHOWN.sink,
  command: ([{ configuration }]) =>
    bench('sink', { ticks: configuration['ticks'], snapshots: configuration['snapshots'] }),
  table: (results) =>
    table(
      [
        'ClickHouse',
        'streams',
        'rows',
        'rows/s',
        'CPU s',
        'of ClickHouse',
        'peak RSS MiB',
        'of ClickHouse',
      ],
      results.map((result) => [
        String(result.configuration['clickhouse']),
        streamsOf(result),
        count(numberAt(result.figures, 'rows')),
        count(numberAt(result.figures, 'rowsPerSecond')),
        short(numberAt(result.figures, 'use.cpuSeconds')),
        optional(valueAt(result.figures, 'use.cpuSecondsOf.clickhouse'), short),
        count(numberAt(result.figures, 'peakRssMiB')),
        optional(valueAt(result.figures, 'clickhousePeakRssMiB'), count),
      ]),
    ),
  plots: (results, footer) => ({
    sink: barsSvg({
      title: 'Backlog into ClickHouse, exactly once',
      footer: footer(results),
      categories: results.map(streamsOf),
      panels: [
        {
          name: 'rows/s',
          tick: axisCount,
          series: [
            {
              name: 'Orion',
              colour: COLOURS.orion,
              bars: results.map(({ figures }) => ({
                value: numberAt(figures, 'rowsPerSecond'),
                label: count(numberAt(figures, 'rowsPerSecond')),
              })),
            },
          ],
        },
      ],
    }),
  }),
}

function streamsOf({ configuration }: KeptResult): string {
  return configuration['snapshots'] === true ? 'ticks, snapshots, bars' : 'ticks'
}

function optional(value: unknown, format: (value: number) => string): string {
  return typeof value === 'number' ? format(value) : '-'
}
