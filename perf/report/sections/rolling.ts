import { count, duration, table } from '../formats.ts'
import { type KeptResult, numberAt, valueAt } from '../kept-results.ts'
import { type Line, linesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

interface Look {
  readonly atMs: number
  readonly taken: number
}

const HUES = [COLOURS.orion, COLOURS.green, COLOURS.purple, COLOURS.vermilion]

export const rolling: Section = {
  id: 'rolling',
  title: 'Rolling restart of three instances',
  about:
    'Three instances work off a backlog on Kafka; then they are restarted one by one. Static members keep their tasks through it; standbys take them over.',
  rule: SHOWN.rolling,
  command: (results) =>
    bench('rolling', {
      members: valuesOf(results, 'members'),
      keys: valuesOf(results, 'keys'),
      kafka: true,
    }),
  table: (results) =>
    table(
      [
        'members',
        'records/s before',
        'while restarting',
        'share',
        'slowest second',
        'restarts take',
        'stores restored from zero',
      ],
      results.map(({ configuration, figures }) => [
        String(configuration['members']),
        count(numberAt(figures, 'steadyRecordsPerSecond')),
        count(numberAt(figures, 'restartingRecordsPerSecond')),
        `${(100 * numberAt(figures, 'share')).toFixed(0)}%`,
        count(numberAt(figures, 'slowestSecondRecords')),
        duration(numberAt(figures, 'restartsMs')),
        count(numberAt(figures, 'storesRestoredFromZero')),
      ]),
    ),
  plots: (results, footer) => ({
    rolling: linesSvg({
      title: 'Records taken while three instances are restarted one by one',
      footer: footer(results),
      x: 's since the first look',
      y: 'records taken',
      lines: results.map((result, index) => ({
        name: `${String(result.configuration['members'])} members`,
        colour: HUES[index % HUES.length] ?? COLOURS.grey,
        bare: true,
        points: takenBySecond(result),
      })),
    }),
  }),
}

/** From the first look at the steady state to the last at the restarts. */
function takenBySecond({ samples }: KeptResult): Line['points'] {
  const looks = ['steady', 'restarts'].flatMap((part) => valueAt(samples, part) as readonly Look[])
  const first = looks[0]
  return looks.map(({ atMs, taken }) => [
    Math.round((atMs - (first?.atMs ?? 0)) / 10) / 100,
    taken - (first?.taken ?? 0),
  ])
}
