import type { ProcessorMetrics } from '#streams'
import { type CountUnder, countBy } from '../metrics/count-by.ts'
import type { EndedRfq } from './ended-rfq.ts'

export function endedCounts(metrics: ProcessorMetrics): CountUnder<EndedRfq['eventType']> {
  return countBy(metrics, {
    name: 'orion_analytics_ended_rfqs_total',
    help: 'Ended RFQs that were measured, by how they ended.',
    label: 'ending',
    values: ['RFQRejected', 'RFQExpired', 'RFQCancelled', 'RFQTraded'],
  })
}

export function tcaCounts(metrics: ProcessorMetrics): () => void {
  const computed = metrics.counter('orion_analytics_tca_total', 'Trades measured (TCA).')
  return () => computed.add(1)
}

export interface LpCounts {
  answer(): void
  published(): void
}

export function lpCounts(metrics: ProcessorMetrics): LpCounts {
  const answers = metrics.counter(
    'orion_analytics_lp_answers_total',
    'What ended RFQs said of liquidity providers, one for each that was asked.',
  )
  const published = metrics.counter(
    'orion_analytics_lp_updates_total',
    'Figures of liquidity providers that were published.',
  )
  return { answer: () => answers.add(1), published: () => published.add(1) }
}
