import type {
  Level,
  MarketDepthReceived,
  MarketSnapshotUpdated,
  MarketTickReceived,
  QualityFlag,
  SnapshotState,
} from '#avro'

/** Of an instrument that has no snapshot yet. */
export const NO_SNAPSHOT: SnapshotState = {
  sequence: 0,
  newestQuoteMs: 0,
  newestTradeMs: 0,
  bid: null,
  ask: null,
  bidSize: null,
  askSize: null,
  lastPrice: null,
  lastSize: null,
  dayStartMs: 0,
  dayOpenTimeMs: 0,
  dayOpen: null,
  dayHigh: null,
  dayLow: null,
  dayVolume: 0,
  dayTicks: 0,
  bookUpdateId: 0,
  bookComplete: false,
}

/**
 * The state after a tick. An older quote does not replace a newer one, nor an older trade the last price; a crossed quote is shown, with
 * its flag. Ticks of a day before the current one change no figure of the day.
 */
export function afterTick(state: SnapshotState, tick: MarketTickReceived): SnapshotState {
  const isNewQuote = tick.kind === 'QUOTE' && tick.eventTimeMs >= state.newestQuoteMs
  const isNewTrade = tick.kind === 'TRADE' && tick.eventTimeMs >= state.newestTradeMs
  const day = afterTickOfDay(state, tick)
  return {
    sequence: state.sequence + 1,
    newestQuoteMs: isNewQuote ? tick.eventTimeMs : state.newestQuoteMs,
    newestTradeMs: isNewTrade ? tick.eventTimeMs : state.newestTradeMs,
    bid: isNewQuote ? tick.bid : state.bid,
    ask: isNewQuote ? tick.ask : state.ask,
    bidSize: isNewQuote ? tick.bidSize : state.bidSize,
    askSize: isNewQuote ? tick.askSize : state.askSize,
    lastPrice: isNewTrade ? tick.price : state.lastPrice,
    lastSize: isNewTrade ? tick.size : state.lastSize,
    dayStartMs: day.dayStartMs,
    dayOpenTimeMs: day.dayOpenTimeMs,
    dayOpen: day.dayOpen,
    dayHigh: day.dayHigh,
    dayLow: day.dayLow,
    dayVolume: day.dayVolume,
    dayTicks: day.dayTicks,
    bookUpdateId: state.bookUpdateId,
    bookComplete: state.bookComplete,
  }
}

type Day = Pick<
  SnapshotState,
  'dayStartMs' | 'dayOpenTimeMs' | 'dayOpen' | 'dayHigh' | 'dayLow' | 'dayVolume' | 'dayTicks'
>

/** Figures of the UTC day of event time. All ticks count; prices of the instrument's basis that are sound make open, high and low. */
function afterTickOfDay(state: Day, tick: MarketTickReceived): Day {
  const dayStartMs = dayStartOf(tick.eventTimeMs)
  if (dayStartMs < state.dayStartMs) return state
  const day = dayStartMs > state.dayStartMs ? { ...NO_SNAPSHOT, dayStartMs } : state
  const price = soundPriceOf(tick)
  const isOpen = price !== null && (day.dayOpen === null || tick.eventTimeMs < day.dayOpenTimeMs)
  return {
    dayStartMs,
    dayOpenTimeMs: isOpen ? tick.eventTimeMs : day.dayOpenTimeMs,
    dayOpen: isOpen ? price : day.dayOpen,
    dayHigh: higherOf(day.dayHigh, price),
    dayLow: lowerOf(day.dayLow, price),
    dayVolume: day.dayVolume + (tick.kind === 'TRADE' ? (tick.size ?? 0) : 0),
    dayTicks: day.dayTicks + 1,
  }
}

/**
 * The price that bars and day ranges take from a tick: mid or trade by the instrument's basis; none where the tick is crossed or
 * suspicious.
 */
export function soundPriceOf(tick: MarketTickReceived): number | null {
  if (
    tick.flags.length > 0 &&
    (tick.flags.includes('CROSSED') || tick.flags.includes('SUSPICIOUS'))
  ) {
    return null
  }
  if (tick.basis === 'TRADE') return tick.kind === 'TRADE' ? tick.price : null
  return tick.kind === 'QUOTE' ? tick.mid : null
}

const DAY_MS = 86_400_000

function dayStartOf(eventTimeMs: number): number {
  return eventTimeMs - (eventTimeMs % DAY_MS)
}

/** The state after a depth message; the day changes with ticks only. */
export function afterDepth(state: SnapshotState, book: BookPosition): SnapshotState {
  const { updateId: bookUpdateId, complete: bookComplete } = book
  return { ...state, sequence: state.sequence + 1, bookUpdateId, bookComplete }
}

interface BookPosition {
  readonly updateId: number
  readonly complete: boolean
}

export interface TopOfBook {
  /** Best first, at most ten a side. */
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/** What is published. An instrument that is never quoted shows the best of its book. */
export function snapshotOf(
  state: SnapshotState,
  cause: MarketTickReceived | MarketDepthReceived,
  book: TopOfBook,
): MarketSnapshotUpdated {
  const quoted = state.newestQuoteMs > 0
  const bestBid = quoted ? undefined : book.bids[0]
  const bestAsk = quoted ? undefined : book.asks[0]
  const bid = bestBid?.price ?? state.bid
  const ask = bestAsk?.price ?? state.ask
  return {
    instrumentId: cause.instrumentId,
    cause: 'kind' in cause ? cause.kind : 'DEPTH',
    source: cause.source,
    sequence: state.sequence,
    eventTimeMs: cause.eventTimeMs,
    receivedTimeMs: cause.receivedTimeMs,
    bid,
    ask,
    mid: bid === null || ask === null ? null : (bid + ask) / 2,
    bidSize: bestBid?.size ?? state.bidSize,
    askSize: bestAsk?.size ?? state.askSize,
    lastPrice: state.lastPrice,
    lastSize: state.lastSize,
    dayStartMs: state.dayStartMs === 0 ? dayStartOf(cause.eventTimeMs) : state.dayStartMs,
    dayOpen: state.dayOpen,
    dayHigh: state.dayHigh,
    dayLow: state.dayLow,
    dayVolume: state.dayVolume,
    dayTicks: state.dayTicks,
    bids: book.bids,
    asks: book.asks,
    flags: flagsOf(cause.flags, bid, ask),
  }
}

/** A book may be crossed without its message being flagged. */
function flagsOf(
  flags: readonly QualityFlag[],
  bid: number | null,
  ask: number | null,
): readonly QualityFlag[] {
  if (bid === null || ask === null || bid <= ask || flags.includes('CROSSED')) return flags
  return [...flags, 'CROSSED']
}

function higherOf(high: number | null, price: number | null): number | null {
  if (price === null) return high
  return high === null || price > high ? price : high
}

function lowerOf(low: number | null, price: number | null): number | null {
  if (price === null) return low
  return low === null || price < low ? price : low
}
