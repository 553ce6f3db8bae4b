/**
 * What clients may know of the gateway: the shapes on its WebSocket and in its JSON replies. Types only; imported by the SDK and the
 * dashboard. Times are ms since the epoch (UTC), market data are JSON numbers, money is a decimal string.
 */
export type Role =
  | 'TRADER'
  | 'SALES'
  | 'RISK'
  | 'ANALYST'
  | 'ADMIN'
  | 'PLATFORM'
  | 'COMPLIANCE'
  | 'CLIENT'

export type AssetClass = 'UNKNOWN' | 'FX' | 'RATES' | 'CREDIT' | 'EQUITY' | 'CRYPTO' | 'COMMODITY'

export type Quality =
  | 'GOOD'
  | 'UNKNOWN'
  | 'INDICATIVE'
  | 'SUSPICIOUS'
  | 'LATE'
  | 'CROSSED'
  | 'ONE_SIDED'

export interface Session {
  readonly accessToken: string
  readonly refreshToken: string
  /** ISO 8601, of the access token. */
  readonly expiresAt: string
}

export interface Me {
  readonly user: string
  readonly tenant: string
  /** Empty: none. */
  readonly desk: string
  readonly roles: readonly Role[]
  readonly entitlements: { readonly assetClasses: readonly AssetClass[] }
}

