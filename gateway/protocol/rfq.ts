import type { AssetClass } from './session.ts'

export type Side = 'BUY' | 'SELL'

export type RfqState =
  | 'CREATED'
  | 'SENT'
  | 'QUOTING'
  | 'ACCEPTED'
  | 'REJECTED'
  | 'EXPIRED'
  | 'CANCELLED'
  | 'TRADED'

/** `POST /api/v1/rfqs`. Decimals are text. */
export interface RfqRequest {
  readonly instrumentId: string
  readonly side: Side
  readonly size: string
  readonly expirySeconds: number
  readonly minSize?: string
  readonly partialAllowed?: boolean
  readonly venueId?: string
}

export interface RfqQuote {
  readonly quoteId: string
  readonly lpId: string
  /** `bot`, or the user who quoted. */
  readonly quotedBy: string
  readonly price: string
  readonly size: string
  readonly expiresAt: string
  readonly receivedAt: string
  /** 1 is the best. */
  readonly rank: number
  /** Cost against the mid; null without a market. */
  readonly spreadBps: number | null
  /** Cost against the touch. */
  readonly impactBps: number | null
}

/** One request for quote as it stands. Times are ISO 8601. */
export interface Rfq {
  readonly rfqId: string
  readonly state: RfqState
  /** Names the state for an accept; counts its changes. */
  readonly version: number
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly currency: string
  readonly side: Side
  readonly size: string
  readonly minSize: string | null
  readonly partialAllowed: boolean
  readonly venueId: string | null
  readonly requester: string
  readonly desk: string
  readonly createdAt: string
  readonly expiryTime: string
  /** When the last event happened. */
  readonly updatedAt: string
  readonly lpIds: readonly string[]
  /** Best first; what can be accepted now, and once it is over the quote that won. */
  readonly quotes: readonly RfqQuote[]
  readonly acceptedQuoteId: string | null
  /** Until then the liquidity provider may refuse the acceptance. */
  readonly lastLookUntil: string | null
  readonly tradeId: string | null
  /** Why it was rejected, or what was last refused; null when nothing was. */
  readonly reason: { readonly code: string; readonly text: string } | null
  readonly decisions: readonly RiskDecisionItem[]
  readonly correlationId: string
}

export interface RiskDecisionItem {
  readonly rule: string
  readonly passed: boolean
  readonly figure: string
  readonly limit: string
  readonly reason: string
}

/** One event of the chain that a correlation id names: `GET /api/v1/audit?correlationId=`. */
export interface ChainEvent {
  readonly eventId: string
  readonly eventType: string
  readonly occurredAt: string
  readonly producer: string
  readonly causationId: string | null
  readonly correlationId: string
  readonly entityType: string
  readonly entityId: string
  readonly entitySequence: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Decimals as text, times in ms. */
  readonly payload: Readonly<Record<string, unknown>>
}

/** `GET /api/v1/alerts` and the channel `alerts`. */
export interface Notification {
  readonly notificationId: string
  readonly kind: string
  readonly severity: 'INFO' | 'WARNING' | 'CRITICAL'
  readonly title: string
  readonly text: string
  readonly entityType: string
  readonly entityId: string
  readonly raisedAt: string
  readonly correlationId: string
}
