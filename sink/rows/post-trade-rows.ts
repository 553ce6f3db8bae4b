import type { ConfirmationsEnvelope, SettlementEnvelope } from '#avro'
import { exact, finite, rowEncoder, timeText } from './row-encoder.ts'

export const confirmationRow = rowEncoder<ConfirmationsEnvelope>('confirmations', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: ({ payload }) => payload.instrumentId,
  event_time: ({ payload }) => timeText(payload.confirmedAtMs),
  confirmation_id: ({ payload }) => payload.confirmationId,
  trade_id: ({ payload }) => payload.tradeId,
  rfq_id: ({ payload }) => payload.rfqId,
  side: ({ payload }) => payload.side,
  quantity: ({ payload }) => exact(payload.quantity),
  price: ({ payload }) => exact(payload.price),
  notional: ({ payload }) => exact(payload.notional),
  currency: ({ payload }) => payload.currency,
  buyer: ({ payload }) => payload.buyer,
  seller: ({ payload }) => payload.seller,
  lp_id: ({ payload }) => payload.lpId,
  venue_id: ({ payload }) => payload.venueId,
  user_id: ({ payload }) => payload.requester.userId,
  desk: ({ payload }) => payload.requester.desk,
  trade_date: ({ payload }) => payload.tradeDate,
  settlement_date: ({ payload }) => payload.settlementDate,
  settlement_cycle: ({ payload }) => payload.settlementCycle,
  calendar: ({ payload }) => payload.calendar,
})

/** One row a step of a settlement: asked for, tried again, settled, failed. */
export const settlementRow = rowEncoder<SettlementEnvelope>('settlements', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: ({ payload }) => payload.instrumentId,
  event_time: ({ occurredAt }) => timeText(occurredAt),
  trade_id: ({ payload }) => payload.tradeId,
  rfq_id: ({ payload }) => payload.rfqId,
  state: ({ payload }) => payload.state,
  attempt: ({ payload }) => payload.attempt,
  settlement_date: ({ payload }) => payload.settlementDate,
  quantity: ({ payload }) => exact(payload.quantity),
  amount: ({ payload }) => exact(payload.amount),
  currency: ({ payload }) => payload.currency,
  buyer: ({ payload }) => payload.buyer,
  seller: ({ payload }) => payload.seller,
  user_id: ({ payload }) => payload.requester.userId,
  desk: ({ payload }) => payload.requester.desk,
  reason: ({ payload }) => ('reason' in payload ? payload.reason : ''),
  next_attempt_time: ({ payload }) =>
    'attemptAtMs' in payload ? timeText(payload.attemptAtMs) : null,
  failure_probability: ({ payload }) =>
    'failureProbability' in payload
      ? finite(payload.failureProbability, 'failure_probability')
      : null,
  attempts_max: ({ payload }) => ('attemptsMax' in payload ? payload.attemptsMax : null),
})
