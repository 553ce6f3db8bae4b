import type { QuotesEnvelope } from '#avro'
import { exact, rowEncoder, timeText } from './row-encoder.ts'

/** Every quote that a liquidity provider sent, also one that did not count; its instrument is its RFQ's. */
export const quoteRow = rowEncoder<QuotesEnvelope>('quotes', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: () => '',
  event_time: ({ occurredAt }) => timeText(occurredAt),
  quote_id: ({ payload }) => payload.quoteId,
  rfq_id: ({ payload }) => payload.rfqId,
  lp_id: ({ payload }) => payload.lpId,
  quoted_by: ({ payload }) => payload.quotedBy,
  price: ({ payload }) => exact(payload.price),
  size: ({ payload }) => exact(payload.size),
  expires_time: ({ payload }) => timeText(payload.expiresAtMs),
})
