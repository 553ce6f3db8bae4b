import { count, duration, table } from '../formats.ts'
import { type KeptResult, numberAt, valueAt } from '../kept-results.ts'
import { curveOf, type Line, percentilesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section } from '../section.ts'
import { SHOWN } from '../shown.ts'

interface Phase {
  readonly slowClient: boolean
  readonly tickToClientHistogramMs: Readonly<Record<string, number>>
}

export const fanOut: Section = {
  id: 'fan-out',
  title: 'Fan-out to WebSocket subscribers',
  about:
    '`orion start` whole, everything in one thread but ClickHouse; each subscriber has a watchlist of its own. From the event time of the value that a frame carries to the parsed message, in sampled clients. Phases without and with a client that asks for everything and reads 1 KiB/s alternate; medians of the phases of a kind.',
  rule: SHOWN['fan-out'],
  command: ([{ configuration }]) =>
    bench('fan-out', {
      subscribers: configuration['subscribers'],
      'instruments-per-subscriber': configuration['instrumentsPerSubscriber'],
      rate: configuration['ticksPerSecond'],
    }),
  table: (results) =>
    table(
      [
        'subscribers',
        'ticks/s',
        'tick to client p50',
        'p99',
        'max',
        'gateway to client p99',
        'beside a slow client: p50',
        'p99',
        'gateway to client p99',
        'frames/s',
        'MB/s',
      ],
      results.map(({ configuration, figures }) => {
        const ms = (path: string): string => duration(numberAt(figures, path))
        return [
          count(Number(configuration['subscribers'])),
          count(Number(configuration['ticksPerSecond'])),
          ms('withoutSlowClient.tickToClientMs.p50'),
          ms('withoutSlowClient.tickToClientMs.p99'),
          ms('withoutSlowClient.tickToClientMs.max'),
          ms('withoutSlowClient.gatewayToClientMs.p99'),
          ms('withSlowClient.tickToClientMs.p50'),
          ms('withSlowClient.tickToClientMs.p99'),
          ms('withSlowClient.gatewayToClientMs.p99'),
          count(numberAt(figures, 'withoutSlowClient.framesPerSecond')),
          numberAt(figures, 'withoutSlowClient.megabytesPerSecond').toFixed(1),
        ]
      }),
    ),
  plots: (results, footer) =>
    Object.fromEntries(
      results.map((result) => [
        `fan-out-${String(result.configuration['subscribers'])}-${String(result.configuration['ticksPerSecond'])}`,
        percentilesSvg({
          title: `Tick to client: ${count(Number(result.configuration['subscribers']))} subscribers, ${count(Number(result.configuration['ticksPerSecond']))} ticks/s`,
          footer: footer([result]),
          y: 'latency, ms',
          lines: phaseLines(result),
        }),
      ]),
    ),
}

/** A curve for each phase; one name for all of a kind. */
function phaseLines({ samples }: KeptResult): readonly Line[] {
  const phases = valueAt(samples, 'phases') as readonly Phase[]
  return phases.map(({ slowClient, tickToClientHistogramMs }) => ({
    name: slowClient ? 'beside a client that reads 1 KiB/s' : 'without a slow client',
    colour: slowClient ? COLOURS.vermilion : COLOURS.orion,
    dashed: slowClient,
    points: curveOf(tickToClientHistogramMs),
  }))
}
