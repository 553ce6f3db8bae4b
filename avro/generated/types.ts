// Generated from avro/schemas by scripts/generate-avro.ts. Do not edit.

import type { Decimal } from 'decimal.js'

export interface Entity {
  readonly entityType: string
  readonly entityId: string
  /** Counts the events of this entity on this stream, from 1. */
  readonly sequence: number
}

export type AssetClass = 'UNKNOWN' | 'FX' | 'RATES' | 'CREDIT' | 'EQUITY' | 'CRYPTO' | 'COMMODITY'

/** What an administrator asked for. Its event id is the id of the command; the change it made follows it in the same transaction and names it as its cause. */
export interface ChangeRequested {
  /** Event type of the change. */
  readonly action: string
  readonly userId: string
  readonly roles: readonly string[]
  /** The same command id with another one is a reused key. */
  readonly requestDigest: string
}

export interface FlagUpdated {
  readonly flag: string
  readonly enabled: boolean
}

export interface InstrumentUpdated {
  /** SYMBOL.VENUE */
  readonly instrumentId: string
  readonly symbol: string
  readonly venue: string
  readonly name: string
  readonly assetClass: AssetClass
  /** ISO 4217 code, or the crypto asset's. */
  readonly currency: string
  readonly tickSize: Decimal
  readonly lotSize: Decimal
  readonly priceDecimals: number
  readonly priceBasis: PriceBasis
  readonly staleAfterMs: number
  readonly tenor: string | null
  /** 24x7, 24x5, or HH:MM-HH:MM Area/City */
  readonly tradingHours: string
  readonly enabled: boolean
}

/** A liquidity provider. The platform's serve tenantIds (all when empty); a tenant's own hides the platform's of the same id. */
export interface LPConfigUpdated {
  readonly lpId: string
  readonly name: string
  /** BOT or DESK */
  readonly kind: string
  readonly enabled: boolean
  readonly assetClasses: readonly AssetClass[]
  /** Empty: all of the asset classes. */
  readonly instrumentIds: readonly string[]
  /** Empty: any. */
  readonly venueIds: readonly string[]
  readonly tenantIds: readonly string[]
  /** Throttle, for each tenant. */
  readonly rfqsPerSecond: number
  /** In the instrument's currency. */
  readonly minNotional: Decimal | null
  readonly maxNotional: Decimal | null
  readonly quoteTtlMs: number
  readonly lastLook: LastLook | null
  /** Of a BOT. */
  readonly personality: Personality | null
}

export interface LastLook {
  /** How long the provider holds an acceptance. */
  readonly windowMs: number
  /** Mid against the provider since the acceptance; more is a rejection. */
  readonly maxDriftBps: number
  /** An older quote is rejected. */
  readonly maxQuoteAgeMs: number | null
}

/** Null is no limit. The narrowest of user, desk and tenant binds for each rule: all are checked. */
export interface LimitsUpdated {
  /** TENANT, DESK, USER */
  readonly scope: string
  /** Tenant, desk or user id. */
  readonly subject: string
  readonly rfqsPerMinute: number | null
  readonly rfqMaxNotional: Decimal | null
  readonly notionalCurrency: string
  /** Only these; null: all that the user is entitled to. */
  readonly instrumentIds: readonly string[] | null
  readonly venueIds: readonly string[] | null
}

/** How a bot quotes. */
export interface Personality {
  readonly halfSpreadBps: number
  /** At a full inventory, against more of it. */
  readonly skewBps: number
  /** Notional at which the skew is full. */
  readonly inventoryMax: Decimal
  readonly responseMedianMs: number
  /** Of the logarithm. */
  readonly responseSigma: number
  readonly declineProbability: number
  /** Added per tenfold of the lot size. */
  readonly sizeImpactBps: number
}

export interface VenueUpdated {
  readonly venueId: string
  readonly name: string
  /** RFQ, CLOB */
  readonly executionTypes: readonly string[]
  readonly assetClasses: readonly AssetClass[]
  /** 24x7, 24x5, or HH:MM-HH:MM Area/City */
  readonly sessions: string
  readonly enabled: boolean
}

/** What one RFQ says of one liquidity provider. */
export interface LpAnswer {
  readonly invited: boolean
  /** With anyone. */
  readonly traded: boolean
  readonly won: boolean
  readonly lastLookRejected: number
  /** One for each quote. */
  readonly responseMs: readonly number[]
  /** One for each quote, unless the best price is 0. */
  readonly distanceToBestBps: readonly number[]
  readonly wonNotional: number
}

