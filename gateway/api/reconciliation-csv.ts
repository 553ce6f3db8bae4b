import { csv } from '../http/csv.ts'
import type { Break, Reconciliation, Trade } from '../protocol.ts'

const COLUMNS = [
  'entry',
  'trade_id',
  'confirmation_id',
  'instrument_id',
  'quantity',
  'amount',
  'currency',
  'buyer',
  'seller',
  'executed_at',
  'settlement_date',
  'settlement_state',
  'attempts',
  'detail',
  'correlation_id',
] as const

/** Unsettled trades, then breaks: one line each. */
export function reconciliationCsv({ breaks, unsettled }: Reconciliation): string {
  return csv(COLUMNS, [...unsettled.map(unsettledLine), ...breaks.map(breakLine)])
}

function unsettledLine(trade: Trade): readonly string[] {
  return [
    'UNSETTLED',
    trade.tradeId,
    trade.confirmationId ?? '',
    trade.instrumentId,
    trade.quantity,
    trade.notional,
    trade.currency,
    trade.buyer,
    trade.seller,
    trade.executedAt,
    trade.settlementDate ?? '',
    trade.settlement?.state ?? '',
    String(trade.settlement?.attempt ?? ''),
    trade.settlement?.reason ?? '',
    trade.correlationId,
  ]
}

function breakLine(found: Break): readonly string[] {
  return [
    found.kind,
    found.tradeId,
    found.confirmationId ?? '',
    found.instrumentId,
    found.quantity,
    found.amount,
    found.currency,
    found.buyer,
    found.seller,
    found.executedAt,
    '',
    '',
    '',
    found.detail,
    found.correlationId,
  ]
}
