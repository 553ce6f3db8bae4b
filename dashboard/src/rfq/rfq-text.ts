import type { Rfq, RfqQuote, RfqState } from '#sdk'
import { exactText } from '../format/number-text.ts'

export type RfqGroup = 'active' | 'executed' | 'other'

const GROUPS: Readonly<Record<RfqState, RfqGroup>> = {
  CREATED: 'active',
  SENT: 'active',
  QUOTING: 'active',
  ACCEPTED: 'active',
  TRADED: 'executed',
  REJECTED: 'other',
  EXPIRED: 'other',
  CANCELLED: 'other',
}

export function groupOf({ state }: Pick<Rfq, 'state'>): RfqGroup {
  return GROUPS[state]
}

/** Quotes can still be accepted, and the request be cancelled. */
export function isOpen({ state }: Pick<Rfq, 'state'>): boolean {
  return state === 'CREATED' || state === 'SENT' || state === 'QUOTING'
}

/** The quote that was accepted. */
export function acceptedQuote(rfq: Rfq): RfqQuote | undefined {
  return rfq.quotes.find(({ quoteId }) => quoteId === rfq.acceptedQuoteId)
}

/** How it stands, or how it ended and why, as a sentence. */
export function stateSentence(rfq: Rfq): string {
  const { state, quotes, lpIds, reason } = rfq
  const won = acceptedQuote(rfq)
  switch (state) {
    case 'CREATED':
      return 'Checking limits and choosing liquidity providers.'
    case 'SENT':
      return `Sent to ${counted(lpIds.length, 'liquidity provider')}; waiting for the first quote.`
    case 'QUOTING':
      return quotes.length === 0
        ? 'No quote can be accepted just now; new ones may come.'
        : `${counted(quotes.length, 'quote')} of ${counted(lpIds.length, 'liquidity provider')}.`
    case 'ACCEPTED':
      return rfq.lastLookUntil === null
        ? 'Accepted; the trade is being made.'
        : `Accepted; ${won?.lpId ?? 'the liquidity provider'} has its last look.`
    case 'TRADED':
      return `${rfq.side === 'BUY' ? 'Bought' : 'Sold'} ${exactText(won?.size ?? rfq.size)} ${rfq.instrumentId}${
        won === undefined
          ? ''
          : ` at ${won.price} ${rfq.side === 'BUY' ? 'from' : 'to'} ${won.lpId}`
      }.`
    case 'REJECTED':
      return `Rejected: ${reason?.text ?? 'no reason was given'}`
    case 'EXPIRED':
      return reason === null ? 'Expired: no quote was accepted in time.' : `Expired: ${reason.text}`
    case 'CANCELLED':
      return reason === null ? 'Cancelled.' : `Cancelled: ${reason.text}`
  }
}

/** What was refused while the request goes on: a last look that ended against it, a command that came too late. */
export function refusalSentence({ state, reason }: Rfq): string | undefined {
  return reason !== null && (isOpen({ state }) || state === 'ACCEPTED')
    ? `Refused: ${reason.text}`
    : undefined
}

/** What is different from what its user saw, for a command that met another state. */
export function whatChanged(before: Rfq, now: Rfq, quoteId?: string): readonly string[] {
  const changes: string[] = []
  if (before.state !== now.state) changes.push(`It is ${now.state} now; you saw ${before.state}.`)
  else if (before.version !== now.version)
    changes.push(`It moved on meanwhile: version ${now.version}; you saw ${before.version}.`)
  const chosen = before.quotes.find((quote) => quote.quoteId === quoteId)
  const same = now.quotes.find((quote) => quote.quoteId === quoteId)
  if (chosen !== undefined && same === undefined && isOpen(now))
    changes.push(`The quote of ${chosen.lpId} at ${chosen.price} is gone.`)
  else if (chosen !== undefined && same !== undefined && chosen.rank !== same.rank)
    changes.push(`The quote of ${chosen.lpId} is number ${same.rank} now; it was ${chosen.rank}.`)
  const seen = new Set(before.quotes.map((quote) => quote.quoteId))
  const added = now.quotes.filter((quote) => !seen.has(quote.quoteId)).length
  if (added > 0 && isOpen(now)) changes.push(`${counted(added, 'new quote')} came.`)
  if (now.reason !== null && now.reason.text !== before.reason?.text) changes.push(now.reason.text)
  return changes
}

/** The later of two states of one request. */
export function laterOf(known: Rfq | undefined, other: Rfq): Rfq {
  if (known === undefined || other.version > known.version) return other
  if (other.version < known.version) return known
  return other.updatedAt >= known.updatedAt ? other : known
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
