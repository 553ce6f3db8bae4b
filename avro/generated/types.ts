// Generated from avro/schemas by scripts/generate-avro.ts. Do not edit.

import type { Decimal } from 'decimal.js'

export interface Entity {
  readonly entityType: string
  readonly entityId: string
  /** Counts the events of this entity on this stream, from 1. */
  readonly sequence: number
}

export type AssetClass = 'UNKNOWN' | 'FX' | 'RATES' | 'CREDIT' | 'EQUITY' | 'CRYPTO' | 'COMMODITY'

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
