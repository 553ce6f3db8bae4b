import type { Decimal } from 'decimal.js'
import type {
  CreateRFQ,
  InstrumentUpdated,
  KillswitchEnvelope,
  LimitsUpdated,
  LPConfigUpdated,
  LpRoute,
  MarkPriceUpdated,
  VenueUpdated,
} from '#avro'
import { notionalOf } from '../instruments/notional.ts'
import { sentence } from '../words/shown.ts'
import type { Check, LimitHolder } from './check.ts'
import {
  type AdmittedThisMinute,
  checkEntitlement,
  checkNotional,
  checkRate,
  type HeldLimits,
  holdersOf,
} from './limit-rules.ts'
import type { PairMid } from './notional.ts'
import {
  checkExpiry,
  checkFlag,
  checkInstrument,
  checkKillSwitch,
  checkSize,
  checkTradingHours,
  checkVenue,
} from './request-rules.ts'
import { routesOf, type SentThisSecond } from './routing.ts'

/** What is asked, by whom, and when. */
export interface AdmissionRequest {
  readonly tenantId: string
  readonly command: CreateRFQ
  readonly commandTimeMs: number
  readonly nowMs: number
}

/** What the platform knows at this moment, as the tenant sees it. */
export interface AdmissionFacts {
  readonly killSwitches: readonly (KillswitchEnvelope | undefined)[]
  isEnabled(flag: string): boolean
  instrument(instrumentId: string): InstrumentUpdated | undefined
  mark(instrumentId: string): MarkPriceUpdated | undefined
  venue(venueId: string): VenueUpdated | undefined
  limits(holder: LimitHolder): LimitsUpdated | undefined
  lps(): readonly LPConfigUpdated[]
  readonly midOf: PairMid
  readonly admittedThisMinute: AdmittedThisMinute
  readonly sentThisSecond: SentThisSecond
}

export interface AdmissionDecision {
  readonly passed: boolean
  /** Every rule passed, though there may be nobody to ask: it counts against the rates. */
  readonly counts: boolean
  readonly reason: string
  readonly text: string
  readonly checks: readonly Check[]
  readonly routes: readonly LpRoute[]
  readonly venueId: string
  readonly notional: Decimal | undefined
  readonly mark: MarkPriceUpdated | undefined
  readonly instrument: InstrumentUpdated | undefined
  /** Whose rates count this RFQ: those with a limit. */
  readonly rated: readonly LimitHolder[]
}

/** Every rule that can be applied is applied, whatever the others say; then, if all passed, the routes. */
export function admit(request: AdmissionRequest, facts: AdmissionFacts): AdmissionDecision {
  const { command, tenantId } = request
  const instrument = facts.instrument(command.instrumentId)
  const mark = facts.mark(command.instrumentId)
  const held = holdersOf(command.requester, tenantId).flatMap((holder) => {
    const limits = facts.limits(holder)
    return limits === undefined ? [] : [{ holder, limits }]
  })
  const venueId = command.venueId ?? instrument?.venue ?? ''
  const mid = mark?.mid ?? undefined
  const notional =
    instrument === undefined || mid === undefined
      ? undefined
      : notionalOf(instrument.assetClass, command.size, mid).abs()
  const checks = [
    checkKillSwitch(facts.killSwitches),
    checkFlag(facts.isEnabled('rfq')),
    checkInstrument(command.instrumentId, instrument),
    checkExpiry(command.expiryTimeMs, request),
    ...(instrument === undefined
      ? []
      : checksOfInstrument(request, facts, { instrument, venueId, notional, held })),
    ...checkRate(held, facts.admittedThisMinute),
  ]
  const refusal = bindingOf(checks)
  const routes =
    refusal !== undefined || instrument === undefined
      ? []
      : routesOf({ tenantId, instrument, venueId, notional }, facts.lps(), facts.sentThisSecond)
  return {
    ...outcomeOf(refusal, routes),
    counts: refusal === undefined,
    checks,
    routes,
    venueId,
    notional,
    mark,
    instrument,
    rated: held.flatMap(({ holder, limits }) => (limits.rfqsPerMinute === null ? [] : [holder])),
  }
}

function checksOfInstrument(
  { command, nowMs }: AdmissionRequest,
  facts: AdmissionFacts,
  {
    instrument,
    venueId,
    notional,
    held,
  }: {
    readonly instrument: InstrumentUpdated
    readonly venueId: string
    readonly notional: Decimal | undefined
    readonly held: readonly HeldLimits[]
  },
): readonly Check[] {
  const venue = facts.venue(venueId)
  const { currency } = instrument
  return [
    checkVenue(command, instrument, venue),
    checkTradingHours(instrument, venue, nowMs),
    ...checkSize(command, instrument),
    ...checkEntitlement(command.requester, instrument, { venueId, held }),
    ...checkNotional(notional, currency, { held, midOf: facts.midOf }),
  ]
}

/** The first rule that refused; where several limits of that rule are broken, the narrowest. */
function bindingOf(checks: readonly Check[]): Check | undefined {
  const first = checks.find(({ passed }) => !passed)
  if (first?.holder === undefined) return first
  const family = familyOf(first)
  return checks
    .filter((check) => !check.passed && familyOf(check) === family)
    .reduce((narrowest, check) => (isNarrower(check, narrowest) ? check : narrowest), first)
}

/** The rule without whose it is. */
function familyOf({ rule, holder }: Check): string {
  return holder === undefined ? rule : rule.replace(new RegExp(`_${holder.scope}$`), '')
}

function isNarrower(a: Check, b: Check): boolean {
  return a.use !== undefined && b.use !== undefined && a.use.greaterThan(b.use)
}

function outcomeOf(refusal: Check | undefined, routes: readonly LpRoute[]) {
  if (refusal !== undefined)
    return { passed: false, reason: refusal.rule, text: sentence(refusal.reason) }
  if (routes.some(({ eligible }) => eligible)) return { passed: true, reason: '', text: '' }
  const text = 'No liquidity provider can be asked for a quote of this now.'
  return { passed: false, reason: 'NO_LP_ELIGIBLE', text }
}
