import { axisCount, count, fixed, short, table } from '../formats.ts'
import { type KeptResult, numberAt, valueAt } from '../kept-results.ts'
import { type Bar, type BarPanel, barsSvg } from '../plot/bars.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

const SIDES = [
  { side: 'orion', name: 'Orion', colour: COLOURS.orion },
  { side: 'kafkaStreams', name: 'Kafka Streams (JVM)', colour: COLOURS.kafkaStreams },
] as const

export const kafkaStreams: Section = {
  id: 'kafka-streams',
  title: 'Beside Kafka Streams: throughput',
  about:
    'The same work by Orion and by Apache Kafka Streams on the JVM, in turn on one Kafka broker: the same topics and bytes, exactly once, one thread, one observer outside for both. **ticks**: the latest state of each instrument, every update put out. **positions**: fills without repeats to average cost and P&L, behind a repartition. **windows**: bars of a minute, on every update (updates) or closed ones alone (suppress). The clock runs from the first input record to the last; compilation is inside, start and join are not. Medians of the rounds, whiskers from the least to the most. *Times as fast* above 1 and *times the CPU* below 1 are in favour of Orion.',
  rule: SHOWN['kafka-streams'],
  command: (results) =>
    bench(results[0].scenario, {
      emission: results.length > 1 ? undefined : results[0].configuration['emission'],
      records: valuesOf(results, 'records'),
      rounds: results[0].runs,
      caching: results[0].configuration['caching'],
      peer: true,
    }),
  table: (results) =>
    table(
      [
        'work',
        'records',
        'Orion records/s',
        'Kafka Streams',
        'times as fast',
        'Orion CPU s',
        'Kafka Streams',
        'times the CPU',
        'peak RSS MiB',
        'Kafka Streams',
      ],
      results.map((result) => {
        const { configuration, figures } = result
        const of = (path: string): number => numberAt(figures, path)
        return [
          nameOf(result),
          count(Number(configuration['records'])),
          count(of('orion.recordsPerSecond')),
          count(of('kafkaStreams.recordsPerSecond')),
          `**${fixed(of('timesAsFast'), 2)}**${range(result, 'timesAsFast')}`,
          short(of('orion.cpuSeconds')),
          short(of('kafkaStreams.cpuSeconds')),
          `**${fixed(of('timesTheCpu'), 2)}**${range(result, 'timesTheCpu')}`,
          count(of('orion.peakRssMiB')),
          count(of('kafkaStreams.peakRssMiB')),
        ]
      }),
    ),
  plots: (results, footer) => ({
    'kafka-streams': barsSvg({
      title: 'Exactly once, one thread: rate and CPU beside Kafka Streams',
      footer: footer(results),
      categories: results.map(nameOf),
      panels: [
        panel(results, {
          name: 'records/s (more is better)',
          figure: 'recordsPerSecond',
          ratio: 'timesAsFast',
          text: (value) => axisCount(Number(value.toPrecision(3))),
          amount: (value) => value,
        }),
        panel(results, {
          name: 'CPU s a million records (less is better)',
          figure: 'cpuSeconds',
          ratio: 'timesTheCpu',
          text: short,
          amount: (value, { configuration }) => (value * 1e6) / Number(configuration['records']),
        }),
      ],
    }),
  }),
}

interface PanelOf {
  readonly name: string
  readonly figure: string
  /** Behind the bar of Orion. */
  readonly ratio: string
  readonly text: (value: number) => string
  readonly amount: (value: number, result: KeptResult) => number
}

function panel(
  results: readonly KeptResult[],
  { name, figure, ratio, text, amount }: PanelOf,
): BarPanel {
  return {
    name,
    tick: axisCount,
    series: SIDES.map(({ side, name: sideName, colour }) => ({
      name: sideName,
      colour,
      bars: results.map((result): Bar => {
        const at = (path: string): number => amount(numberAt(result.figures, path), result)
        const value = at(`${side}.${figure}`)
        const times = `  (${fixed(numberAt(result.figures, ratio), 2)} times)`
        return {
          value,
          label: `${text(value)}${side === 'orion' ? times : ''}`,
          spread: [at(`spread.${side}.${figure}.min`), at(`spread.${side}.${figure}.max`)],
        }
      }),
    })),
  }
}

/** Of the rounds, where there were several. */
function range({ figures, runs }: KeptResult, ratio: string): string {
  const at = (end: 'min' | 'max'): string => fixed(numberAt(figures, `spread.${ratio}.${end}`), 2)
  return runs === 1 ? '' : ` (${at('min')} to ${at('max')})`
}

function nameOf({ scenario, configuration }: KeptResult): string {
  const emission = valueAt(configuration, 'emission')
  const caches = configuration['caching'] === 'off' ? ['caches off'] : []
  return [scenario, ...(typeof emission === 'string' ? [emission] : []), ...caches].join(', ')
}
