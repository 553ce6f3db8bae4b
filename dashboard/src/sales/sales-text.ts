import type { Rfq, RfqQuote } from '#sdk'
import { isOpen } from '../rfq/rfq-text.ts'

/** The live quote that a user gave by hand. */
export function ownQuote({ quotes }: Rfq, user: string): RfqQuote | undefined {
  return quotes.find(({ quotedBy }) => quotedBy === user)
}

/** What became of the user's quote, as a sentence; undefined when it gave none. */
export function quoteOutcome(rfq: Rfq, user: string): string | undefined {
  const own = ownQuote(rfq, user)
  if (own === undefined) return undefined
  const place = rfq.quotes.indexOf(own) + 1
  const what = `Your ${own.price} for ${own.lpId}`
  if (isOpen(rfq))
    return `${what} is number ${place} of ${rfq.quotes.length}${place === 1 ? ', the best' : ''}.`
  if (rfq.acceptedQuoteId !== own.quoteId) return `${what} did not win.`
  if (rfq.state === 'TRADED') return `✓ ${what} won: ${rfq.requester} traded.`
  return `${what} was accepted; the trade is being made.`
}
