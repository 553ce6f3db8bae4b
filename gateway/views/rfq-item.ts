import type { LifecycleEnvelope, RankedQuote, RFQCreated } from '#avro'
import type { Rfq, RfqQuote, RfqState } from '../protocol.ts'
import { isoTime } from './iso-time.ts'

const OVER: ReadonlySet<RfqState> = new Set(['REJECTED', 'EXPIRED', 'CANCELLED', 'TRADED'])

export function isOver({ state }: Pick<Rfq, 'state'>): boolean {
  return OVER.has(state)
}

/** The RFQ after an event. The same object where the event says nothing that is shown; undefined when its beginning is not known. */
export function rfqAfter(rfq: Rfq | undefined, event: LifecycleEnvelope): Rfq | undefined {
  if (event.eventType === 'RFQCreated') return rfq ?? created(event.payload, event.correlationId)
  if (rfq === undefined) return undefined
  const { state, version } = event.payload
  const moved = { ...rfq, state, version, updatedAt: isoTime(event.occurredAt) }
  switch (event.eventType) {
    case 'RFQSent':
      return { ...moved, lpIds: event.payload.lpIds }
    case 'RFQRejected': {
      const { decisions, reason: code, text } = event.payload
      return { ...moved, reason: { code, text }, decisions }
    }
    case 'QuotesRanked':
      return { ...moved, quotes: event.payload.quotes.map(toQuote) }
    case 'LastLookStarted':
      return { ...moved, lastLookUntil: isoTime(event.payload.untilMs), reason: null }
    case 'QuoteAccepted': {
      const { quote } = event.payload
      const acceptedQuoteId = quote.quoteId
      return {
        ...moved,
        acceptedQuoteId,
        quotes: [toQuote(quote)],
        lastLookUntil: null,
        reason: null,
      }
    }
    case 'QuoteAcceptanceRejected': {
      const { reason: code, text } = event.payload
      return { ...moved, lastLookUntil: null, reason: { code, text } }
    }
    case 'RFQTraded': {
      const { quote, tradeId } = event.payload
      return { ...moved, tradeId, acceptedQuoteId: quote.quoteId, quotes: [toQuote(quote)] }
    }
    case 'RFQCancelled':
    case 'RFQExpired':
      return { ...moved, quotes: [], lastLookUntil: null }
    case 'RFQCommandRefused': {
      const { command, reason: code, text } = event.payload
      // What is over says why it ended, whatever is asked of it later; a key that was used before is between its sender and us.
      const isTold = isOver(rfq) || command === 'CreateRFQ' || code === 'IDEMPOTENCY_KEY_REUSED'
      return isTold ? rfq : { ...moved, reason: { code, text } }
    }
    case 'QuoteRejected':
    case 'RFQCommandRepeated':
      return rfq
  }
}

function created(payload: RFQCreated, correlationId: string): Rfq {
  const { requester, size, minSize, createdAtMs, expiryTimeMs } = payload
  return {
    rfqId: payload.rfqId,
    state: payload.state,
    version: payload.version,
    instrumentId: payload.instrumentId,
    assetClass: payload.assetClass,
    currency: payload.currency,
    side: payload.side,
    size: size.toFixed(),
    minSize: minSize?.toFixed() ?? null,
    partialAllowed: payload.partialAllowed,
    venueId: payload.venueId,
    requester: requester.userId,
    desk: requester.desk,
    createdAt: isoTime(createdAtMs),
    expiryTime: isoTime(expiryTimeMs),
    updatedAt: isoTime(createdAtMs),
    lpIds: [],
    quotes: [],
    acceptedQuoteId: null,
    lastLookUntil: null,
    tradeId: null,
    reason: null,
    decisions: payload.decisions,
    correlationId,
  }
}

function toQuote(quote: RankedQuote): RfqQuote {
  return {
    quoteId: quote.quoteId,
    lpId: quote.lpId,
    quotedBy: quote.quotedBy,
    price: quote.price.toFixed(),
    size: quote.size.toFixed(),
    expiresAt: isoTime(quote.expiresAtMs),
    receivedAt: isoTime(quote.receivedAtMs),
    rank: quote.rank,
    spreadBps: quote.spreadBps,
    impactBps: quote.impactBps,
  }
}
