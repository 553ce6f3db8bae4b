import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import { readTopic } from '../measuring/read-topic.ts'

const FAULTS_MAX = 20

/** What the log says of one RFQ. */
export interface RfqOnLog {
  ends: string[]
  quoted: number
  /** Quotes that were refused because they were known. */
  repeated: number
  acceptedQuoteIds: string[]
  trades: string[]
}

/** All RFQs by `tenant|rfqId`, from rfq.lifecycle and execution.trades. */
export async function rfqsOnLog(log: Log, topics: Topics): Promise<Map<string, RfqOnLog>> {
  const rfqs = new Map<string, RfqOnLog>()
  const of = (tenantId: string, rfqId: string): RfqOnLog => {
    const key = `${tenantId}|${rfqId}`
    let rfq = rfqs.get(key)
    if (rfq === undefined) {
      rfq = { ends: [], quoted: 0, repeated: 0, acceptedQuoteIds: [], trades: [] }
      rfqs.set(key, rfq)
    }
    return rfq
  }
  await readTopic(log, topics.rfq.lifecycle, (event) => {
    const rfq = of(event.tenantId, event.payload.rfqId)
    switch (event.eventType) {
      case 'RFQRejected':
      case 'RFQExpired':
      case 'RFQCancelled':
      case 'RFQTraded':
        rfq.ends.push(event.eventType)
        break
      case 'QuoteAccepted':
        rfq.acceptedQuoteIds.push(event.payload.quote.quoteId)
        break
      case 'QuoteRejected':
        if (event.payload.reason === 'QUOTE_DUPLICATE') rfq.repeated += 1
        break
      case 'QuotesRanked':
        if (event.payload.cause === 'QUOTED') rfq.quoted += 1
        break
      default:
    }
  })
  await readTopic(log, topics.execution.trades, ({ tenantId, payload }) => {
    of(tenantId, payload.rfqId).trades.push(payload.quoteId)
  })
  return rfqs
}

/** What must hold of any run: one end, no trade without accept, at most one trade for a quote, every acceptance traded. */
export function faultsOf(rfqs: ReadonlyMap<string, RfqOnLog>): string[] {
  const faults: string[] = []
  for (const [key, { ends, acceptedQuoteIds, trades }] of rfqs) {
    const wrong: string[] = []
    if (ends.length !== 1) wrong.push(`ends ${ends.length} times (${ends.join(', ')})`)
    if (acceptedQuoteIds.length > 1) wrong.push(`${acceptedQuoteIds.length} acceptances`)
    if (new Set(trades).size !== trades.length) wrong.push(`a quote traded ${trades.length} times`)
    for (const quoteId of trades)
      if (!acceptedQuoteIds.includes(quoteId)) wrong.push(`${quoteId} traded without acceptance`)
    if (acceptedQuoteIds.length > 0 && (ends[0] !== 'RFQTraded' || trades.length === 0))
      wrong.push('accepted and not traded')
    if (ends[0] === 'RFQTraded' && trades.length === 0) wrong.push('TRADED without a trade')
    for (const what of wrong) if (faults.length < FAULTS_MAX) faults.push(`${key}: ${what}`)
  }
  return faults
}
