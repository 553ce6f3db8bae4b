import type { AcceptQuote, HeldAcceptance, KeptQuote } from '#avro'
import { expire } from './closing.ts'
import type { Draft } from './draft.ts'
import { driftAgainstLpBps, rankQuotes } from './ranking.ts'
import { type Reason, textOf } from './reasons.ts'

/** A quote is chosen: it binds, or the liquidity provider looks at it once more, or it is too old for that. Gives why it is refused instead. */
export function accept(draft: Draft, commandId: string, command: AcceptQuote): Reason | undefined {
  const { facts, rfq } = draft
  const { instrumentId, requester, side } = rfq.request
  if (command.requester.userId !== requester.userId) return 'NOT_REQUESTER'
  const known = rfq.quotes.find(({ quote }) => quote.quoteId === command.quoteId)
  if (known === undefined) return 'QUOTE_NOT_FOUND'
  if (known.status !== 'OPEN')
    return known.status === 'EXPIRED' ? 'QUOTE_EXPIRED' : 'QUOTE_WITHDRAWN'
  if (command.version !== rfq.version) return 'VERSION_CONFLICT'
  const decision = facts.markOf(instrumentId)
  const quote = rankQuotes(rfq.quotes, side, decision).find(
    ({ quoteId }) => quoteId === command.quoteId,
  )
  if (quote === undefined) return 'QUOTE_NOT_FOUND'
  const rules = facts.lastLookOf(quote.lpId)
  const held: HeldAcceptance = {
    commandId,
    quote,
    decisionTimeMs: facts.nowMs,
    untilMs: facts.nowMs + (rules?.windowMs ?? 0),
    maxDriftBps: rules?.maxDriftBps ?? 0,
    decision,
  }
  const ageMs = facts.nowMs - quote.receivedAtMs
  if (rules?.maxQuoteAgeMs != null && ageMs > rules.maxQuoteAgeMs) {
    reject(draft, held, 'LAST_LOOK_AGE', null)
  } else if (held.untilMs > facts.nowMs) {
    hold(draft, held)
  } else {
    bind(draft, held)
  }
  return undefined
}

/** Last look is over. Without a market then and now nobody can say that it moved: the acceptance stands. */
export function endLastLook(draft: Draft): void {
  const { held, request } = draft.rfq
  if (held === null) return
  const mark = draft.facts.markOf(request.instrumentId)
  const driftBps = driftAgainstLpBps(request.side, held.decision, mark)
  if (driftBps !== null && driftBps > held.maxDriftBps) {
    reject(draft, held, 'LAST_LOOK_DRIFT', driftBps)
  } else {
    bind(draft, held)
  }
}

function hold(draft: Draft, held: HeldAcceptance): void {
  draft.change({ held })
  const { quoteId, lpId } = held.quote
  const { untilMs, decision } = held
  const said = { quoteId, lpId, untilMs, decision }
  draft.conclude(held.commandId, draft.say('LastLookStarted', becauseOf(held), said))
}

function bind(draft: Draft, held: HeldAcceptance): void {
  draft.change({ held: null })
  draft.moveTo('ACCEPTED')
  const { assetClass, createdAtMs, currency, request } = draft.rfq
  const event = draft.say('QuoteAccepted', becauseOf(held), {
    quote: held.quote,
    instrumentId: request.instrumentId,
    assetClass,
    currency,
    side: request.side,
    quantity: held.quote.size,
    venueId: request.venueId,
    requester: request.requester,
    createdAtMs,
    decisionTimeMs: held.decisionTimeMs,
    acceptedAtMs: draft.facts.nowMs,
    decision: held.decision,
  })
  draft.change({ accepted: event.payload })
  draft.conclude(held.commandId, event)
}

/** Back to the quotes that are left while there is time; else it is over. */
function reject(draft: Draft, held: HeldAcceptance, reason: Reason, driftBps: number | null): void {
  const { facts, rfq } = draft
  const { quoteId, lpId } = held.quote
  const isLate = rfq.request.expiryTimeMs <= facts.nowMs
  draft.change({
    held: null,
    quotes: withStatus(rfq.quotes, quoteId, 'REJECTED'),
    lastLookRejectedLpIds: [...rfq.lastLookRejectedLpIds, lpId],
  })
  if (!isLate) settleState(draft)
  const text = `${textOf(reason)} ${isLate ? 'The RFQ has expired meanwhile.' : 'You may accept another quote while the RFQ is open.'}`
  const said = { quoteId, lpId, reason, text, driftBps }
  const because = becauseOf(held)
  draft.conclude(held.commandId, draft.say('QuoteAcceptanceRejected', because, said), reason)
  if (isLate) expire(draft)
  else sayRanking(draft, { causeId: because.causeId }, 'LAST_LOOK', quoteId)
}

/** QUOTING while there is a quote that could be accepted, else SENT. */
export function settleState(draft: Draft): void {
  const isQuoted = draft.rfq.quotes.some(({ status }) => status === 'OPEN')
  draft.moveTo(isQuoted || draft.rfq.held !== null ? 'QUOTING' : 'SENT')
}

export function sayRanking(
  draft: Draft,
  because: { readonly causeId: string },
  cause: 'QUOTED' | 'QUOTE_EXPIRED' | 'LAST_LOOK',
  quoteId: string,
): void {
  const { instrumentId, side } = draft.rfq.request
  const mark = draft.facts.markOf(instrumentId)
  const quotes = rankQuotes(draft.rfq.quotes, side, mark)
  draft.say('QuotesRanked', because, { quotes, cause, quoteId, mark })
}

export function withStatus(
  quotes: readonly KeptQuote[],
  quoteId: string,
  status: 'EXPIRED' | 'REJECTED',
): KeptQuote[] {
  return quotes.map((known) => (known.quote.quoteId === quoteId ? { ...known, status } : known))
}

function becauseOf({ commandId }: HeldAcceptance) {
  return { causeId: commandId, commandId }
}
