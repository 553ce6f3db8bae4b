import type { Decimal } from 'decimal.js'
import { type AssetClass, commandEventId, type QuoteAccepted, type TradeExecuted } from '#avro'
import type { DeadLetterCause } from '#streams'
import { notionalOf } from '../instruments/notional.ts'

const SCALE = 18
const INTEGER_DIGITS = 20
const ID_DIGITS = 20

export type TradeOutcome =
  | { readonly kind: 'trade'; readonly trade: TradeExecuted }
  | { readonly kind: 'refused'; readonly cause: DeadLetterCause }

/** The same for the same quote of the same RFQ, however often its acceptance is told. */
export function tradeIdOf(tenantId: string, rfqId: string, quoteId: string): string {
  return `T-${commandEventId('trade', tenantId, rfqId, quoteId).slice(0, ID_DIGITS)}`
}

/** The trade that an acceptance binds both sides to. */
export function tradeOf(
  tenantId: string,
  accepted: QuoteAccepted,
  executedAtMs: number,
): TradeOutcome {
  const { decision, instrumentId, quantity, quote, requester, rfqId, side } = accepted
  if (!quantity.isPositive() || quantity.isZero()) {
    return refused('EXECUTION_BAD_QUANTITY', `the quantity is ${quantity.toFixed()}`)
  }
  const notional = bookableNotional(accepted.assetClass, quantity, quote.price)
  if (notional === undefined) {
    return refused(
      'EXECUTION_NOTIONAL_TOO_LONG',
      `${quantity.toFixed()} x ${quote.price.toFixed()} does not fit decimal(38,18)`,
    )
  }
  const own = requester.desk === '' ? requester.userId : requester.desk
  return {
    kind: 'trade',
    trade: {
      tradeId: tradeIdOf(tenantId, rfqId, quote.quoteId),
      rfqId,
      quoteId: quote.quoteId,
      instrumentId,
      assetClass: accepted.assetClass,
      side,
      quantity,
      price: quote.price,
      notional,
      currency: accepted.currency,
      buyer: side === 'BUY' ? own : quote.lpId,
      seller: side === 'BUY' ? quote.lpId : own,
      lpId: quote.lpId,
      quotedBy: quote.quotedBy,
      venueId: accepted.venueId ?? venueOf(instrumentId),
      requester,
      decisionTimeMs: accepted.decisionTimeMs,
      executedAtMs,
      tradeDate: new Date(executedAtMs).toISOString().slice(0, 10),
      decision,
    },
  }
}

/** Exact; undefined where it has more digits than a decimal(38,18) keeps. */
export function bookableNotional(
  assetClass: AssetClass,
  quantity: Decimal,
  price: Decimal,
): Decimal | undefined {
  const notional = notionalOf(assetClass, quantity, price)
  const fits = notional.decimalPlaces() <= SCALE && notional.abs().lt(`1e${INTEGER_DIGITS}`)
  return fits ? notional : undefined
}

/** An instrument's id ends with its venue of reference: SYMBOL.VENUE. */
function venueOf(instrumentId: string): string {
  return instrumentId.slice(instrumentId.lastIndexOf('.') + 1)
}

/** Why an acceptance gave no trade. Codes are stable; the texts may improve. */
const REMEDIES = {
  EXECUTION_BAD_QUANTITY:
    'Settle it with the liquidity provider by hand; correct what let the size through.',
  EXECUTION_NOTIONAL_TOO_LONG:
    'Book it by hand; bound tick and lot sizes of the instrument so that prices times sizes have at most 18 decimal places.',
} as const

function refused(code: keyof typeof REMEDIES, what: string): TradeOutcome {
  return { kind: 'refused', cause: { code, what, remedy: REMEDIES[code] } }
}
