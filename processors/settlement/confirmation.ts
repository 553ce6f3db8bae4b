import {
  commandEventId,
  type OpenSettlement,
  type SettlementEnvelope,
  type SettlementRequested,
  type TradeConfirmed,
  type TradeExecuted,
} from '#avro'
import type { SettlementSettings } from './settings.ts'
import { termsOf } from './settlement-date.ts'

const ID_DIGITS = 20

/** The same for the same trade, however often it is told. */
function confirmationIdOf(tenantId: string, tradeId: string): string {
  return `C-${commandEventId('confirmation', tenantId, tradeId).slice(0, ID_DIGITS)}`
}

/** What both parties are told of a trade. @param instrumentName the id where no name is known */
export function confirmationOf(
  tenantId: string,
  trade: TradeExecuted,
  { instrumentName, nowMs }: { readonly instrumentName: string; readonly nowMs: number },
): TradeConfirmed {
  const { decision: _decision, decisionTimeMs: _decidedMs, quotedBy: _by, ...told } = trade
  return {
    ...told,
    confirmationId: confirmationIdOf(tenantId, trade.tradeId),
    instrumentName,
    ...termsOf(trade),
    confirmedAtMs: nowMs,
  }
}

/** Delivery against payment of the confirmed trade, with the settings that its attempts will follow. */
export function requestOf(
  confirmed: TradeConfirmed,
  settings: SettlementSettings,
): SettlementRequested {
  const { buyer, currency, instrumentId, quantity, requester, rfqId, seller, tradeId } = confirmed
  return {
    tradeId,
    rfqId,
    instrumentId,
    requester,
    state: 'PENDING',
    attempt: 0,
    settlementDate: confirmed.settlementDate,
    quantity,
    amount: confirmed.notional,
    currency,
    buyer,
    seller,
    attemptAtMs: confirmed.confirmedAtMs + settings.delayMs,
    failureProbability: settings.failureProbability,
    attemptsMax: settings.attemptsMax,
    seed: settings.seed,
    retryDelaysMs: [...settings.retryDelaysMs],
  }
}

export type RequestedEvent = Extract<
  SettlementEnvelope,
  { readonly eventType: 'SettlementRequested' }
>

/** A settlement as its request begins it. */
export function opened({
  correlationId,
  entity,
  eventId,
  payload,
  tenantId,
}: RequestedEvent): OpenSettlement {
  return { ...payload, tenantId, correlationId, lastEventId: eventId, sequence: entity.sequence }
}
