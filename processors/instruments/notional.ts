import { Decimal } from 'decimal.js'
import type { AssetClass } from '#avro'

/** Digits enough for every product of two decimal(38,18); the global constructor of the process is left alone. */
export const Exact = Decimal.clone({ precision: 100, toExpNeg: -40, toExpPos: 60 })

/** Bonds and swaps are quoted in percent of par; everything else in units of the currency. */
const PERCENT_OF_PAR: ReadonlySet<AssetClass> = new Set<AssetClass>(['RATES', 'CREDIT'])

/** What a quantity is worth at a price, in the instrument's currency: exact, with the price's sign. */
export function notionalOf(
  assetClass: AssetClass,
  quantity: Decimal,
  price: Decimal | number,
): Decimal {
  const value = new Exact(quantity).times(price)
  return PERCENT_OF_PAR.has(assetClass) ? value.dividedBy(100) : value
}
