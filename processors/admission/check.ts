import { Decimal } from 'decimal.js'
import type { RiskDecision } from '#avro'
import { shownAmount } from '../words/shown.ts'

/** Whose limit it is. */
export interface LimitHolder {
  readonly scope: 'USER' | 'DESK' | 'TENANT'
  readonly subject: string
}

/** One rule applied. */
export interface Check extends RiskDecision {
  /** Of a limit: a failure of it is a breach. */
  readonly holder?: LimitHolder
  /** Figure over limit: of several limits of one rule that are broken, the largest names the narrowest. */
  readonly use?: Decimal
}

export function passed(rule: string, reason: string, more: Partial<Check> = {}): Check {
  return { rule, passed: true, figure: '', limit: '', reason, ...more }
}

export function refused(rule: string, reason: string, more: Partial<Check> = {}): Check {
  return { rule, passed: false, figure: '', limit: '', reason, ...more }
}

export function checked(
  rule: string,
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