/** All RFQs of a tenant with one liquidity provider so far. */
export interface LpMetricsUpdated {
  readonly lpId: string
  readonly invited: number
  readonly quoted: number
  readonly won: number
  /** RFQs that it quoted and that traded with anyone. */
  readonly quotedOfTraded: number
  readonly lastLookRejected: number
  readonly quoteRate: number | null
  /** won / quoted */
  readonly hitRatio: number | null
  readonly hitRatioOfTraded: number | null
  readonly responseMs: Quantiles
  /** Of its quotes to the best of the RFQ. */
  readonly distanceToBestBps: Quantiles
  readonly wonNotional: number
  readonly updatedAtMs: number
}

/** All RFQs of a tenant with one liquidity provider. */
export interface LpTally {
  readonly invited: number
  readonly quoted: number
  readonly won: number
  readonly quotedOfTraded: number
  readonly lastLookRejected: number
  readonly responseMs: QuantileSketch
  readonly distanceToBestBps: QuantileSketch
  readonly wonNotional: number
  /** How often. */
  readonly published: number
  /** Since it was last published. */
  readonly changed: boolean
}

/** Counts in buckets that grow by a fixed factor, see quant/execution-analytics. */
export interface QuantileSketch {
  readonly count: number
  readonly sum: number
  readonly min: number
  readonly max: number
  readonly zeros: number
  readonly buckets: readonly number[]
  readonly counts: readonly number[]
}

