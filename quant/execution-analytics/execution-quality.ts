/** Of whoever pays: a positive cost is his. */
export type Side = 'BUY' | 'SELL'

export interface Fill {
  readonly side: Side
  readonly quantity: number
  readonly price: number
}

/** Both sides of a market at a time. */
export interface Touch {
  readonly bid: number
  readonly ask: number
}

const BPS = 10_000
/** Below it a half spread is rounding, not a spread. */
const HALF_SPREAD_MIN = 1e-12

/** +1 for a buyer, -1 for a seller. */
export function signOf(side: Side): 1 | -1 {
  return side === 'BUY' ? 1 : -1
}

export function midOf({ bid, ask }: Touch): number {
  return (bid + ask) / 2
}

/** What `price` costs `side` more than `reference`, in basis points of its size; null where that is 0. */
export function costBps(side: Side, price: number, reference: number): number | null {
  if (reference === 0) return null
  return ((signOf(side) * (price - reference)) / Math.abs(reference)) * BPS
}

/** Cost against the mid at which it was decided, as an amount. */
export function slippageAmount({ side, price, quantity }: Fill, decisionMid: number): number {
  return signOf(side) * (price - decisionMid) * quantity
}

/** Twice the distance to the mid at execution: the spread that this price belongs to. */
export function effectiveSpreadBps({ side, price }: Fill, mid: number): number | null {
  const cost = costBps(side, price, mid)
  return cost === null ? null : 2 * cost
}

/** +1 at the passive side, 0 at mid, -1 at the touch; null without a spread. */
export function spreadCapture({ side, price }: Fill, touch: Touch): number | null {
  const half = (touch.ask - touch.bid) / 2
  if (!(half > HALF_SPREAD_MIN)) return null
  return (signOf(side) * (midOf(touch) - price)) / half
}

/** What the market moved in favour of the fill by then, in basis points of its price. */
export function markoutBps({ side, price }: Fill, laterMid: number): number | null {
  return price === 0 ? null : ((signOf(side) * (laterMid - price)) / Math.abs(price)) * BPS
}

/** Over the fills with a decision's mid: amount of all over value of all at their mids. */
export function weightedSlippage(
  fills: readonly { readonly fill: Fill; readonly decisionMid: number | null }[],
): { readonly amount: number; readonly bps: number | null } {
  let amount = 0
  let value = 0
  for (const { fill, decisionMid } of fills) {
    if (decisionMid === null) continue
    amount += slippageAmount(fill, decisionMid)
    value += fill.quantity * decisionMid
  }
  return { amount, bps: value === 0 ? null : (amount / value) * BPS }
}

/** The last quote at or before `t`; quotes in order of time. */
export function asOf<Q extends { readonly t: number }>(
  quotes: readonly Q[],
  t: number,
): Q | undefined {
  let low = 0
  let high = quotes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((quotes[middle]?.t ?? 0) <= t) low = middle + 1
    else high = middle
  }
  return quotes[low - 1]
}
