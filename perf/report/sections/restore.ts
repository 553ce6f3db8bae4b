import { axisCount, count, fixed, short, table } from '../formats.ts'
import { numberAt } from '../kept-results.ts'
import { barsSvg } from '../plot/bars.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

const SIDES = [
  { side: 'orion', name: 'Orion', colour: COLOURS.orion },
  { side: 'kafkaStreams', name: 'Kafka Streams (JVM)', colour: COLOURS.kafkaStreams },
] as const
const STARTS = [
  { name: 'state kept', seconds: 'keptStateCaughtUpSeconds', cpu: 'keptStateCpuSeconds' },
  {
    name: 'state restored from the changelog',
    seconds: 'wipedCaughtUpSeconds',
    cpu: 'wipedCpuSeconds',
  },
] as const

export const restore: Section = {
  id: 'restore',
  title: 'Beside Kafka Streams: restart and restore',
  about:
    'A store with one value for each key is built and the process ended in good order; then it is started with its state kept, and with its state wiped. From the start of the process until it has caught up; start-up of Node and of the JVM is inside. That counts go on from where they were is verified.',
  rule: SHOWN.restore,
  command: (results) =>
    bench('restore', { keys: valuesOf(results, 'keys'), rounds: results[0].runs, peer: true }),
  table: (results) =>
    table(
      [
        'keys',
        'start with',
        'Orion s',
        'Kafka Streams s',
        'times as long',
        'Orion CPU s',
        'Kafka Streams CPU s',
      ],
      results.flatMap(({ configuration, figures }) =>
        STARTS.map(({ name, seconds, cpu }) => {
          const of = (path: string): number => numberAt(figures, path)
          return [
            count(Number(configuration['keys'])),
            name,
            short(of(`orion.${seconds}`)),
            short(of(`kafkaStreams.${seconds}`)),
            fixed(of(`orion.${seconds}`) / of(`kafkaStreams.${seconds}`), 2),
            short(of(`orion.${cpu}`)),
            short(of(`kafkaStreams.${cpu}`)),
          ]
        }),
      ),
    ),
  plots: (results, footer) => ({
    restore: barsSvg({
      title: 'Start of the process to caught up',
      footer: footer(results),
      categories: results.flatMap(({ configuration }) =>
        STARTS.map(({ name }) => `${name}, ${axisCount(Number(configuration['keys']))} keys`),
      ),
      panels: (
        [
          ['seconds', 'time, s'],
          ['cpu', 'CPU, s'],
        ] as const
      ).map(([what, name]) => ({
        name: `${name} (less is better)`,
        tick: axisCount,
        series: SIDES.map(({ side, name: sideName, colour }) => ({
          name: sideName,
          colour,
          bars: results.flatMap(({ figures }) =>
            STARTS.map((start) => ({
              value: numberAt(figures, `${side}.${start[what]}`),
              label: short(numberAt(figures, `${side}.${start[what]}`)),
              spread: [
                numberAt(figures, `spread.${side}.${start[what]}.min`),
                numberAt(figures, `spread.${side}.${start[what]}.max`),
              ] as const,
            })),
          ),
        })),
      })),
    }),
  }),
}
