import type { AlertsEnvelope, ChangesEnvelope } from '#avro'
import { rowEncoder, timeText } from './row-encoder.ts'

export const riskAlertRow = rowEncoder<AlertsEnvelope>('risk_alerts', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: ({ payload }) => payload.instrumentId ?? '',
  event_time: ({ payload }) => timeText(payload.breachedAtMs),
  rule: ({ payload }) => payload.rule,
  scope: ({ payload }) => payload.scope,
  subject: ({ payload }) => payload.subject,
  figure: ({ payload }) => payload.figure,
  limit_text: ({ payload }) => payload.limit,
  reason: ({ payload }) => payload.reason,
  user_id: ({ payload }) => payload.userId,
  rfq_id: ({ payload }) => payload.rfqId ?? '',
})

/** `change` is the payload as JSON; its kind is `event_type`. */
export const adminChangeRow = rowEncoder<ChangesEnvelope>('admin_changes', {
  tenant_id: ({ tenantId }) => tenantId,
  instrument_id: ({ payload }) => ('symbol' in payload ? payload.instrumentId : ''),
  event_time: ({ occurredAt }) => timeText(occurredAt),
  entity_type: ({ entity }) => entity.entityType,
  entity_id: ({ entity }) => entity.entityId,
  change: ({ payload }) => JSON.stringify(payload),
})
