import type { LpMetricsEnvelope, Quantiles, TcaEnvelope } from '#avro'
import { exact, finite, finiteOrNull, rowEncoder, timeText } from './row-encoder.ts'

/** One row each time the figures were published; the last of a liquidity provider is the current one. */
export const lpMetricsRow = rowEncoder<LpMetricsEnvelope>('lp_metrics', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: () => '',
  event_time: ({ payload }) => timeText(payload.updatedAtMs),
  lp_id: ({ payload }) => payload.lpId,
  invited: ({ payload }) => payload.invited,
  quoted: ({ payload }) => payload.quoted,
  won: ({ payload }) => payload.won,
  quoted_of_traded: ({ payload }) => payload.quotedOfTraded,
  last_look_rejected: ({ payload }) => payload.lastLookRejected,
  quote_rate: ({ payload }) => finiteOrNull(payload.quoteRate, 'quote_rate'),
  hit_ratio: ({ payload }) => finiteOrNull(payload.hitRatio, 'hit_ratio'),
  hit_ratio_of_traded: ({ payload }) =>
    finiteOrNull(payload.hitRatioOfTraded, 'hit_ratio_of_traded'),
  ...quantileColumns('response_ms', (event) => event.payload.responseMs),
  ...quantileColumns('to_best_bps', (event) => event.payload.distanceToBestBps),
  won_notional: ({ payload }) => finite(payload.wonNotional, 'won_notional'),
})

function quantileColumns(name: string, of: (event: LpMetricsEnvelope) => Quantiles) {
  return {
    [`${name}_count`]: (event: LpMetricsEnvelope) => of(event).count,
    ...Object.fromEntries(
      (['mean', 'p50', 'p90', 'p99'] as const).map((figure) => [
        `${name}_${figure}`,
        (event: LpMetricsEnvelope) => finiteOrNull(of(event)[figure], `${name}_${figure}`),
      ]),
    ),
  }
}

/** `event_time` is the execution's. */
export const tcaRow = rowEncoder<TcaEnvelope>('tca', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: ({ payload }) => payload.instrumentId,
  event_time: ({ payload }) => timeText(payload.executionTimeMs),
  trade_id: ({ payload }) => payload.tradeId,
  rfq_id: ({ payload }) => payload.rfqId,
  asset_class: ({ payload }) => payload.assetClass,
  lp_id: ({ payload }) => payload.lpId,
  user_id: ({ payload }) => payload.userId,
  desk: ({ payload }) => payload.desk,
  side: ({ payload }) => payload.side,
  quantity: ({ payload }) => exact(payload.quantity),
  price: ({ payload }) => exact(payload.price),
  currency: ({ payload }) => payload.currency,
  decision_time: ({ payload }) => timeText(payload.decisionTimeMs),
  decision_mid: ({ payload }) => finiteOrNull(payload.decisionMid, 'decision_mid'),
  slippage_bps: ({ payload }) => finiteOrNull(payload.slippageBps, 'slippage_bps'),
  slippage_amount: ({ payload }) => finiteOrNull(payload.slippageAmount, 'slippage_amount'),
  effective_spread_bps: ({ payload }) =>
    finiteOrNull(payload.effectiveSpreadBps, 'effective_spread_bps'),
  spread_capture: ({ payload }) => finiteOrNull(payload.spreadCapture, 'spread_capture'),
  time_to_execution_ms: ({ payload }) => payload.timeToExecutionMs,
  decision_to_execution_ms: ({ payload }) => payload.decisionToExecutionMs,
  quotes: ({ payload }) => payload.quotes,
  cover_bps: ({ payload }) => finiteOrNull(payload.coverBps, 'cover_bps'),
})
