import { Decimal } from 'decimal.js'
import type { LimitsUpdated } from '#avro'

/** Tenants of the demonstration's users. */
export const DEMO_TENANTS = ['demo', 'other'] as const

/** Generous: they bite on a slip of the finger and on a program that runs away, not on a demonstration. */
export function demoLimits(tenantId: string): readonly LimitsUpdated[] {
  return [
    limits('TENANT', tenantId, { rfqsPerMinute: 60_000, rfqMaxNotional: '250000000' }),
    limits('DESK', 'macro', { rfqsPerMinute: null, rfqMaxNotional: '100000000' }),
    limits('USER', 'trader', { rfqsPerMinute: 3_000, rfqMaxNotional: '50000000' }),
    limits('USER', 'trader2', { rfqsPerMinute: 3_000, rfqMaxNotional: '50000000' }),
    limits('USER', 'client', { rfqsPerMinute: 600, rfqMaxNotional: '10000000' }),
  ]
}

function limits(
  scope: string,
  subject: string,
  bounds: { readonly rfqsPerMinute: number | null; readonly rfqMaxNotional: string },
): LimitsUpdated {
  return {
    scope,
    subject,
    rfqsPerMinute: bounds.rfqsPerMinute,
    rfqMaxNotional: new Decimal(bounds.rfqMaxNotional),
    notionalCurrency: 'USD',
    instrumentIds: null,
    venueIds: null,
  }
}
