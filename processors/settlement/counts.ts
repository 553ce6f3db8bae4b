import type { ProcessorMetrics } from '#streams'
import { type CountUnder, countBy } from '../metrics/count-by.ts'
import type { SettlementNews } from './settlement.ts'

export function confirmationCounts(
  metrics: ProcessorMetrics,
): CountUnder<'confirmed' | 'repeated'> {
  return countBy(metrics, {
    name: 'orion_post_trade_confirmations_total',
    help: 'Trades, by whether they were confirmed or had been before.',
    label: 'outcome',
    values: ['confirmed', 'repeated'],
  })
}

export interface SettlementCounts {
  requested(): void
  attempted(outcome: SettlementNews['eventType']): void
}

const OUTCOMES = {
  SettlementCompleted: 'completed',
  SettlementRetrying: 'retrying',
  SettlementFailed: 'failed',
} as const satisfies Record<SettlementNews['eventType'], string>

/** Requested ones that are neither completed nor failed are open. */
export function settlementCounts(metrics: ProcessorMetrics): SettlementCounts {
  const requested = metrics.counter(
    'orion_post_trade_settlements_requested_total',
    'Settlements requested.',
  )
  const attempt = countBy(metrics, {
    name: 'orion_post_trade_settlement_attempts_total',
    help: 'Attempts to settle, by what they came to; retrying is one that failed and is made again.',
    label: 'outcome',
    values: Object.values(OUTCOMES),
  })
  return {
    requested: () => requested.add(1),
    attempted: (outcome) => attempt(OUTCOMES[outcome]),
  }
}
