import type { KeptRfq, RfqState, RfqSummary } from '#avro'
import type { Draft } from './draft.ts'
import { byRank } from './ranking.ts'

/** Ends the RFQ in a state: what is needed for retries stays for a while, quotes do not. Gives the summary that the event carries. */
export function close(
  draft: Draft,
  state: Extract<RfqState, 'REJECTED' | 'EXPIRED' | 'CANCELLED' | 'TRADED'>,
): RfqSummary {
  const { keepMs, nowMs } = draft.facts
  const summary = summaryOf(draft.rfq, nowMs)
  draft.change({ quotes: [], invited: [], held: null, forgetAtMs: nowMs + keepMs })
  draft.moveTo(state)
  return summary
}

/** Why it is over is in the event; nobody commanded it. */
export function expire(draft: Draft): void {
  const because = { causeId: draft.rfq.commandId }
  const summary = close(draft, 'EXPIRED')
  draft.say('RFQExpired', because, { summary })
}

function summaryOf(rfq: KeptRfq, closedAtMs: number): RfqSummary {
  const { instrumentId, side, size, requester } = rfq.request
  return {
    instrumentId,
    assetClass: rfq.assetClass,
    side,
    size,
    requester,
    createdAtMs: rfq.createdAtMs,
    closedAtMs,
    invited: rfq.invited,
    quotes: [...rfq.quotes].sort(byRank(side)).map(({ quote, receivedAtMs }, index) => ({
      quoteId: quote.quoteId,
      lpId: quote.lpId,
      quotedBy: quote.quotedBy,
      price: quote.price,
      size: quote.size,
      responseMs: receivedAtMs - rfq.sentAtMs,
      rank: index + 1,
    })),
    winnerLpId: rfq.accepted?.quote.lpId ?? null,
    lastLookRejectedLpIds: rfq.lastLookRejectedLpIds,
  }
}
