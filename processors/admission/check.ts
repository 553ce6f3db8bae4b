import { Decimal } from 'decimal.js'
import type { RiskDecision } from '#avro'
import { shownAmount } from '../words/shown.ts'

const SCOPES = ['USER', 'DESK', 'TENANT'] as const
type Scope = (typeof SCOPES)[number]

/** Rules without anybody's limits. */
const REQUEST_RULES = [
  'KILL_SWITCH',
  'RFQ_ENABLED',
  'INSTRUMENT_KNOWN',
  'INSTRUMENT_ENABLED',
  'EXPIRY',
  'VENUE',
  'TRADING_HOURS',
  'SIZE',
  'MIN_SIZE',
  'NOTIONAL_BOOKABLE',
] as const

export const LIMIT_RULES = [
  'ENTITLED_ASSET_CLASS',
  ...SCOPES.map((scope) => `ENTITLED_INSTRUMENT_${scope}` as const),
  ...SCOPES.map((scope) => `ENTITLED_VENUE_${scope}` as const),
  ...SCOPES.map((scope) => `MAX_NOTIONAL_${scope}` as const),
  ...SCOPES.map((scope) => `RFQ_RATE_${scope}` as const),
] as const

export const RULES = [...REQUEST_RULES, ...LIMIT_RULES] as const
type Rule = (typeof RULES)[number]

/** Whose limit it is. */
export interface LimitHolder {
  readonly scope: Scope
  readonly subject: string
}

/** One rule applied. */
export interface Check extends RiskDecision {
  readonly rule: Rule
  /** Of a limit: a failure of it is a breach. */
  readonly holder?: LimitHolder
  /** Figure over limit: of several limits of one rule that are broken, the largest names the narrowest. */
  readonly use?: Decimal
}

export function passed(rule: Rule, reason: string, more: Partial<Check> = {}): Check {
  return { rule, passed: true, figure: '', limit: '', reason, ...more }
}

export function refused(rule: Rule, reason: string, more: Partial<Check> = {}): Check {
  return { rule, passed: false, figure: '', limit: '', reason, ...more }
}

export function checked(
  rule: Rule,
  isPassed: boolean,
  { reason, ...more }: Partial<Check> & { readonly reason: string },
): Check {
  return isPassed ? passed(rule, reason, more) : refused(rule, reason, more)
}

/** What the record keeps of it. */
export function decisionOf({ rule, passed, figure, limit, reason }: Check): RiskDecision {
  return { rule, passed, figure, limit, reason }
}

/** For people: at most six decimals, half up; comparisons are made with the exact amount. */
export function money(amount: Decimal, currency: string): string {
  return `${shownAmount(amount.toDecimalPlaces(6, Decimal.ROUND_HALF_UP))} ${currency}`
}