export interface Quantiles {
  readonly count: number
  readonly mean: number | null
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

/** Execution quality of one trade. */
export interface TcaComputed {
  readonly tradeId: string
  readonly rfqId: string
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly lpId: string
  readonly userId: string
  readonly desk: string
  readonly side: Side
  readonly quantity: Decimal
  readonly price: Decimal
  readonly currency: string
  readonly decisionTimeMs: number
  readonly executionTimeMs: number
  readonly decisionMid: number | null
  /** s x (price - decisionMid) / decisionMid x 1e4; positive is cost. */
  readonly slippageBps: number | null
  /** s x (price - decisionMid) x quantity, in currency. */
  readonly slippageAmount: number | null
  /** 2 x s x (price - mid) / mid x 1e4 at execution. */
  readonly effectiveSpreadBps: number | null
  /** s x (mid - price) / half spread at execution. */
  readonly spreadCapture: number | null
  /** From RFQCreated to the trade. */
  readonly timeToExecutionMs: number
  readonly decisionToExecutionMs: number
  readonly quotes: number
  /** Best to second best quote: what the winner gave away. */
  readonly coverBps: number | null
}

/** A record that was not processed, whole, with the reason. */
export interface DeadLettered {
  readonly sourceTopic: string
  readonly sourcePartition: number
  readonly sourceOffset: number
  readonly sourceTimestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  readonly code: string
  readonly cause: string
  readonly remedy: string
  readonly stack: string | null
  /** Topology and node, or the component. */
  readonly consumer: string
  readonly consumerVersion: string
  readonly attempts: number
  /** Of the attempts. */
  readonly firstFailedAt: number | null
  readonly lastFailedAt: number | null
}

export interface Header {
  readonly name: string
  readonly value: Uint8Array | null
}

/** Never changes. */
export interface TradeExecuted {
  readonly tradeId: string
  readonly rfqId: string
  readonly quoteId: string
  readonly instrumentId: string
  readonly assetClass: AssetClass
  /** Of the requester. */
  readonly side: Side
  readonly quantity: Decimal
  readonly price: Decimal
  /** quantity x price, in currency; bonds and swaps are priced in percent of par. */
  readonly notional: Decimal
  readonly currency: string
  /** Party: desk or user of the requester, or lpId. */
  readonly buyer: string
  readonly seller: string
  readonly lpId: string
  readonly quotedBy: string
  readonly venueId: string
  readonly requester: Requester
  readonly decisionTimeMs: number
  readonly executedAtMs: number
  /** ISO 8601 date, UTC. */
  readonly tradeDate: string
  readonly decision: Mark | null
}

/** That the quote of an RFQ was traded: no second trade of it. */
export interface TradeKey {
  readonly tradeId: string
  /** The acceptance that it was made of. */
  readonly acceptedEventId: string
}

/** One bar of an instrument, final. COMPUTED from ticks, or FEED as the source delivered it (a quote bar's OHLC is the mean of bid and ask, which are kept). */
export interface BarClosed {
  readonly instrumentId: string
  readonly intervalMs: number
  readonly windowStartMs: number
  readonly origin: BarOrigin
  readonly basis: PriceBasis
  readonly source: string
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  /** Traded size (TRADE), or sum of the weights (MID). */
  readonly volume: number
  /** Volume-weighted average price. MID: weighted by bid and ask size together, 1 where sizes are unknown. */
  readonly vwap: number | null
  readonly ticks: number
  readonly bid: Ohlc | null
  readonly ask: Ohlc | null
}

export type BarOrigin = 'COMPUTED' | 'FEED'

/** A level of an order book as it is kept. */
export interface BookLevel {
  /** 0: gone; kept only until the book is complete. */
  readonly size: number
  /** Of the update that set it. */
  readonly updateId: number
}

/** A bar made by the source: of trades, or of quotes (bid and ask). */
export interface FeedBar {
  readonly instrumentId: string
  readonly source: string
  readonly windowStartMs: number
  readonly intervalMs: number
  readonly trade: Ohlc | null
  readonly volume: number | null
  readonly bid: Ohlc | null
  readonly ask: Ohlc | null
  readonly bidSize: number | null
  readonly askSize: number | null
}

/** Order book levels: a full snapshot, or changed levels (size 0 removes one). */
export interface FeedDepth {
  readonly instrumentId: string
  readonly source: string
  readonly eventTimeMs: number
  readonly snapshot: boolean
  readonly firstUpdateId: number
  readonly lastUpdateId: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/** The source is alive and has sent everything up to this time; moves the instrument's time on when nothing is quoted. */
export interface FeedHeartbeat {
  readonly instrumentId: string
  readonly source: string
  readonly eventTimeMs: number
}

/** A quote as received; one side may be missing. */
export interface FeedQuote {
  readonly instrumentId: string
  /** Feed or venue it came from. */
  readonly source: string
  readonly eventTimeMs: number
  readonly bid: number | null
  readonly ask: number | null
  readonly bidSize: number | null
  readonly askSize: number | null
  readonly condition: string | null
  readonly indicative: boolean
  readonly suspicious: boolean
}

/** A trade print as received. */
export interface FeedTrade {
  readonly instrumentId: string
  readonly source: string
  readonly eventTimeMs: number
  readonly price: number
  readonly size: number
  readonly condition: string | null
  readonly suspicious: boolean
}

/** A source row that the adapter could not read; kept whole, dead-lettered by the market-data topology. */
export interface FeedUnreadable {
  readonly source: string
  /** The row, at most 64 KiB of it. */
  readonly text: string
  readonly cause: string
  /** File and line, or connection and sequence. */
  readonly place: string
}

/** State of stale detection; written when an instrument is first seen and when it turns stale or recovers. */
export interface InstrumentSilence {
  readonly stale: boolean
  /** Of the newest message when this was written. */
  readonly lastEventTimeMs: number
  /** Wall-clock time at which the silence that made it stale began; 0 while it is not stale. */
  readonly sinceMs: number
  /** Status events so far. */
  readonly sequence: number
}

/** State of the normaliser: what an instrument's next message is judged by. */
export interface LastTick {
  /** 0 before the first tick, depth message or heartbeat. */
  readonly newestEventTimeMs: number
  readonly bid: number | null
  readonly ask: number | null
  readonly bidSize: number | null
  readonly askSize: number | null
  /** Events of this instrument on the ticks stream so far. */
  readonly tickSequence: number
  /** Bars of the feed on the bars stream so far. */
  readonly barSequence: number
}

export interface Level {
  readonly price: number
  readonly size: number
}

/** The market as a processor knew it when it decided. */
export interface Mark {
  readonly bid: number | null
  readonly ask: number | null
  readonly mid: number | null
  /** Of the tick it is from. */
  readonly eventTimeMs: number
}

/** The market at most once a second, and at once after a jump: for those who need a price, not the tape. */
export interface MarkPriceUpdated {
  readonly instrumentId: string
  readonly bid: number | null
  readonly ask: number | null
  /** Undefined prices are null; the last traded price where the instrument is not quoted. */
  readonly mid: number | null
  readonly eventTimeMs: number
}

/** The last mark that was published of an instrument. */
export interface MarkState {
  readonly sequence: number
  readonly bid: number | null
  readonly ask: number | null
  readonly mid: number | null
  readonly eventTimeMs: number
}

export interface MarketDataRecovered {
  readonly instrumentId: string
  readonly eventTimeMs: number
  readonly silentForMs: number
}

export interface MarketDataStaleDetected {
  readonly instrumentId: string
  readonly lastEventTimeMs: number
  readonly silentForMs: number
  readonly staleAfterMs: number
}

/** Canonical depth: a full book or changed levels. */
export interface MarketDepthReceived {
  readonly instrumentId: string
  readonly source: string
  readonly eventTimeMs: number
  readonly receivedTimeMs: number
  readonly snapshot: boolean
  readonly firstUpdateId: number
  readonly lastUpdateId: number
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  readonly flags: readonly QualityFlag[]
}

/** Moves the instrument's time on without a price. */
export interface MarketHeartbeatReceived {
  readonly instrumentId: string
  readonly source: string
  readonly eventTimeMs: number
}

/** Latest state of an instrument after one tick or depth message. */
export interface MarketSnapshotUpdated {
  readonly instrumentId: string
  readonly cause: SnapshotCause
  readonly source: string
  /** Counts the snapshots of this instrument, from 1. */
  readonly sequence: number
  readonly eventTimeMs: number
  readonly receivedTimeMs: number
  readonly bid: number | null
  readonly ask: number | null
  readonly mid: number | null
  readonly bidSize: number | null
  readonly askSize: number | null
  readonly lastPrice: number | null
  readonly lastSize: number | null
  /** 00:00 UTC of the event's day. */
  readonly dayStartMs: number
  readonly dayOpen: number | null
  readonly dayHigh: number | null
  readonly dayLow: number | null
  readonly dayVolume: number
  readonly dayTicks: number
  /** Best ten levels, best first; empty without a depth feed. */
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
  readonly flags: readonly QualityFlag[]
}

/** Canonical tick. A quote carries both sides (a missing side from the last quote, flagged ONE_SIDED); a trade carries price and size beside the last quote. */
export interface MarketTickReceived {
  readonly instrumentId: string
  readonly kind: TickKind
  readonly source: string
  readonly eventTimeMs: number
  /** When the feed took it (the clock of the feed). */
  readonly receivedTimeMs: number
  readonly bid: number | null
  readonly ask: number | null
  readonly mid: number | null
  readonly bidSize: number | null
  readonly askSize: number | null
  /** Of the trade. */
  readonly price: number | null
  readonly size: number | null
  /** What bars and day ranges of this instrument are made of, by its reference data at this tick. */
  readonly basis: PriceBasis
  readonly flags: readonly QualityFlag[]
}

export interface Ohlc {
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

/** A bar whose window, or its grace, has not ended. */
export interface OpenBar {
  readonly intervalMs: number
  readonly windowStartMs: number
  readonly basis: PriceBasis
  /** Of the tick that close is from. */
  readonly source: string
  readonly openTimeMs: number
  readonly closeTimeMs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly weight: number
  /** Sum of price times weight. */
  readonly weightedPrice: number
  readonly ticks: number
}

/** State of an instrument's bars, all intervals together. */
export interface OpenBars {
  readonly newestEventTimeMs: number
  /** Bars closed so far. */
  readonly sequence: number
  /** Ticks that came after the grace of one of their windows, so far; counted once each. */
  readonly lateTicks: number
  readonly bars: readonly OpenBar[]
}

export type PriceBasis = 'MID' | 'TRADE'

export type QualityFlag = 'UNKNOWN' | 'INDICATIVE' | 'SUSPICIOUS' | 'LATE' | 'CROSSED' | 'ONE_SIDED'

export type SnapshotCause = 'QUOTE' | 'TRADE' | 'DEPTH'

/** State of an instrument's snapshot; the book's levels are in a store of their own. */
export interface SnapshotState {
  readonly sequence: number
  readonly newestQuoteMs: number
  readonly newestTradeMs: number
  readonly bid: number | null
  readonly ask: number | null
  readonly bidSize: number | null
  readonly askSize: number | null
  readonly lastPrice: number | null
  readonly lastSize: number | null
  readonly dayStartMs: number
  /** Event time of the tick that dayOpen is from; 0 without one. */
  readonly dayOpenTimeMs: number
  readonly dayOpen: number | null
  readonly dayHigh: number | null
  readonly dayLow: number | null
  readonly dayVolume: number
  readonly dayTicks: number
  /** Last update that was applied to the book; 0 without one. */
  readonly bookUpdateId: number
  /** The book began with a full snapshot; until then it holds what updates said. */
  readonly bookComplete: boolean
}

export type TickKind = 'QUOTE' | 'TRADE'

export interface NotificationRaised {
  readonly notificationId: string
  /** user:<id> or role:<ROLE> */
  readonly audience: string
  readonly kind: string
  /** INFO, WARNING or CRITICAL */
  readonly severity: string
  readonly title: string
  readonly text: string
  readonly entityType: string
  readonly entityId: string
  readonly raisedAtMs: number
}

/** State of the alerts: when a breach of one rule by one subject was last told, and how often it came since. */
export interface ToldBreach {
  readonly toldAtMs: number
  readonly untold: number
}

/** State of the alerts: what notices about an open RFQ need and its later events do not carry. */
export interface WatchedRfq {
  readonly userId: string
  /** Side, size and instrument, as titles say it. */
  readonly what: string
  /** The first quote was told. */
  readonly quoted: boolean
}

/** One task in one process: how far it is. */
export interface TaskReport {
  /** Sub-topology and partition. */
  readonly taskId: string
  readonly role: TaskRole
  readonly state: string
  readonly thread: string
  /** Records taken by each node since the task began. */
  readonly nodes: Readonly<Record<string, number>>
  readonly inputs: readonly TaskInputReport[]
  readonly stores: readonly TaskStoreReport[]
}

export interface TaskInputReport {
  readonly topic: string
  readonly partition: number
  readonly position: number | null
  readonly lag: number | null
}

export type TaskRole = 'ACTIVE' | 'STANDBY'

export interface TaskStoreReport {
  readonly store: string
  /** Estimated, of keys and values. */
  readonly bytes: number
  /** Null once it is restored. */
  readonly restore: RestoreReport | null
}

export interface RestoreReport {
  readonly restored: number
  readonly total: number
  readonly recordsPerSecond: number | null
  readonly secondsLeft: number | null
}

/** What one process runs of one topology. The next report of the process replaces it, a tombstone says that it has closed. */
export interface TopologyReported {
  readonly topology: string
  readonly applicationId: string
  /** Of the data directory: the same after a restart. */
  readonly processId: string
  readonly host: string
  readonly pid: number
  /** Of the program. */
  readonly version: string
  /** Digest of the topology's graph: equal digests, equal graphs. */
  readonly graph: string
  readonly state: string
  /** Why it is in ERROR. */
  readonly error: string | null
  /** Tasks of either role that are not listed, for the size of the record. */
  readonly tasksLeftOut: number
  readonly taskList: readonly TaskReport[]
  readonly globalStores: readonly GlobalStoreReport[]
}

export interface GlobalStoreReport {
  readonly store: string
  readonly topic: string
  readonly bytes: number
}

/** That an attempt is due; its key is the time, then the settlement's key. */
export interface AttemptTimer {
  /** Key of the settlement. */
  readonly settlement: string
}

/** State of a settlement: what its attempts and their events are made of. Gone once it is settled, kept when it failed. */
export interface OpenSettlement {
  readonly tenantId: string
  readonly correlationId: string
  /** Causes the next one. */
  readonly lastEventId: string
  /** Settlement events so far. */
  readonly sequence: number
  readonly tradeId: string
  readonly rfqId: string
  readonly instrumentId: string
  readonly requester: Requester
  readonly state: SettlementState
  /** Attempts made so far. */
  readonly attempt: number
  readonly settlementDate: string
  readonly quantity: Decimal
  readonly amount: Decimal
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  /** Of the next attempt; of the last one when it failed. */
  readonly attemptAtMs: number
  readonly failureProbability: number
  readonly attemptsMax: number
  readonly seed: number
  readonly retryDelaysMs: readonly number[]
}

export interface SettlementCompleted {
  readonly tradeId: string
  readonly rfqId: string
  readonly instrumentId: string
  readonly requester: Requester
  readonly state: SettlementState
  /** Attempts made so far. */
  readonly attempt: number
  readonly settlementDate: string
  readonly quantity: Decimal
  /** In currency, to be paid by the buyer. */
  readonly amount: Decimal
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  readonly settledAtMs: number
}

/** No attempt is left: a break for operations to resolve. */
export interface SettlementFailed {
  readonly tradeId: string
  readonly rfqId: string
  readonly instrumentId: string
  readonly requester: Requester
  readonly state: SettlementState
  /** Attempts made so far. */
  readonly attempt: number
  readonly settlementDate: string
  readonly quantity: Decimal
  /** In currency, to be paid by the buyer. */
  readonly amount: Decimal
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  readonly reason: string
  readonly failedAtMs: number
}

export interface SettlementRequested {
  readonly tradeId: string
  readonly rfqId: string
  readonly instrumentId: string
  readonly requester: Requester
  readonly state: SettlementState
  /** Attempts made so far. */
  readonly attempt: number
  readonly settlementDate: string
  readonly quantity: Decimal
  /** In currency, to be paid by the buyer. */
  readonly amount: Decimal
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  /** Of the first attempt. */
  readonly attemptAtMs: number
  readonly failureProbability: number
  readonly attemptsMax: number
  /** Failures follow from seed, trade and attempt. */
  readonly seed: number
  /** Between a failed attempt and the next, by the number of the failure; the last one for all further ones. */
  readonly retryDelaysMs: readonly number[]
}

export interface SettlementRetrying {
  readonly tradeId: string
  readonly rfqId: string
  readonly instrumentId: string
  readonly requester: Requester
  readonly state: SettlementState
  /** Attempts made so far. */
  readonly attempt: number
  readonly settlementDate: string
  readonly quantity: Decimal
  /** In currency, to be paid by the buyer. */
  readonly amount: Decimal
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  readonly reason: string
  /** Of the next one. */
  readonly attemptAtMs: number
}

export type SettlementState = 'PENDING' | 'RETRYING' | 'SETTLED' | 'FAILED'

/** All that a confirmation says. */
export interface TradeConfirmed {
  readonly confirmationId: string
  readonly tradeId: string
  readonly rfqId: string
  readonly quoteId: string
  readonly instrumentId: string
  readonly instrumentName: string
  readonly assetClass: AssetClass
  readonly side: Side
  readonly quantity: Decimal
  readonly price: Decimal
  readonly notional: Decimal
  readonly currency: string
  readonly buyer: string
  readonly seller: string
  readonly lpId: string
  readonly venueId: string
  readonly requester: Requester
  readonly executedAtMs: number
  readonly tradeDate: string
  /** ISO 8601 date. */
  readonly settlementDate: string
  /** T+0, T+1, T+2 */
  readonly settlementCycle: string
  readonly calendar: string
  readonly confirmedAtMs: number
}

export interface AcceptQuote {
  readonly rfqId: string
  readonly quoteId: string
  readonly version: number
  readonly requester: Requester
  readonly requestDigest: string
}

/** What admission and routing made of a CreateRFQ; internal to the topology rfq. command id, tenant and correlation are the cause of what follows. */
export interface Admission {
  /** Event id of the CreateRFQ. */
  readonly commandId: string
  readonly tenantId: string
  readonly correlationId: string
  /** Of the command, by the gateway's clock. */
  readonly commandTimeMs: number
  readonly decidedAtMs: number
  readonly command: CreateRFQ
  /** Every rule passed and at least one liquidity provider is eligible. */
  readonly passed: boolean
  /** Code: the rule that binds, or NO_LP_ELIGIBLE; empty when it passed. */
  readonly reason: string
  readonly text: string
  readonly decisions: readonly RiskDecision[]
  /** By lpId; empty when a rule refused. */
  readonly routes: readonly LpRoute[]
  /** As asked for, else the instrument's own; empty when both are unknown. */
  readonly venueId: string
  /** At the mark, in the instrument's currency. */
  readonly notional: Decimal | null
  readonly mark: Mark | null
  /** As it was then; null: unknown. */
  readonly instrument: InstrumentUpdated | null
}

export interface CancelRFQ {
  readonly rfqId: string
  readonly requester: Requester
  readonly requestDigest: string
}

/** State of the lifecycle: what a command came to, for when it comes again. */
export interface CommandOutcome {
  readonly commandId: string
  readonly requestDigest: string
  /** Of the event that answered it. */
  readonly eventId: string
  readonly eventType: string
  /** Empty when it succeeded. */
  readonly reason: string
}

export interface CreateRFQ {
  readonly rfqId: string
  readonly instrumentId: string
  readonly side: Side
  readonly size: Decimal
  readonly minSize: Decimal | null
  readonly partialAllowed: boolean
  readonly venueId: string | null
  readonly expiryTimeMs: number
  readonly requester: Requester
  /** Of the body: one idempotency key stands for one request. */
  readonly requestDigest: string
}

/** State of the lifecycle: an acceptance that the liquidity provider may still refuse. */
export interface HeldAcceptance {
  readonly commandId: string
  /** As of the acceptance. */
  readonly quote: RankedQuote
  readonly decisionTimeMs: number
  readonly untilMs: number
  readonly maxDriftBps: number
  readonly decision: Mark | null
}

/** State of the lifecycle: a quote that was valid when it came. */
export interface KeptQuote {
  readonly quote: QuoteReceived
  /** Of the quote's event. */
  readonly eventId: string
  readonly receivedAtMs: number
  /** OPEN, EXPIRED, or REJECTED by last look */
  readonly status: string
}

/** State of the lifecycle: one RFQ, from its admission until it is forgotten. */
export interface KeptRfq {
  readonly state: RfqState
  /** Changes of state so far. */
  readonly version: number
  /** Events so far. */
  readonly sequence: number
  /** Of the CreateRFQ. */
  readonly commandId: string
  readonly correlationId: string
  readonly request: CreateRFQ
  readonly assetClass: AssetClass
  readonly currency: string
  readonly createdAtMs: number
  readonly sentAtMs: number
  /** lpIds */
  readonly invited: readonly string[]
  /** In the order in which they came; emptied once it is over. */
  readonly quotes: readonly KeptQuote[]
  readonly held: HeldAcceptance | null
  readonly accepted: QuoteAccepted | null
  readonly lastLookRejectedLpIds: readonly string[]
  readonly outcomes: readonly CommandOutcome[]
  /** Set once it is over. */
  readonly forgetAtMs: number | null
}

/** The liquidity provider may still refuse until then. */
export interface LastLookStarted {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly quoteId: string
  readonly lpId: string
  readonly untilMs: number
  readonly decision: Mark | null
}

/** Why a liquidity provider was asked, or was not. */
export interface LpRoute {
  readonly lpId: string
  readonly eligible: boolean
  readonly reason: string
}

/** Last look: back to quoting while time is left. */
export interface QuoteAcceptanceRejected {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly quoteId: string
  readonly lpId: string
  /** Code. */
  readonly reason: string
  readonly text: string
  readonly driftBps: number | null
}

/** Binding: execution makes the trade. */
export interface QuoteAccepted {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly quote: RankedQuote
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly currency: string
  readonly side: Side
  readonly quantity: Decimal
  readonly venueId: string | null
  readonly requester: Requester
  readonly createdAtMs: number
  /** When the accept was taken. */
  readonly decisionTimeMs: number
  /** After last look. */
  readonly acceptedAtMs: number
  readonly decision: Mark | null
}

/** What a liquidity provider, bot or human, is ready to trade at. */
export interface QuoteReceived {
  readonly quoteId: string
  readonly rfqId: string
  readonly lpId: string
  /** bot, or the user. */
  readonly quotedBy: string
  readonly price: Decimal
  readonly size: Decimal
  readonly expiresAtMs: number
}

/** A quote that does not count, and why. */
export interface QuoteRejected {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly quoteId: string
  readonly lpId: string
  /** Code. */
  readonly reason: string
  readonly text: string
}

/** A quote as of the end of its RFQ. */
export interface QuoteSummary {
  readonly quoteId: string
  readonly lpId: string
  readonly quotedBy: string
  readonly price: Decimal
  readonly size: Decimal
  /** From RFQSent. */
  readonly responseMs: number
  /** Among all that were valid when they came, by price and then time. */
  readonly rank: number
}

/** The quotes that can be accepted now, best first. */
export interface QuotesRanked {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly quotes: readonly RankedQuote[]
  /** QUOTED, QUOTE_EXPIRED or LAST_LOOK */
  readonly cause: string
  /** That came or went. */
  readonly quoteId: string
  readonly mark: Mark | null
}

export interface RFQCancelled {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly cancelledBy: string
  readonly summary: RfqSummary
}

/** A command that changed nothing, and why. */
export interface RFQCommandRefused {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  /** CreateRFQ, AcceptQuote or CancelRFQ */
  readonly command: string
  readonly userId: string
  /** Code. */
  readonly reason: string
  readonly text: string
}

/** A command that was answered before: its first outcome stands. */
export interface RFQCommandRepeated {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly command: string
  readonly outcomeEventId: string
  readonly outcomeEventType: string
  /** Of the first outcome; empty when it succeeded. */
  readonly reason: string
}

export interface RFQCreated {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly currency: string
  readonly side: Side
  readonly size: Decimal
  readonly minSize: Decimal | null
  readonly partialAllowed: boolean
  readonly venueId: string | null
  readonly requester: Requester
  readonly createdAtMs: number
  readonly expiryTimeMs: number
  readonly mark: Mark | null
  readonly decisions: readonly RiskDecision[]
}

export interface RFQExpired {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly summary: RfqSummary
}

/** Nobody was asked: risk refused, or no liquidity provider is eligible. */
export interface RFQRejected {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  /** Code. */
  readonly reason: string
  readonly text: string
  readonly decisions: readonly RiskDecision[]
  readonly routes: readonly LpRoute[]
  readonly summary: RfqSummary
}

/** To whom it went. Liquidity providers read this one. */
export interface RFQSent {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly side: Side
  readonly size: Decimal
  readonly minSize: Decimal | null
  readonly partialAllowed: boolean
  readonly expiryTimeMs: number
  readonly sentAtMs: number
  readonly lpIds: readonly string[]
  readonly routes: readonly LpRoute[]
}

export interface RFQTraded {
  readonly rfqId: string
  /** Counts changes of state, from 1: what an accept names. */
  readonly version: number
  /** After this event. */
  readonly state: RfqState
  /** Event id of the command that this answers. */
  readonly commandId: string | null
  readonly tradeId: string
  readonly quote: RankedQuote
  readonly currency: string
  readonly quantity: Decimal
  readonly price: Decimal
  readonly venueId: string | null
  readonly decisionTimeMs: number
  readonly executionTimeMs: number
  readonly decision: Mark | null
  readonly execution: Mark | null
  readonly summary: RfqSummary
}

export interface RankedQuote {
  readonly quoteId: string
  readonly lpId: string
  /** bot, or the user. */
  readonly quotedBy: string
  readonly price: Decimal
  readonly size: Decimal
  readonly expiresAtMs: number
  readonly receivedAtMs: number
  /** 1 is the best price; among equals the earliest. */
  readonly rank: number
  /** Distance to the mid in the direction that costs the requester, 1e4 x s x (price - mid) / mid. */
  readonly spreadBps: number | null
  /** Distance to the touch (ask of a buyer, bid of a seller); negative is better than the touch. */
  readonly impactBps: number | null
}

/** Of a subject in a sliding window, or in one millisecond of it. */
export interface RateCount {
  readonly count: number
}

/** Who asks, as the gateway verified it. */
export interface Requester {
  readonly userId: string
  /** Empty: none. */
  readonly desk: string
  readonly roles: readonly string[]
  readonly assetClasses: readonly string[]
}

/** State of the lifecycle, ordered by time: the next moment at which an RFQ changes by itself. */
export interface RfqDeadline {
  readonly rfqKey: string
}

export type RfqState = 'CREATED' | 'SENT' | 'QUOTING' | 'ACCEPTED' | 'REJECTED' | 'EXPIRED' | 'CANCELLED' | 'TRADED'

/** What came of an RFQ, on each event that ends it. */
export interface RfqSummary {
  readonly instrumentId: string
  readonly assetClass: AssetClass
  readonly side: Side
  readonly size: Decimal
  readonly requester: Requester
  readonly createdAtMs: number
  readonly closedAtMs: number
  /** lpIds */
  readonly invited: readonly string[]
  readonly quotes: readonly QuoteSummary[]
  readonly winnerLpId: string | null
  /** Once for each rejection. */
  readonly lastLookRejectedLpIds: readonly string[]
}

/** Of the requester. */
export type Side = 'BUY' | 'SELL'

export interface KillSwitchDisabled {
  /** TENANT or GLOBAL */
  readonly scope: string
  readonly reason: string
  readonly changedBy: string
  readonly changedAtMs: number
}

/** No new RFQ or order from the next record on. */
export interface KillSwitchEnabled {
  /** TENANT or GLOBAL */
  readonly scope: string
  readonly reason: string
  readonly changedBy: string
  readonly changedAtMs: number
}

/** One rule applied: what was compared and what came out. */
export interface RiskDecision {
  readonly rule: string
  readonly passed: boolean
  /** As text, with its unit. */
  readonly figure: string
  /** As text, with its unit; empty where the rule has none. */
  readonly limit: string
  readonly reason: string
}

export interface RiskLimitBreached {
  readonly rule: string
  /** TENANT, DESK, USER, INSTRUMENT */
  readonly scope: string
  readonly subject: string
  readonly figure: string
  readonly limit: string
  readonly reason: string
  readonly userId: string
  readonly instrumentId: string | null
  readonly rfqId: string | null
  readonly breachedAtMs: number
}
