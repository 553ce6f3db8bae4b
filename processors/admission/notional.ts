import type { Decimal } from 'decimal.js'
import { Exact } from '../instruments/notional.ts'

/** From here on an amount is not booked: with 18 decimals it would soon not fit. */
export const NOTIONAL_END = new Exact('1e18')

/** As records keep it: 18 decimals, half up; null where there is none, or too much. */
export function bookable(notional: Decimal | undefined): Decimal | null {
  if (notional === undefined || notional.greaterThanOrEqualTo(NOTIONAL_END)) return null
  return notional.toDecimalPlaces(18, Exact.ROUND_HALF_UP)
}

/** Mid of the currency pair `base``quote`, where one is quoted. */
export type PairMid = (base: string, quote: string) => number | undefined

/** For limits, not for settlement, a dollar of a pegged coin counts as a dollar. */
const PEGGED: Readonly<Record<string, string>> = { USDT: 'USD', USDC: 'USD' }

/** An amount in another currency: by the pair, by the inverse pair, or through the US dollar; undefined without these rates. */
export function convert(
  amount: Decimal,
  { from, to }: { readonly from: string; readonly to: string },
  midOf: PairMid,
): Decimal | undefined {
  const source = PEGGED[from] ?? from
  const target = PEGGED[to] ?? to
  const direct = convertByPair(amount, source, target, midOf)
  if (direct !== undefined || source === 'USD' || target === 'USD') return direct
  const dollars = convertByPair(amount, source, 'USD', midOf)
  return dollars === undefined ? undefined : convertByPair(dollars, 'USD', target, midOf)
}

function convertByPair(
  amount: Decimal,
  from: string,
  to: string,
  midOf: PairMid,
): Decimal | undefined {
  if (from === to) return amount
  const exact = new Exact(amount)
  const mid = midOf(from, to)
  if (isRate(mid)) return exact.times(mid)
  const inverse = midOf(to, from)
  return isRate(inverse) ? exact.dividedBy(inverse) : undefined
}

function isRate(mid: number | undefined): mid is number {
  return mid !== undefined && Number.isFinite(mid) && mid > 0
}
