import type { KeptQuote, Mark, RankedQuote, Side } from '#avro'

const BPS = 10_000

/** Best price for the side first; among equals the earliest, then the smaller id. */
export function byRank(side: Side): (a: KeptQuote, b: KeptQuote) => number {
  const better = side === 'BUY' ? 1 : -1
  return (a, b) =>
    better * a.quote.price.comparedTo(b.quote.price) ||
    a.receivedAtMs - b.receivedAtMs ||
    compareText(a.quote.quoteId, b.quote.quoteId)
}

/** Those that can be accepted, best first, with what they cost by the market as it is known. */
export function rankQuotes(
  quotes: readonly KeptQuote[],
  side: Side,
  mark: Mark | null,
): RankedQuote[] {
  return quotes
    .filter(({ status }) => status === 'OPEN')
    .sort(byRank(side))
    .map(({ quote, receivedAtMs }, index) => {
      const price = quote.price.toNumber()
      return {
        quoteId: quote.quoteId,
        lpId: quote.lpId,
        quotedBy: quote.quotedBy,
        price: quote.price,
        size: quote.size,
        expiresAtMs: quote.expiresAtMs,
        receivedAtMs,
        rank: index + 1,
        spreadBps: costBps(side, price, mark?.mid, mark?.mid),
        impactBps: costBps(side, price, side === 'BUY' ? mark?.ask : mark?.bid, mark?.mid),
      }
    })
}

/** By how much the mid moved against who sells to a buyer, or buys of a seller; null where it is not known at both times. */
export function driftAgainstLpBps(
  side: Side,
  before: Mark | null,
  after: Mark | null,
): number | null {
  return costBps(side, after?.mid, before?.mid, before?.mid)
}

/** Distance from `reference` to `price` in the direction that costs a requester of this side, in basis points of `base`. */
function costBps(
  side: Side,
  price: number | null | undefined,
  reference: number | null | undefined,
  base: number | null | undefined,
): number | null {
  if (price == null || reference == null || base == null || base === 0) return null
  const distance = side === 'BUY' ? price - reference : reference - price
  return (BPS * distance) / Math.abs(base)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
