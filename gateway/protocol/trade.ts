import type { Side } from './rfq.ts'
import type { AssetClass } from './session.ts'

export type SettlementState = 'PENDING' | 'RETRYING' | 'SETTLED' | 'FAILED'

export interface Trade {
  readonly tradeId: string
  readonly rfqId: string
  readonly quoteId: string
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly side: Side
  readonly quantity: string
  readonly price: string
  readonly notional: string
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  readonly lpId: string
  readonly venueId: string
  readonly requester: string
  readonly desk: string
  readonly executedAt: string
  readonly tradeDate: string
  /** Null until it is confirmed. */
  readonly confirmationId: string | null
  readonly settlementDate: string | null
  readonly settlement: {
    readonly state: SettlementState
    readonly attempt: number
    readonly reason: string | null
    readonly nextAttemptAt: string | null
    readonly settledAt: string | null
  } | null
  readonly correlationId: string
}

/** `GET /api/v1/trades/{id}/confirmation`: what both parties are told. */
export interface Confirmation {
  readonly confirmationId: string
  readonly tradeId: string
  readonly rfqId: string
  readonly quoteId: string
  readonly instrumentId: string
  readonly instrumentName: string
  readonly assetClass: AssetClass
  /** Of the requester. */
  readonly side: Side
  readonly quantity: string
  readonly price: string
  readonly notional: string
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  readonly lpId: string
  readonly venueId: string
  readonly requester: string
  readonly desk: string
  readonly executedAt: string
  readonly tradeDate: string
  readonly settlementDate: string
  /** T+0, T+1, T+2 */
  readonly settlementCycle: string
  /** Whose holidays were minded, with `+` between. */
  readonly calendar: string
  readonly confirmedAt: string
  readonly correlationId: string
}

/** `GET /api/v1/reports/reconciliation` */
export interface Reconciliation {
  readonly asOf: string
  /** Trades that were looked at. */
  readonly trades: number
  /** Older trades are not kept: executed then or before. Null when none was left out. */
  readonly completeAfter: string | null
  readonly unsettled: readonly Trade[]
  readonly breaks: readonly Break[]
}

export type BreakKind =
  | 'SETTLEMENT_FAILED'
  | 'NOT_CONFIRMED'
  | 'CONFIRMED_WITHOUT_TRADE'
  | 'TERMS_DIFFER'

/** What operations have to look into. */
export interface Break {
  readonly kind: BreakKind
  readonly tradeId: string
  readonly confirmationId: string | null
  readonly instrumentId: string
  readonly quantity: string
  /** In currency. */
  readonly amount: string
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  readonly executedAt: string
  /** In a sentence. */
  readonly detail: string
  readonly correlationId: string
}

/** `GET /api/v1/analytics/lp-metrics`. */
export interface LpMetrics {
  readonly lpId: string
  readonly invited: number
  readonly quoted: number
  readonly won: number
  readonly quotedOfTraded: number
  readonly lastLookRejected: number
  readonly quoteRate: number | null
  readonly hitRatio: number | null
  readonly hitRatioOfTraded: number | null
  readonly responseMs: QuantilesItem
  readonly distanceToBestBps: QuantilesItem
  readonly updatedAt: string
}

export interface QuantilesItem {
  readonly count: number
  readonly mean: number | null
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

/** `GET /api/v1/analytics/tca`: execution quality of one trade. Positive bps are cost. */
export interface Tca {
  readonly tradeId: string
  readonly rfqId: string
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly lpId: string
  readonly user: string
  readonly desk: string
  readonly side: Side
  readonly quantity: string
  readonly price: string
  readonly currency: string
  readonly decisionTime: string
  readonly executionTime: string
  readonly decisionMid: number | null
  readonly slippageBps: number | null
  readonly slippageAmount: number | null
  readonly effectiveSpreadBps: number | null
  readonly spreadCapture: number | null
  readonly timeToExecutionMs: number
  readonly decisionToExecutionMs: number
  readonly quotes: number
  readonly coverBps: number | null
}
