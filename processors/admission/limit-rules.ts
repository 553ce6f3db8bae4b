import { Decimal } from 'decimal.js'
import type { InstrumentUpdated, LimitsUpdated, Requester } from '#avro'
import { type Check, checked, type LimitHolder, money, refused } from './check.ts'
import { convert, NOTIONAL_END, type PairMid } from './notional.ts'

/** Limits that apply to a requester, each with whose it is. */
export interface HeldLimits {
  readonly holder: LimitHolder
  readonly limits: LimitsUpdated
}

/** Whose limits apply: the user's, the desk's, the tenant's. */
export function holdersOf(requester: Requester, tenantId: string): readonly LimitHolder[] {
  const { userId, desk } = requester
  return [
    { scope: 'USER', subject: userId },
    ...(desk === '' ? [] : [{ scope: 'DESK', subject: desk } as const]),
    { scope: 'TENANT', subject: tenantId },
  ]
}

/** Asset class by the user's entitlements; instrument and venue by every list that is set. */
export function checkEntitlement(
  requester: Requester,
  { instrumentId, assetClass }: InstrumentUpdated,
  { venueId, held }: { readonly venueId: string; readonly held: readonly HeldLimits[] },
): readonly Check[] {
  const { userId, assetClasses } = requester
  const isEntitled = assetClasses.includes(assetClass)
  return [
    checked('ENTITLED_ASSET_CLASS', isEntitled, {
      figure: assetClass,
      limit: assetClasses.join(' '),
      reason: `Trading in ${assetClass} is ${isEntitled ? 'allowed' : 'not allowed'} for user ${userId}`,
      holder: { scope: 'USER', subject: userId },
    }),
    ...held.flatMap(({ holder, limits: { instrumentIds, venueIds } }) => [
      ...checkList('INSTRUMENT', holder, instrumentId, instrumentIds),
      ...checkList('VENUE', holder, venueId, venueIds),
    ]),
  ]
}

const SHOWN = { INSTRUMENT: 'Instrument', VENUE: 'Venue' } as const

function checkList(
  what: keyof typeof SHOWN,
  holder: LimitHolder,
  asked: string,
  allowed: readonly string[] | null,
): readonly Check[] {
  if (allowed === null) return []
  const isAllowed = allowed.includes(asked)
  return [
    checked(`ENTITLED_${what}_${holder.scope}`, isAllowed, {
      figure: asked,
      limit: `${allowed.length} allowed`,
      reason: `${SHOWN[what]} ${asked} is ${isAllowed ? 'allowed' : 'not allowed'} for ${nameOf(holder)}`,
      holder,
    }),
  ]
}

/** Fails closed: a limit that cannot be compared, for want of a mark or of a rate, is not passed. */
export function checkNotional(
  notional: Decimal | undefined,
  currency: string,
  { held, midOf }: { readonly held: readonly HeldLimits[]; readonly midOf: PairMid },
): readonly Check[] {
  const checks: Check[] = []
  if (notional?.greaterThanOrEqualTo(NOTIONAL_END)) {
    checks.push(
      refused('NOTIONAL_BOOKABLE', 'The amount is too large to be booked', {
        figure: money(notional, currency),
        limit: money(NOTIONAL_END, currency),
      }),
    )
  }
  for (const { holder, limits } of held) {
    const { rfqMaxNotional: max, notionalCurrency } = limits
    if (max === null) continue
    const rule = `MAX_NOTIONAL_${holder.scope}` as const
    const limit = money(max, notionalCurrency)
    if (notional === undefined) {
      const reason = `There is no market price by which the amount could be compared with the limit of ${nameOf(holder)}`
      checks.push(refused(rule, reason, { limit, figure: 'no mark', holder }))
      continue
    }
    const amount = convert(notional, { from: currency, to: notionalCurrency }, midOf)
    if (amount === undefined) {
      const reason = `There is no rate from ${currency} to ${notionalCurrency}, the currency of the limit of ${nameOf(holder)}`
      checks.push(refused(rule, reason, { limit, figure: money(notional, currency), holder }))
      continue
    }
    const figure = money(amount, notionalCurrency)
    const isWithin = amount.lessThanOrEqualTo(max)
    checks.push(
      checked(rule, isWithin, {
        figure,
        limit,
        holder,
        use: useOf(amount, max),
        reason: `${figure} is ${isWithin ? 'within' : 'above'} the limit of ${nameOf(holder)}, ${limit}`,
      }),
    )
  }
  return checks
}

/** RFQs of this holder that were admitted within the last minute. */
export type AdmittedThisMinute = (holder: LimitHolder) => number

/** The RFQ that is judged counts: the first one over the limit is refused. */
export function checkRate(
  held: readonly HeldLimits[],
  admittedThisMinute: AdmittedThisMinute,
): readonly Check[] {
  return held.flatMap(({ holder, limits: { rfqsPerMinute: max } }) => {
    if (max === null) return []
    const count = admittedThisMinute(holder) + 1
    const isWithin = count <= max
    return [
      checked(`RFQ_RATE_${holder.scope}`, isWithin, {
        figure: `${count} RFQs/min`,
        limit: `${max} RFQs/min`,
        holder,
        use: useOf(new Decimal(count), new Decimal(max)),
        reason: `RFQ ${count} of ${nameOf(holder)} within a minute; ${max} are allowed`,
      }),
    ]
  })
}

function useOf(figure: Decimal, limit: Decimal): Decimal {
  return limit.greaterThan(0) ? figure.dividedBy(limit) : new Decimal(Number.POSITIVE_INFINITY)
}

function nameOf({ scope, subject }: LimitHolder): string {
  return `${scope.toLowerCase()} ${subject}`
}
