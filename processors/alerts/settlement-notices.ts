import type {
  SettlementCompleted,
  SettlementEnvelope,
  SettlementFailed,
  SettlementRetrying,
} from '#avro'
import { shownAmount } from '../words/shown.ts'
import { type Notice, shownTime, toAll, toRole, toUser } from './notice.ts'

/**
 * Sales act as operations here. They hear of the first attempt that failed and of how it ended, not of each attempt between; a settlement
 * that failed for good also goes to the requester and to risk.
 */
export function noticesOfSettlement({ eventType, payload }: SettlementEnvelope): readonly Notice[] {
  const about = { entityType: 'Trade', entityId: payload.tradeId }
  switch (eventType) {
    case 'SettlementRetrying':
      if (payload.attempt > 1) return []
      return toAll([toRole('SALES')], {
        kind: 'SETTLEMENT_RETRYING',
        severity: 'WARNING',
        title: `Settlement delayed: ${whatOf(payload)}`,
        text: `${deliveryOf(payload)} First attempt: ${payload.reason}. Next at ${shownTime(payload.attemptAtMs)}.`,
        ...about,
      })
    case 'SettlementFailed':
      return toAll([toUser(payload.requester.userId), toRole('SALES'), toRole('RISK')], {
        kind: 'SETTLEMENT_FAILED',
        severity: 'CRITICAL',
        title: `Settlement failed: ${whatOf(payload)}`,
        text: `${deliveryOf(payload)} Given up after ${times(payload.attempt)}: ${payload.reason}. Operations have to resolve it.`,
        ...about,
      })
    case 'SettlementCompleted':
      if (payload.attempt <= 1) return []
      return toAll([toRole('SALES')], {
        kind: 'SETTLEMENT_COMPLETED',
        severity: 'INFO',
        title: `Settled after all: ${whatOf(payload)}`,
        text: `${deliveryOf(payload)} It took ${times(payload.attempt)}.`,
        ...about,
      })
    default:
      return []
  }
}

type Settlement = SettlementRetrying | SettlementFailed | SettlementCompleted

function whatOf({ instrumentId, quantity }: Settlement): string {
  return `${shownAmount(quantity)} ${instrumentId}`
}

function deliveryOf({
  amount,
  buyer,
  currency,
  seller,
  settlementDate,
  tradeId,
}: Settlement): string {
  return `Trade ${tradeId}: ${buyer} pays ${seller} ${shownAmount(amount)} ${currency}, due ${settlementDate}.`
}

function times(attempts: number): string {
  return attempts === 1 ? 'one attempt' : `${attempts} attempts`
}