export interface Instrument {
  readonly instrumentId: string
  readonly symbol: string
  readonly venue: string
  readonly name: string
  readonly assetClass: AssetClass
  readonly currency: string
  readonly tickSize: string
  readonly lotSize: string
  readonly priceDecimals: number
  readonly staleAfterMs: number
  readonly tenor: string | null
  readonly tradingHours: string
  readonly enabled: boolean
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

export interface MarketItem {
  readonly instrumentId: string
  readonly bid: number | null
  readonly ask: number | null
  readonly mid: number | null
  readonly eventTimeMs: number
  readonly publishedAtMs: number
  readonly sequence: number
  readonly stale: boolean
  readonly quality: Quality
}

export interface DepthLevel {
  readonly price: number
  readonly size: number
}

/** `GET /api/v1/market/snapshot`: the market item and what a screen shows beside it. */
export interface MarketSnapshot extends MarketItem {
  readonly bidSize: number | null
  readonly askSize: number | null
  readonly lastPrice: number | null
  readonly lastSize: number | null
  readonly dayOpen: number | null
  readonly dayHigh: number | null
  readonly dayLow: number | null
  readonly dayVolume: number
  readonly bids: readonly DepthLevel[]
  readonly asks: readonly DepthLevel[]
  readonly source: string
}

export type BarInterval = '1s' | '1m' | '1h'

export interface Bar {
  readonly windowStartMs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly vwap: number | null
  readonly ticks: number
  readonly origin: 'COMPUTED' | 'FEED'
}

/** `GET /api/v1/admin/topologies`: one line of the list. */
export interface TopologySummary {
  readonly topology: string
  readonly applicationId: string
  /**
   * RUNNING when it is so in every instance, else of one that is not, as Kafka Streams names it: CREATED, REBALANCING, PENDING_SHUTDOWN,
   * NOT_RUNNING, PENDING_ERROR, ERROR; and how many instances are silent.
   */
  readonly state: string
  /** Processes that run it. */
  readonly instances: number
  /** Active ones, of all instances. */
  readonly tasks: number
  readonly runningTasks: number
  /** Records that wait in all inputs. */
  readonly lag: number
}

/** `GET /api/v1/admin/topologies/{name}`: what runs where, and how far it is. */
export interface TopologyStatus extends TopologySummary {
  readonly asOfMs: number
  /** Why it is in ERROR. */
  readonly error: string | null
  /** Of the gateway's version. */
  readonly diagram: TopologyDiagram
  readonly instanceList: readonly TopologyInstance[]
  readonly taskList: readonly TopologyTask[]
  readonly globalStores: readonly TopologyGlobalStore[]
}

/** One process that runs the topology, as of its last report. */
export interface TopologyInstance {
  /** `<host>/<process>` */
  readonly instance: string
  readonly processId: string
  /** Of the program. */
  readonly version: string
  readonly state: string
  readonly error: string | null
  /** Since its last report. */
  readonly ageMs: number
  /** Nothing was heard of it for 15 s; after 60 s it is left out. */
  readonly silent: boolean
  /** Whether it runs the graph that is shown. */
  readonly sameGraph: boolean
  /** Active and standby. */
  readonly tasks: number
  /** Of these, not in the list of tasks: its report would have become too large. */
  readonly tasksLeftOut: number
}

export interface TopologyTask {
  readonly taskId: string
  readonly subTopologyId: number
  readonly partition: number
  readonly role: 'ACTIVE' | 'STANDBY'
  /** CREATED, RESTORING, RUNNING, SUSPENDED, CLOSED; and what it waits for. */
  readonly state: string
  /** Which process has it: `TopologyInstance.instance`. */
  readonly instance: string
  readonly thread: string
  /** When the instance reported it, by its own clock: rates are differences of two reports. */
  readonly asOfMs: number
  /** Records taken by each node since the task began, by name. */
  readonly nodes: Readonly<Record<string, number>>
  readonly inputs: readonly {
    readonly topic: string
    readonly partition: number
    readonly position: number | null
    readonly lag: number | null
  }[]
  readonly stores: readonly TopologyStore[]
}

export interface TopologyStore {
  readonly store: string
  readonly bytes: number
  /** Null once it is restored. */
  readonly restore: {
    readonly restored: number
    readonly total: number
    readonly recordsPerSecond: number | null
    readonly secondsLeft: number | null
  } | null
}

/** Every instance has a copy. */
export interface TopologyGlobalStore {
  readonly store: string
  readonly topic: string
  /** Of the largest copy. */
  readonly bytes: number
}

/** Sizes and places in px. */
export interface TopologyDiagram {
  readonly width: number
  readonly height: number
  readonly boxWidth: number
  readonly boxHeight: number
  readonly frames: readonly {
    readonly title: string
    /** Null: a global store. */
    readonly subTopologyId: number | null
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
    readonly boxes: readonly TopologyBox[]
    /** By index of the boxes. */
    readonly edges: readonly { readonly from: number; readonly to: number }[]
  }[]
}

export interface TopologyBox {
  readonly shape: 'topic' | 'node' | 'store'
  readonly name: string
  readonly x: number
  readonly y: number
}

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

/** What every row that administrators set has beside its own. */
export interface AdminRecord {
  /** `platform`: shared by all tenants; one of your own with the same id hides it. */
  readonly tenant: string
  /** Counts the changes of your tenant's own; 0 for one that is the platform's. Sent with a change, it is refused (409) when another came between. */
  readonly sequence: number
  readonly changedAt: string
  /** Null: set at the beginning, or long ago. */
  readonly changedBy: string | null
}

/** `GET /api/v1/admin/lps`. */
export interface LiquidityProvider extends AdminRecord {
  readonly lpId: string
  readonly name: string
  readonly kind: 'BOT' | 'DESK'
  readonly enabled: boolean
  readonly assetClasses: readonly AssetClass[]
  readonly instrumentIds: readonly string[]
  readonly venueIds: readonly string[]
  /** Of the platform's: whom it serves, all when empty. */
  readonly tenantIds: readonly string[]
  readonly rfqsPerSecond: number
  readonly minNotional: string | null
  readonly maxNotional: string | null
  readonly quoteTtlMs: number
  readonly lastLook: {
    readonly windowMs: number
    readonly maxDriftBps: number
    readonly maxQuoteAgeMs: number | null
  } | null
  readonly personality: {
    readonly halfSpreadBps: number
    readonly skewBps: number
    readonly inventoryMax: string
    readonly responseMedianMs: number
    readonly responseSigma: number
    readonly declineProbability: number
    readonly sizeImpactBps: number
  } | null
}

/** `GET /api/v1/admin/venues`. */
export interface Venue extends AdminRecord {
  readonly venueId: string
  readonly name: string
  readonly executionTypes: readonly ('RFQ' | 'CLOB')[]
  readonly assetClasses: readonly AssetClass[]
  readonly sessions: string
  readonly enabled: boolean
}

/** `GET /api/v1/admin/limits`. Null is no limit. */
export interface Limits extends AdminRecord {
  readonly scope: 'TENANT' | 'DESK' | 'USER'
  readonly subject: string
  readonly rfqsPerMinute: number | null
  readonly rfqMaxNotional: string | null
  readonly notionalCurrency: string
  readonly instrumentIds: readonly string[] | null
  readonly venueIds: readonly string[] | null
}

/** `GET /api/v1/admin/flags`. */
export interface Flag extends AdminRecord {
  readonly flag: string
  readonly enabled: boolean
}

/** `GET /api/v1/admin/instruments`. */
export interface AdminInstrument extends Instrument, AdminRecord {
  readonly priceBasis: 'MID' | 'TRADE'
}

export interface KillSwitchState {
  readonly scope: 'TENANT' | 'GLOBAL'
  readonly enabled: boolean
  /** Null, as what follows: never thrown. */
  readonly reason: string | null
  readonly changedBy: string | null
  readonly changedAt: string | null
  readonly sequence: number
}

/** `GET /api/v1/admin/killswitch`. */
export interface KillSwitch {
  /** Whether trading of your tenant is stopped, by either. */
  readonly enabled: boolean
  readonly tenant: KillSwitchState
  readonly global: KillSwitchState
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

/** RFC 9457. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly correlationId: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  /** Of a conflict (409): the RFQ as it is now. */
  readonly current?: Rfq
}

export type Channel =
  | 'market'
  | 'rfqs'
  | 'orders'
  | 'trades'
  | 'positions'
  | 'risk'
  | 'margin'
  | 'alerts'
  | 'ops'

/** Channels of which nothing is lost: every change in its order. */
export type JournalChannel = 'rfqs' | 'trades' | 'alerts'

export interface JournalItems {
  readonly rfqs: Rfq
  readonly trades: Trade
  readonly alerts: Notification
}

export type ClientMessage =
  | {
      readonly op: 'subscribe' | 'unsubscribe'
      readonly channel: JournalChannel
      readonly id?: number
    }
  | {
      readonly op: 'subscribe'
      readonly channel: 'market'
      readonly instrumentIds: readonly string[]
      readonly id?: number
    }
  | {
      readonly op: 'unsubscribe'
      readonly channel: 'market'
      readonly instrumentIds?: readonly string[]
      readonly id?: number
    }
  | { readonly op: 'ping'; readonly id?: number }

export type ServerMessage =
  | {
      readonly op: 'subscribed'
      readonly id?: number
      readonly ok: boolean
      readonly refused?: readonly string[]
    }
  | { readonly op: 'unsubscribed'; readonly id?: number; readonly ok: boolean }
  | { readonly op: 'pong'; readonly id?: number; readonly serverTimeMs: number }
  | {
      readonly channel: 'market'
      readonly type: 'snapshot' | 'update'
      readonly seq: number
      readonly data: readonly MarketItem[]
    }
  | {
      [C in JournalChannel]: {
        readonly channel: C
        /** `snapshot`: all that is live, newest last. `update`: the changed ones in order, the same one perhaps several times. `reset`: too much was waiting; a snapshot follows. */
        readonly type: 'snapshot' | 'update' | 'reset'
        readonly seq: number
        readonly data: readonly JournalItems[C][]
      }
    }[JournalChannel]
  | {
      readonly type: 'error'
      readonly code: string
      readonly message: string
      readonly id?: number
    }
