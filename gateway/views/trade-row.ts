import type {
  ConfirmationsEnvelope,
  SettlementEnvelope,
  TradeConfirmed,
  TradeExecuted,
  TradesEnvelope,
} from '#avro'
import type { ChainSubject } from '../identity/chain-access.ts'
import type { Confirmation, Trade } from '../protocol.ts'
import { isoTime } from './iso-time.ts'

/**
 * All that is known of a trade. Its events are on three topics, which are read side by side, so any of them may come first; there is an item
 * once there is the trade.
 */
export interface TradeRow {
  readonly tradeId: string
  readonly trade?: TradeExecuted
  readonly confirmation?: TradeConfirmed
  /** The last one. */
  readonly settlement?: SettlementEnvelope
  readonly correlationId: string
  readonly item?: Trade
}

/** The row after an event; the same one where the event was known. */
export function rowAfter(
  row: TradeRow,
  event: TradesEnvelope | ConfirmationsEnvelope | SettlementEnvelope,
): TradeRow {
  const { correlationId } = event
  switch (event.eventType) {
    case 'TradeExecuted':
      if (row.trade !== undefined) return row
      return withItem({ ...row, trade: event.payload, correlationId })
    case 'TradeConfirmed':
      if (row.confirmation !== undefined) return row
      return withItem({ ...row, confirmation: event.payload, correlationId })
    default:
      if ((row.settlement?.entity.sequence ?? 0) >= event.entity.sequence) return row
      return withItem({ ...row, settlement: event, correlationId })
  }
}

/** What decides who sees it. Undefined while only its settlement is known. */
export function subjectOf({ confirmation, trade }: TradeRow): ChainSubject | undefined {
  const facts = trade ?? confirmation
  if (facts === undefined) return undefined
  const { assetClass, requester } = facts
  return { assetClass, requester: requester.userId, desk: requester.desk }
}

function withItem(row: TradeRow): TradeRow {
  const { confirmation, correlationId, settlement, trade } = row
  if (trade === undefined) return row
  const { decision: _decision, decisionTimeMs: _decidedMs, quotedBy: _by, ...shown } = trade
  const { executedAtMs, notional, price, quantity, requester, ...plain } = shown
  const item: Trade = {
    ...plain,
    quantity: quantity.toFixed(),
    price: price.toFixed(),
    notional: notional.toFixed(),
    requester: requester.userId,
    desk: requester.desk,
    executedAt: isoTime(executedAtMs),
    confirmationId: confirmation?.confirmationId ?? null,
    settlementDate: confirmation?.settlementDate ?? settlement?.payload.settlementDate ?? null,
    settlement: settlement === undefined ? null : settlementItem(settlement),
    correlationId,
  }
  return { ...row, item }
}

function settlementItem(event: SettlementEnvelope): NonNullable<Trade['settlement']> {
  const { attempt, state } = event.payload
  const none = { state, attempt, reason: null, nextAttemptAt: null, settledAt: null }
  switch (event.eventType) {
    case 'SettlementRequested':
      return { ...none, nextAttemptAt: isoTime(event.payload.attemptAtMs) }
    case 'SettlementRetrying': {
      const { attemptAtMs, reason } = event.payload
      return { ...none, reason, nextAttemptAt: isoTime(attemptAtMs) }
    }
    case 'SettlementCompleted':
      return { ...none, settledAt: isoTime(event.payload.settledAtMs) }
    case 'SettlementFailed':
      return { ...none, reason: event.payload.reason }
  }
}

export function confirmationItem(confirmed: TradeConfirmed, correlationId: string): Confirmation {
  const { confirmedAtMs, executedAtMs, notional, price, quantity, requester, ...plain } = confirmed
  return {
    ...plain,
    quantity: quantity.toFixed(),
    price: price.toFixed(),
    notional: notional.toFixed(),
    requester: requester.userId,
    desk: requester.desk,
    executedAt: isoTime(executedAtMs),
    confirmedAt: isoTime(confirmedAtMs),
    correlationId,
  }
}
