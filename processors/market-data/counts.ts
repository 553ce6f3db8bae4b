import type { QualityFlag, SnapshotsEnvelope } from '#avro'
import type { ProcessorMetrics } from '#streams'
import { type CountUnder, countBy } from '../metrics/count-by.ts'
import type { Normalised } from './normalise.ts'
import { REFUSAL_CODES } from './refusals.ts'

const OUTCOMES = {
  MarketTickReceived: 'tick',
  MarketDepthReceived: 'depth',
  MarketHeartbeatReceived: 'heartbeat',
  BarClosed: 'bar',
  refused: 'refused',
} as const satisfies Record<Normalised['eventType'], string>

const FLAGS: readonly QualityFlag[] = ['LATE', 'CROSSED', 'ONE_SIDED', 'INDICATIVE', 'SUSPICIOUS']

export interface FeedCounts {
  /** A message became an event. */
  accepted(result: Exclude<Normalised, { readonly eventType: 'refused' }>): void
  refused(code: string): void
}

/** What became of feed messages: one outcome each; flags and codes say how good they were. */
export function feedCounts(metrics: ProcessorMetrics): FeedCounts {
  const outcome = countBy(metrics, {
    name: 'orion_market_data_messages_total',
    help: 'Feed messages, by what they became.',
    label: 'outcome',
    values: Object.values(OUTCOMES),
  })
  const flagged = countBy(metrics, {
    name: 'orion_market_data_flagged_total',
    help: 'Ticks and depth messages with a quality flag; one may have several.',
    label: 'flag',
    values: FLAGS,
  })
  const refused = countBy<string>(metrics, {
    name: 'orion_market_data_refused_total',
    help: 'Feed messages that were dead-lettered, by code.',
    label: 'code',
    values: REFUSAL_CODES,
  })
  return {
    accepted: ({ eventType, payload }) => {
      outcome(OUTCOMES[eventType])
      if ('flags' in payload) for (const flag of payload.flags) flagged(flag)
    },
    refused: (code) => {
      outcome('refused')
      refused(code)
    },
  }
}

/** Instruments that fell silent, and those that were heard again. */
export function silenceCounts(metrics: ProcessorMetrics): CountUnder<'stale' | 'recovered'> {
  return countBy(metrics, {
    name: 'orion_market_data_silences_total',
    help: 'Instruments that fell silent (stale) or were heard again (recovered).',
    label: 'change',
    values: ['stale', 'recovered'],
  })
}

export type SnapshotCause = SnapshotsEnvelope['payload']['cause']

export function snapshotCounts(metrics: ProcessorMetrics): CountUnder<SnapshotCause> {
  return countBy(metrics, {
    name: 'orion_snapshots_updates_total',
    help: 'Snapshots published, by what changed them.',
    label: 'cause',
    values: ['QUOTE', 'TRADE', 'DEPTH'],
  })
}

export function markCounts(metrics: ProcessorMetrics): () => void {
  const marks = metrics.counter('orion_snapshots_marks_total', 'Marks published.')
  return () => marks.add(1)
}

export interface BarCounts {
  closed(intervalMs: number): void
  late(ticks: number): void
}

/** Computed bars; those that a feed made are messages of the feed. */
export function barCounts(metrics: ProcessorMetrics, intervalsMs: readonly number[]): BarCounts {
  const closed = countBy(metrics, {
    name: 'orion_bars_closed_total',
    help: 'Bars closed, by their interval.',
    label: 'interval',
    values: intervalsMs.map(intervalName),
  })
  const late = metrics.counter(
    'orion_bars_late_ticks_total',
    'Ticks that came after a bar of theirs was closed.',
  )
  return {
    closed: (intervalMs) => closed(intervalName(intervalMs)),
    late: (ticks) => late.add(ticks),
  }
}

function intervalName(intervalMs: number): string {
  return `${intervalMs / 1_000}s`
}
