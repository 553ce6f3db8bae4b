import { count, duration, fixed } from './formats.ts'
import { type KeptResult, type KeptResults, numberAt, valueAt } from './kept-results.ts'

/** What figures are made of. */
export interface Sources {
  readonly kept: KeptResults
  /** A results file that is no list of results, by its path. */
  readonly document: (path: string) => unknown
}

type Figure = (sources: Sources) => string

const RFQ_SOAK = 'docs/results/rfq-soak-1.json'

/** Every figure that stands in a sentence, by the name in its marker. */
export const FIGURES: Readonly<Record<string, Figure>> = {
  'ticks.timesAsFast': ticks('on', 'timesAsFast', (value) => fixed(value, 1)),
  'ticks.timesTheCpu': ticks('on', 'timesTheCpu', (value) => fixed(value, 2)),
  'ticks.cachesOff.timesAsFast': ticks('off', 'timesAsFast', (value) => fixed(value, 1)),
  'ticks.cachesOff.timesTheCpu': ticks('off', 'timesTheCpu', (value) => fixed(value, 2)),

  'latency.p50': latency('p50'),
  'latency.p99': latency('p99'),

  'fan-out.p99': fanOut('withoutSlowClient.tickToClientMs.p99', duration),
  'fan-out.gateway.p99': fanOut('withoutSlowClient.gatewayToClientMs.p99', duration),
  'fan-out.gateway.p99BesideSlow': fanOut('withSlowClient.gatewayToClientMs.p99', duration),
  'fan-out.gateway.p99WithToWithout': fanOut('gatewayP99WithToWithout', (value) => fixed(value, 2)),

  'rfq.mostKeptUp': ({ kept }) =>
    count(Math.max(...kept.all('rfq').filter(keptUp).map(rfqsPerSecond))),

  'rfq-soak.rfqs': soak('totals.created', count),
  'rfq-soak.acknowledged': soak('totals.acknowledged', count),
  'rfq-soak.trades': soak('totals.trades', count),
  'rfq-soak.kills': soak('totals.kills', count),
  'rfq-soak.faults': soak('totals.faults', count),
}

/** SnapshotApp's work beside Kafka Streams, with its caches on or off. */
function ticks(caching: 'on' | 'off', figure: string, format: (value: number) => string): Figure {
  return ({ kept }) =>
    format(numberAt(kept.newest('ticks', { peer: true, threads: 1, caching }).figures, figure))
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

function soak(figure: string, format: (value: number) => string): Figure {
  return ({ document }) => format(numberAt(document(RFQ_SOAK), figure))
}

function keptUp({ figures }: KeptResult): boolean {
  return valueAt(figures, 'keptUp') === true
}

function rfqsPerSecond({ configuration }: KeptResult): number {
  return Number(configuration['rfqsPerSecond'])
}
