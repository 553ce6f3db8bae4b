import { count, short, table } from '../formats.ts'
import { type KeptResult, numberAt, valueAt } from '../kept-results.ts'
import { type Line, linesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

export const keys: Section = {
  id: 'keys',
  title: 'A key for every record',
  about:
    'A count of keys of which each occurs once: does memory stay bounded while the store grows? Resident memory is looked at at equal times.',
  rule: SHOWN.keys,
  command: (results) => bench('keys', { keys: valuesOf(results, 'keys') }),
  table: (results) =>
    table(
      ['keys', 'records/s', 'CPU s', 'RSS MiB half way', 'at the end', 'peak'],
      results.map(({ configuration, figures }) => [
        count(Number(configuration['keys'])),
        count(numberAt(figures, 'recordsPerSecond')),
        short(numberAt(figures, 'cpuSeconds')),
        count(numberAt(figures, 'rssMiBHalfWay')),
        count(numberAt(figures, 'rssMiBAtEnd')),
        count(numberAt(figures, 'peakRssMiB')),
      ]),
    ),
  plots: (results, footer) => ({
    keys: linesSvg({
      title: 'Resident memory while keys are added',
      footer: footer(results),
      x: 'share of the work, %',
      y: 'RSS, MiB',
      lines: results.map((result) => ({
        name: `${count(Number(result.configuration['keys']))} keys`,
        colour: COLOURS.orion,
        bare: true,
        points: memoryOf(result),
      })),
    }),
  }),
}

function memoryOf({ samples }: KeptResult): Line['points'] {
  const looks = valueAt(samples, 'rssMiB') as readonly number[]
  return looks.map((rssMiB, index) => [
    Math.round((10_000 * index) / (looks.length - 1)) / 100,
    rssMiB,
  ])
}
