import { Decimal } from 'decimal.js'

const Exact = Decimal.clone({ precision: 50 })
const BPS = 10_000

/** The market's own half spread counts for this share: in a nervous market everybody quotes wider. */
const MARKET_SPREAD_SHARE = 0.5
/** Marks come once a second at most: one of this age is as good as new. */
const FRESH_MS = 2_000
/** Older by `staleAfterMs`, a mark doubles the half spread; it never grows beyond this. */
const WIDENING_MAX = 3

export interface PricingInput {
  /** Of the requester: a buyer gets the provider's offer. */
  readonly side: 'BUY' | 'SELL'
  readonly size: Decimal
  readonly personality: {
    readonly halfSpreadBps: number
    readonly skewBps: number
    readonly inventoryMax: Decimal
    readonly sizeImpactBps: number
  }
  readonly instrument: {
    readonly tickSize: Decimal
    readonly lotSize: Decimal
    readonly staleAfterMs: number
  }
  readonly mark: {
    readonly mid: number
    readonly bid: number | null
    readonly ask: number | null
    readonly ageMs: number
  }
  /** What the provider holds, as a notional: positive is long. */
  readonly inventory: number
}

/**
 * The price at which the provider trades: mid plus or minus half spread and size impact, moved against more of what it holds, never through
 * its own mid, on the tick away from the mid. Undefined where no positive price comes out.
 */
export function quotePrice(input: PricingInput): Decimal | undefined {
  const { side, mark, instrument } = input
  const { tickSize } = instrument
  if (!Number.isFinite(mark.mid) || mark.mid <= 0 || !tickSize.greaterThan(0)) return undefined
  const distance = new Exact(distanceBps(input)).div(BPS)
  const mid = new Exact(mark.mid)
  const exact = side === 'BUY' ? mid.mul(distance.add(1)) : mid.mul(new Exact(1).sub(distance))
  const rounding = side === 'BUY' ? Decimal.ROUND_CEIL : Decimal.ROUND_FLOOR
  const price = exact.div(tickSize).toDecimalPlaces(0, rounding).mul(tickSize)
  return price.greaterThan(0) ? new Decimal(price) : undefined
}

/** How far from the mid, in the direction that costs the requester. */
function distanceBps({
  side,
  size,
  personality,
  instrument,
  mark,
  inventory,
}: PricingInput): number {
  const half = Math.max(personality.halfSpreadBps, MARKET_SPREAD_SHARE * marketHalfSpreadBps(mark))
  const widening = Math.min(
    WIDENING_MAX,
    1 + Math.max(0, mark.ageMs - FRESH_MS) / Math.max(1, instrument.staleAfterMs),
  )
  const lots = size.div(instrument.lotSize.greaterThan(0) ? instrument.lotSize : 1).toNumber()
  const impact = personality.sizeImpactBps * Math.max(0, Math.log10(Math.max(1, lots)))
  const max = personality.inventoryMax.toNumber()
  const fullness = max > 0 ? Math.min(1, Math.max(-1, inventory / max)) : 0
  // Long: both prices move down, so that a buyer gets it cheaper and a seller is paid less.
  const skew = personality.skewBps * fullness * (side === 'BUY' ? -1 : 1)
  return Math.max(0, half * widening + impact + skew)
}

function marketHalfSpreadBps({ mid, bid, ask }: PricingInput['mark']): number {
  if (bid === null || ask === null || ask <= bid) return 0
  return ((ask - bid) / 2 / mid) * BPS
}
