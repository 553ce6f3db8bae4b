import type { AssetClass } from './session.ts'

export type Quality =
  | 'GOOD'
  | 'UNKNOWN'
  | 'INDICATIVE'
  | 'SUSPICIOUS'
  | 'LATE'
  | 'CROSSED'
  | 'ONE_SIDED'

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
