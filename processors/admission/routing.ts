import type { Decimal } from 'decimal.js'
import type { InstrumentUpdated, LPConfigUpdated, LpRoute } from '#avro'
import { money } from './check.ts'

/** What is to be routed. */
export interface RoutedRfq {
  readonly tenantId: string
  readonly instrument: InstrumentUpdated
  readonly venueId: string
  /** In the instrument's currency; undefined without a mark. */
  readonly notional: Decimal | undefined
}

/** RFQs that went to a liquidity provider from this tenant within the last second. */
export type SentThisSecond = (lpId: string) => number

/**
 * Why each liquidity provider that the tenant can see is asked or is not, by lpId. A provider that does not serve the tenant is not
 * mentioned: whom others deal with is not for it to know.
 */
export function routesOf(
  rfq: RoutedRfq,
  lps: readonly LPConfigUpdated[],
  sentThisSecond: SentThisSecond,
): readonly LpRoute[] {
  return lps
    .filter((lp) => servesTenant(lp, rfq.tenantId))
    .sort((a, b) => (a.lpId < b.lpId ? -1 : 1))
    .map((lp) => {
      const refusal = refusalOf(rfq, lp, sentThisSecond)
      return { lpId: lp.lpId, eligible: refusal === undefined, reason: refusal ?? 'ELIGIBLE' }
    })
}

function servesTenant({ tenantIds }: LPConfigUpdated, tenantId: string): boolean {
  return tenantIds.length === 0 || tenantIds.includes(tenantId)
}

function refusalOf(
  { instrument, venueId, notional }: RoutedRfq,
  lp: LPConfigUpdated,
  sentThisSecond: SentThisSecond,
): string | undefined {
  const { instrumentId, assetClass, currency } = instrument
  if (!lp.enabled) return 'DISABLED'
  if (!lp.assetClasses.includes(assetClass)) return `ASSET_CLASS: does not quote ${assetClass}`
  if (lp.instrumentIds.length > 0 && !lp.instrumentIds.includes(instrumentId))
    return `INSTRUMENT: does not quote ${instrumentId}`
  if (lp.venueIds.length > 0 && !lp.venueIds.includes(venueId))
    return `VENUE: does not quote on ${venueId}`
  const { minNotional, maxNotional, rfqsPerSecond } = lp
  if (notional === undefined && (minNotional !== null || maxNotional !== null))
    return `NO_MARK: ${instrumentId} has no price by which its notional could be known`
  if (minNotional !== null && notional?.lessThan(minNotional))
    return `NOTIONAL: ${money(notional, currency)} is below ${money(minNotional, currency)}`
  if (maxNotional !== null && notional?.greaterThan(maxNotional))
    return `NOTIONAL: ${money(notional, currency)} is above ${money(maxNotional, currency)}`
  // Last: only who would be asked is counted.
  const sent = sentThisSecond(lp.lpId)
  if (sent >= rfqsPerSecond) return `THROTTLED: ${sent} of ${rfqsPerSecond} RFQs within a second`
  return undefined
}
