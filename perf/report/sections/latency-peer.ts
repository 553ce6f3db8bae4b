import { count, duration, fixed, table } from '../formats.ts'
import { type KeptResult, numberAt } from '../kept-results.ts'
import { type Line, percentilesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section, valuesOf } from '../section.ts'
import { SHOWN } from '../shown.ts'

const SIDES = [
  { side: 'orion', name: 'Orion', colour: COLOURS.orion },
  { side: 'kafkaStreams', name: 'Kafka Streams', colour: COLOURS.kafkaStreams },
] as const
const PERCENTILES = [
  { figure: 'p50Ms', share: 0.5, name: 'p50' },
  { figure: 'p95Ms', share: 0.95, name: 'p95' },
  { figure: 'p99Ms', share: 0.99, name: 'p99' },
] as const

export const latencyPeer: Section = {
  id: 'latency-peer',
  title: 'Beside Kafka Streams: latency',
  about:
    "SnapshotApp's work at a fixed rate, exactly once, one thread, a commit every 100 ms at the latest: from just before the producer sends a record to its output in the hand of a read_committed consumer. One observer outside for both sides.",
  rule: SHOWN['latency-peer'],
  command: (results) =>
    bench('latency', {
      peer: true,
      rate: valuesOf(results, 'recordsPerSecond'),
      seconds: results[0].configuration['seconds'],
      rounds: results[0].runs,
    }),
  table: (results) =>
    table(
      [
        'records/s',
        '',
        ...PERCENTILES.map(({ name }) => name),
        'max',
        'CPU s',
        'p50 to peer',
        'p99 to peer',
      ],
      results.flatMap((result) =>
        SIDES.map(({ side, name }) => [
          count(rateOf(result)),
          name,
          ...[...PERCENTILES.map(({ figure }) => figure), 'maxMs'].map((figure) =>
            duration(numberAt(result.figures, `${side}.${figure}`)),
          ),
          fixed(numberAt(result.figures, `${side}.cpuSeconds`), 1),
          ...['timesTheP50', 'timesTheP99'].map((ratio) =>
            side === 'orion' ? fixed(numberAt(result.figures, ratio), 2) : '',
          ),
        ]),
      ),
    ),
  plots: (results, footer) => ({
    'latency-peer': percentilesSvg({
      title: 'Producer to read_committed consumer, exactly once',
      footer: footer(results),
      y: 'latency, ms',
      lines: results.flatMap((result, index) =>
        SIDES.map(
          ({ side, name, colour }): Line => ({
            name: `${name}, ${count(rateOf(result))} records/s`,
            colour,
            dashed: index % 2 === 1,
            points: PERCENTILES.map(({ figure, share }) => [
              share,
              numberAt(result.figures, `${side}.${figure}`),
            ]),
          }),
        ),
      ),
    }),
  }),
}

function rateOf({ configuration }: KeptResult): number {
  return Number(configuration['recordsPerSecond'])
}
