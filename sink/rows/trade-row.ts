import type { TradesEnvelope } from '#avro'
import { exact, finiteOrNull, rowEncoder, timeText } from './row-encoder.ts'

export const tradeRow = rowEncoder<TradesEnvelope>('trades', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: ({ payload }) => payload.instrumentId,
  event_time: ({ payload }) => timeText(payload.executedAtMs),
  trade_id: ({ payload }) => payload.tradeId,
  rfq_id: ({ payload }) => payload.rfqId,
  quote_id: ({ payload }) => payload.quoteId,
  asset_class: ({ payload }) => payload.assetClass,
  side: ({ payload }) => payload.side,
  quantity: ({ payload }) => exact(payload.quantity),
  price: ({ payload }) => exact(payload.price),
  notional: ({ payload }) => exact(payload.notional),
  currency: ({ payload }) => payload.currency,
  buyer: ({ payload }) => payload.buyer,
  seller: ({ payload }) => payload.seller,
  lp_id: ({ payload }) => payload.lpId,
  quoted_by: ({ payload }) => payload.quotedBy,
  venue_id: ({ payload }) => payload.venueId,
  user_id: ({ payload }) => payload.requester.userId,
  desk: ({ payload }) => payload.requester.desk,
  decision_time: ({ payload }) => timeText(payload.decisionTimeMs),
  decision_mid: ({ payload }) => finiteOrNull(payload.decision?.mid ?? null, 'decision_mid'),
  trade_date: ({ payload }) => payload.tradeDate,
})
