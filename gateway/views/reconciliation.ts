import type { TradeConfirmed, TradeExecuted } from '#avro'
import type { Break, BreakKind, Reconciliation, Trade } from '../protocol.ts'
import { isoTime } from './iso-time.ts'
import type { TradeRow } from './trade-row.ts'

export interface ReconcileOptions {
  readonly nowMs: number
  /** For which a confirmation, or a trade, may be on its way. */
  readonly graceMs: number
  /** Trades executed then or before are not all known; 0: all are. */
  readonly forgottenMs: number
}

/** Trades against confirmations against settlements: what is open, and what does not agree. */
export function reconcile(rows: Iterable<TradeRow>, options: ReconcileOptions): Reconciliation {
  const { forgottenMs, nowMs } = options
  const unsettled: Trade[] = []
  const breaks: Break[] = []
  let trades = 0
  for (const row of rows) {
    if (row.item !== undefined) {
      trades += 1
      const state = row.item.settlement?.state
      if (state !== 'SETTLED' && state !== 'FAILED') unsettled.push(row.item)
    }
    breaks.push(...breaksOf(row, options))
  }
  return {
    asOf: isoTime(nowMs),
    trades,
    completeAfter: forgottenMs === 0 ? null : isoTime(forgottenMs),
    unsettled,
    breaks,
  }
}

function* breaksOf(row: TradeRow, options: ReconcileOptions): Iterable<Break> {
  const { confirmation, settlement, trade } = row
  const facts = trade ?? confirmation
  if (facts === undefined) return
  const found = (kind: BreakKind, detail: string) => breakOf(row, facts, kind, detail)
  const overdue = (sinceMs: number) => sinceMs + options.graceMs <= options.nowMs
  if (settlement?.eventType === 'SettlementFailed') {
    yield found('SETTLEMENT_FAILED', `Settlement failed: ${settlement.payload.reason}.`)
  }
  if (trade === undefined) {
    // Of a trade that was let go there may be a confirmation yet.
    const isForgotten = facts.executedAtMs <= options.forgottenMs
    if (!isForgotten && confirmation !== undefined && overdue(confirmation.confirmedAtMs))
      yield found('CONFIRMED_WITHOUT_TRADE', 'There is a confirmation, and no trade.')
    return
  }
  if (confirmation === undefined) {
    if (overdue(trade.executedAtMs))
      yield found('NOT_CONFIRMED', 'There is a trade, and no confirmation.')
    return
  }
  const differences = [...differencesOf(row, trade, confirmation)]
  if (differences.length > 0) yield found('TERMS_DIFFER', `${differences.join('; ')}.`)
}

/** Where trade and confirmation, or confirmation and settlement, say something else. */
function* differencesOf(
  { settlement }: TradeRow,
  trade: TradeExecuted,
  confirmation: TradeConfirmed,
): Iterable<string> {
  for (const name of ['quantity', 'price', 'notional'] as const) {
    if (!trade[name].eq(confirmation[name]))
      yield `the ${name} is ${trade[name].toFixed()} in the trade and ${confirmation[name].toFixed()} in the confirmation`
  }
  for (const name of ['instrumentId', 'currency', 'buyer', 'seller'] as const) {
    if (trade[name] !== confirmation[name])
      yield `the ${TEXTS[name]} is ${trade[name]} in the trade and ${confirmation[name]} in the confirmation`
  }
  if (settlement === undefined) return
  const { payload } = settlement
  if (!payload.amount.eq(confirmation.notional) || payload.currency !== confirmation.currency)
    yield `the settlement is of ${payload.amount.toFixed()} ${payload.currency}, the confirmation of ${confirmation.notional.toFixed()} ${confirmation.currency}`
  if (!payload.quantity.eq(confirmation.quantity))
    yield `the settlement is of a quantity of ${payload.quantity.toFixed()}, the confirmation of ${confirmation.quantity.toFixed()}`
}

const TEXTS = {
  instrumentId: 'instrument',
  currency: 'currency',
  buyer: 'buyer',
  seller: 'seller',
} as const

function breakOf(
  { confirmation, correlationId, tradeId }: TradeRow,
  facts: TradeExecuted | TradeConfirmed,
  kind: BreakKind,
  detail: string,
): Break {
  return {
    kind,
    tradeId,
    confirmationId: confirmation?.confirmationId ?? null,
    instrumentId: facts.instrumentId,
    quantity: facts.quantity.toFixed(),
    amount: facts.notional.toFixed(),
    currency: facts.currency,
    buyer: facts.buyer,
    seller: facts.seller,
    executedAt: isoTime(facts.executedAtMs),
    detail,
    correlationId,
  }
}
