import { count, duration, fixed, table } from './formats.ts'
import { type KeptResult, type KeptResults, numberAt, valueAt } from './kept-results.ts'

/** What figures are made of. */
export interface Sources {
  readonly kept: KeptResults
  /** A results file that is no list of results, by its path. */
  readonly document: (path: string) => unknown
}

type Figure = (sources: Sources) => string

const CRASH_MATRIX = 'docs/results/crash-matrix-2026-11-21.json'
const RFQ_SOAK = 'docs/results/rfq-soak-1.json'

/** Every figure that stands in a sentence, by the name in its marker. */
export const FIGURES: Readonly<Record<string, Figure>> = {
  ...besideKafkaStreams('ticks', 'ticks', { caching: 'on' }),
  ...besideKafkaStreams('ticks.cachesOff', 'ticks', { caching: 'off' }),
  ...besideKafkaStreams('positions', 'positions', { caching: 'on' }),
  ...besideKafkaStreams('windows.updates', 'windows', { caching: 'off', emission: 'updates' }),
  ...besideKafkaStreams('windows.suppress', 'windows', { caching: 'off', emission: 'suppress' }),

  'latency.p50': latency('p50'),
  'latency.p99': latency('p99'),

  'fan-out.p99': fanOut('withoutSlowClient.tickToClientMs.p99', duration),
  'fan-out.gateway.p99': fanOut('withoutSlowClient.gatewayToClientMs.p99', duration),
  'fan-out.gateway.p99BesideSlow': fanOut('withSlowClient.gatewayToClientMs.p99', duration),
  'fan-out.gateway.p99WithToWithout': fanOut('gatewayP99WithToWithout', (value) => fixed(value, 2)),

  'rfq.mostKeptUp': ({ kept }) =>
    count(Math.max(...kept.all('rfq').filter(keptUp).map(rfqsPerSecond))),

  ...Object.fromEntries(
    ['kills', 'brokerKills', 'freezes', 'orders', 'lost', 'duplicated', 'storesDifferent'].map(
      (total) => [`crash-matrix.${total}`, crashMatrix(total, count)],
    ),
  ),
  'crash-matrix.longestSilence': crashMatrix('longestSilenceMs', duration),

  'rfq-soak.rfqs': soak('totals.created', count),
  'rfq-soak.acknowledged': soak('totals.acknowledged', count),
  'rfq-soak.trades': soak('totals.trades', count),
  'rfq-soak.kills': soak('totals.kills', count),
  'rfq-soak.faults': soak('totals.faults', count),
}

/** Scenarios of the crash matrix, by the end of the name of their results file. */
const BROKER_TROUBLE = [
  ['all-brokers-gone', 'all brokers gone for 60 s'],
  ['each-broker-in-turn', 'each broker killed in turn: every coordinator and leader moves'],
  ['rolling-restart', 'rolling restart: brokers and instances in turn by kill -9, static members'],
  ['frozen-broker', 'one broker frozen for 25 s'],
  ['zombie', 'zombies: two instances paused beyond their session'],
] as const

/** Tables that no section of the report has, by the name in their marker. */
export const TABLES: Readonly<Record<string, Figure>> = {
  'crash-matrix': ({ document }) =>
    table(
      [
        'scenario under load',
        'orders',
        'lost',
        'duplicated',
        'longest silence',
        'resumed after',
        'results',
      ],
      BROKER_TROUBLE.map(([name, what]) => {
        const file = `crash-matrix-${name}.json`
        const of = (path: string): number => numberAt(document(`docs/results/${file}`), path)
        return [
          what,
          count(of('totals.orders')),
          count(of('totals.lost')),
          count(of('totals.duplicated')),
          duration(of('totals.longestSilenceMs')),
          duration(of('rounds.0.resumedAfterMs')),
          `[${file}](../results/${file})`,
        ]
      }),
    ),
}

/** Work of one thread beside Kafka Streams. */
function besideKafkaStreams(
  name: string,
  scenario: string,
  configuration: Readonly<Record<string, unknown>>,
): Readonly<Record<string, Figure>> {
  const of = (figure: string, digits: number): Figure => {
    return ({ kept }) => {
      const { figures } = kept.newest(scenario, { peer: true, threads: 1, ...configuration })
      return fixed(numberAt(figures, figure), digits)
    }
  }
  return {
    [`${name}.timesAsFast`]: of('timesAsFast', 1),
    [`${name}.timesTheCpu`]: of('timesTheCpu', 2),
  }
}

function latency(percentile: string): Figure {
  return ({ kept }) => {
    const { figures } = kept.newest('latency', { log: 'embedded', ticksPerSecond: 5_000 })
    return duration(numberAt(figures, `latencyMs.${percentile}`))
  }
}

function fanOut(figure: string, format: (value: number) => string): Figure {
  return ({ kept }) => {
    const { figures } = kept.newest('fan-out', { subscribers: 1_000, ticksPerSecond: 10_000 })
    return format(numberAt(figures, figure))
  }
}

function crashMatrix(total: string, format: (value: number) => string): Figure {
  return ({ document }) => format(numberAt(document(CRASH_MATRIX), `totals.${total}`))
}

function soak(figure: string, format: (value: number) => string): Figure {
  return ({ document }) => format(numberAt(document(RFQ_SOAK), figure))
}

function keptUp({ figures }: KeptResult): boolean {
  return valueAt(figures, 'keptUp') === true
}

function rfqsPerSecond({ configuration }: KeptResult): number {
  return Number(configuration['rfqsPerSecond'])
}
