import type { AssetClass, BarClosed, FeedBar, Ohlc } from '#avro'
import type { DeadLetterCause } from '#streams'
import type { Reference } from './normalise.ts'
import { refuseOhlc, refuseSize } from './price-rules.ts'
import { refusal } from './refusals.ts'

/**
 * A bar as its source made it. Of trades: their prices and volume. Of quotes: the mean of bid and ask, or the one side there is; both
 * are kept. A side whose prices are all 0 is missing.
 */
export function barOfFeed(feed: FeedBar, instrument: Reference): BarClosed | DeadLetterCause {
  if (!Number.isSafeInteger(feed.intervalMs) || feed.intervalMs <= 0) {
    return refusal('MARKET_DATA_BAD_BAR', `its interval is ${String(feed.intervalMs)} ms`)
  }
  const trade = presentOhlc(feed.trade)
  const bid = presentOhlc(feed.bid)
  const ask = presentOhlc(feed.ask)
  const prices = trade ?? meanOf(bid, ask)
  if (prices === null) return refusal('MARKET_DATA_EMPTY', 'the bar has no prices')
  const bad = refuseBar(instrument.assetClass, trade, bid, ask, feed)
  if (bad !== undefined) return bad
  return {
    instrumentId: feed.instrumentId,
    intervalMs: feed.intervalMs,
    windowStartMs: feed.windowStartMs,
    origin: 'FEED',
    basis: trade === null ? 'MID' : 'TRADE',
    source: feed.source,
    open: prices.open,
    high: prices.high,
    low: prices.low,
    close: prices.close,
    volume: trade === null ? (feed.bidSize ?? 0) + (feed.askSize ?? 0) : (feed.volume ?? 0),
    vwap: null,
    ticks: 0,
    bid,
    ask,
  }
}

function refuseBar(
  assetClass: AssetClass,
  trade: Ohlc | null,
  bid: Ohlc | null,
  ask: Ohlc | null,
  feed: FeedBar,
): DeadLetterCause | undefined {
  return (
    (trade === null ? undefined : refuseOhlc(assetClass, 'trade', trade)) ??
    (bid === null ? undefined : refuseOhlc(assetClass, 'bid', bid)) ??
    (ask === null ? undefined : refuseOhlc(assetClass, 'ask', ask)) ??
    refuseSize('volume', feed.volume) ??
    refuseSize('bid size', feed.bidSize) ??
    refuseSize('ask size', feed.askSize)
  )
}

function presentOhlc(ohlc: Ohlc | null): Ohlc | null {
  if (ohlc === null) return null
  const missing = ohlc.open === 0 && ohlc.high === 0 && ohlc.low === 0 && ohlc.close === 0
  return missing ? null : ohlc
}

function meanOf(bid: Ohlc | null, ask: Ohlc | null): Ohlc | null {
  if (bid === null || ask === null) return bid ?? ask
  return {
    open: (bid.open + ask.open) / 2,
    high: (bid.high + ask.high) / 2,
    low: (bid.low + ask.low) / 2,
    close: (bid.close + ask.close) / 2,
  }
}
