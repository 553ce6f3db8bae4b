import type { AssetClass, KeptRfq, QuoteReceived } from '#avro'
import { bookableNotional } from '../execution/trade.ts'
import type { Reason } from './reasons.ts'

/** Bounds what one RFQ costs, in state and in every ranking. */
export const QUOTES_MAX = 200

/** Yields and spreads may be negative, and so may a commodity be. */
const MAY_BE_NEGATIVE: ReadonlySet<AssetClass> = new Set(['RATES', 'CREDIT', 'COMMODITY'])

/** Why a quote does not count; undefined: it does. An open RFQ is assumed. */
export function whyQuoteRefused(
  rfq: KeptRfq,
  quote: QuoteReceived,
  nowMs: number,
): Reason | undefined {
  const { minSize, partialAllowed, size } = rfq.request
  if (rfq.quotes.some((known) => known.quote.quoteId === quote.quoteId)) return 'QUOTE_DUPLICATE'
  if (!rfq.invited.includes(quote.lpId)) return 'LP_NOT_INVITED'
  if (quote.expiresAtMs <= nowMs) return 'QUOTE_EXPIRED'
  if (!quote.price.gt(0) && !MAY_BE_NEGATIVE.has(rfq.assetClass)) return 'QUOTE_PRICE'
  if (quote.size.gt(size)) return 'QUOTE_TOO_LARGE'
  if (!quote.size.gt(0) || (partialAllowed && minSize !== null && quote.size.lt(minSize)))
    return 'QUOTE_TOO_SMALL'
  if (!partialAllowed && !quote.size.eq(size)) return 'QUOTE_NOT_FULL'
  // What cannot be booked must not be accepted: an acceptance binds, and would wait for its trade for ever.
  if (bookableNotional(rfq.assetClass, quote.size, quote.price) === undefined)
    return 'QUOTE_NOT_BOOKABLE'
  if (rfq.quotes.length >= QUOTES_MAX) return 'TOO_MANY_QUOTES'
  return undefined
}
