import type { Mark, RFQTraded, TcaComputed } from '#avro'
import {
  costBps,
  effectiveSpreadBps,
  signOf,
  slippageAmount,
  spreadCapture,
} from '#quant/execution-analytics'
import { notionalOf } from '../instruments/notional.ts'

/** Execution quality of a trade, from what its RFQ knew of the market. A figure whose market was not known is null. */
export function tcaOf(traded: RFQTraded): TcaComputed {
  const { summary, quote, decision, execution, decisionTimeMs, executionTimeMs } = traded
  const { side } = summary
  // What a price of 1 is worth: bonds and swaps are priced in percent of par.
  const quantity = notionalOf(summary.assetClass, traded.quantity, 1).toNumber()
  const fill = { side, price: traded.price.toNumber(), quantity }
  const decisionMid = decision?.mid ?? null
  const executionMid = execution?.mid ?? null
  const touch = touchOf(execution)
  return {
    tradeId: traded.tradeId,
    rfqId: traded.rfqId,
    instrumentId: summary.instrumentId,
    assetClass: summary.assetClass,
    lpId: quote.lpId,
    userId: summary.requester.userId,
    desk: summary.requester.desk,
    side,
    quantity: traded.quantity,
    price: traded.price,
    currency: traded.currency,
    decisionTimeMs,
    executionTimeMs,
    decisionMid,
    slippageBps: decisionMid === null ? null : costBps(side, fill.price, decisionMid),
    slippageAmount: decisionMid === null ? null : slippageAmount(fill, decisionMid),
    effectiveSpreadBps: executionMid === null ? null : effectiveSpreadBps(fill, executionMid),
    spreadCapture: touch === undefined ? null : spreadCapture(fill, touch),
    timeToExecutionMs: executionTimeMs - summary.createdAtMs,
    decisionToExecutionMs: executionTimeMs - decisionTimeMs,
    quotes: summary.quotes.length,
    coverBps: coverBpsOf(traded),
  }
}

function touchOf(mark: Mark | null): { readonly bid: number; readonly ask: number } | undefined {
  const bid = mark?.bid ?? null
  const ask = mark?.ask ?? null
  return bid === null || ask === null ? undefined : { bid, ask }
}

/** From the best price to the next of all that were valid. */
function coverBpsOf({ summary: { side, quotes } }: RFQTraded): number | null {
  const sign = signOf(side)
  const [best, second] = quotes.map(({ price }) => price).toSorted((a, b) => sign * a.comparedTo(b))
  if (best === undefined || second === undefined) return null
  return costBps(side, second.toNumber(), best.toNumber())
}
