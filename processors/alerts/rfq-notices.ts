import type { Decimal } from 'decimal.js'
import type {
  LifecycleEnvelope,
  QuoteAcceptanceRejected,
  QuotesRanked,
  RFQTraded,
  RfqSummary,
  Side,
  WatchedRfq,
} from '#avro'
import { sentence, shownAmount } from '../words/shown.ts'
import { type Notice, type Noticed, shownTime, toUser } from './notice.ts'

/** Whom an event of an RFQ concerns: always its requester. What ends the RFQ ends what is remembered of it. */
export function noticesOfRfq(
  watched: WatchedRfq | undefined,
  event: LifecycleEnvelope,
): Noticed<WatchedRfq> {
  const about = aboutRfq(event)
  switch (event.eventType) {
    case 'RFQCreated': {
      const { requester } = event.payload
      return {
        state: { userId: requester.userId, what: whatOf(event.payload), quoted: false },
        notices: [],
      }
    }
    case 'QuotesRanked': {
      const first = watched?.quoted === false ? firstQuote(watched, event.payload) : undefined
      if (watched === undefined || first === undefined) return { state: watched, notices: [] }
      return { state: { ...watched, quoted: true }, notices: [{ ...first, ...about }] }
    }
    case 'QuoteAcceptanceRejected': {
      if (watched === undefined) return { state: undefined, notices: [] }
      return { state: watched, notices: [{ ...lastLook(watched, event.payload), ...about }] }
    }
    case 'RFQRejected': {
      const { summary, text } = event.payload
      const notice = {
        ...toRequester(summary),
        kind: 'RFQ_REJECTED',
        severity: 'WARNING',
        title: `RFQ rejected: ${whatOf(summary)}`,
        text: sentence(text),
        ...about,
      } as const
      return { state: undefined, notices: [notice] }
    }
    case 'RFQExpired': {
      const { summary } = event.payload
      const notice = {
        ...toRequester(summary),
        kind: 'RFQ_EXPIRED',
        severity: 'WARNING',
        title: `RFQ expired: ${whatOf(summary)}`,
        text: howItExpired(summary),
        ...about,
      } as const
      return { state: undefined, notices: [notice] }
    }
    case 'RFQTraded':
      return { state: undefined, notices: [{ ...traded(event.payload), ...about }] }
    case 'RFQCancelled': {
      const { cancelledBy, summary } = event.payload
      // Who cancels knows it.
      if (cancelledBy === summary.requester.userId) return { state: undefined, notices: [] }
      const notice = {
        ...toRequester(summary),
        kind: 'RFQ_CANCELLED',
        severity: 'INFO',
        title: `RFQ cancelled: ${whatOf(summary)}`,
        text: `${cancelledBy} of your desk cancelled it.`,
        ...about,
      } as const
      return { state: undefined, notices: [notice] }
    }
    default:
      return { state: watched, notices: [] }
  }
}

type Told = Omit<Notice, 'entityType' | 'entityId'>

function firstQuote({ userId, what }: WatchedRfq, ranked: QuotesRanked): Told | undefined {
  const best = ranked.quotes[0]
  if (best === undefined) return undefined
  const distance = best.spreadBps === null ? '' : `, ${shownBps(best.spreadBps)} against mid`
  return {
    audience: toUser(userId),
    kind: 'RFQ_QUOTED',
    severity: 'INFO',
    title: `First quote: ${what}`,
    text: `${best.lpId} quotes ${best.price.toFixed()} for ${shownAmount(best.size)}${distance}; good until ${shownTime(best.expiresAtMs)}.`,
  }
}

function lastLook({ userId, what }: WatchedRfq, refused: QuoteAcceptanceRejected): Told {
  return {
    audience: toUser(userId),
    kind: 'RFQ_LAST_LOOK_REJECTED',
    severity: 'WARNING',
    title: `${refused.lpId} refused the trade: ${what}`,
    text: sentence(refused.text),
  }
}

function traded({ price, quantity, currency, quote, tradeId, summary }: RFQTraded): Told {
  const { instrumentId, side } = summary
  return {
    ...toRequester(summary),
    kind: 'RFQ_TRADED',
    severity: 'INFO',
    title: `Traded: ${whatOf({ side, size: quantity, instrumentId })} at ${price.toFixed()}`,
    text: `With ${quote.lpId}, ${shownAmount(quantity.times(price))} ${currency}; trade ${tradeId}.`,
  }
}

function howItExpired({ invited, quotes }: RfqSummary): string {
  const asked = `${invited.length} liquidity ${invited.length === 1 ? 'provider' : 'providers'} asked`
  const best = quotes.reduce<RfqSummary['quotes'][number] | undefined>(
    (first, quote) => (first === undefined || quote.rank < first.rank ? quote : first),
    undefined,
  )
  if (best === undefined) return `None of the ${asked} quoted in time.`
  const quoted = new Set(quotes.map(({ lpId }) => lpId)).size
  return `Nothing was traded. Of the ${asked}, ${quoted} quoted; the best was ${best.price.toFixed()} of ${best.lpId}.`
}

function toRequester({ requester }: RfqSummary): { readonly audience: string } {
  return { audience: toUser(requester.userId) }
}

function aboutRfq({ payload }: LifecycleEnvelope): {
  readonly entityType: string
  readonly entityId: string
} {
  return { entityType: 'RFQ', entityId: payload.rfqId }
}

/** `BUY 5,000,000 EURUSD.SIM` */
function whatOf(rfq: {
  readonly side: Side
  readonly size: Decimal
  readonly instrumentId: string
}): string {
  return `${rfq.side} ${shownAmount(rfq.size)} ${rfq.instrumentId}`
}

/** Cost with a plus, as on the blotter. */
function shownBps(bps: number): string {
  const shown = Math.abs(bps) < 0.05 ? 0 : bps
  return `${shown > 0 ? '+' : ''}${shown.toFixed(1)} bps`
}
