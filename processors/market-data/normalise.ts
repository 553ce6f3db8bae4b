import type {
  AssetClass,
  BarClosed,
  FeedDepth,
  FeedHeartbeat,
  FeedQuote,
  FeedTrade,
  InstrumentUpdated,
  LastTick,
  MarketDepthReceived,
  MarketHeartbeatReceived,
  MarketTickReceived,
  QualityFlag,
  RawEnvelope,
} from '#avro'
import type { DeadLetterCause } from '#streams'
import { barOfFeed } from './feed-bar.ts'
import { refuseLevels, refusePrice, refuseSize, refuseTime } from './price-rules.ts'
import { refusal } from './refusals.ts'

/** The reference data that decides how a message is judged. */
export type Reference = Pick<
  InstrumentUpdated,
  'instrumentId' | 'assetClass' | 'priceBasis' | 'enabled'
>

/** Exactly one of these comes of every feed message. */
export type Normalised =
  | Accepted<'MarketTickReceived', MarketTickReceived>
  | Accepted<'MarketDepthReceived', MarketDepthReceived>
  | Accepted<'MarketHeartbeatReceived', MarketHeartbeatReceived>
  | Accepted<'BarClosed', BarClosed>
  | { readonly eventType: 'refused'; readonly cause: DeadLetterCause }

interface Accepted<T extends string, P> {
  readonly eventType: T
  readonly payload: P
  readonly eventTimeMs: number
  readonly sequence: number
  readonly last: LastTick
}

export interface FeedMessage {
  readonly event: RawEnvelope
  /** When the feed took it, by its own clock. */
  readonly receivedTimeMs: number
}

/** Of an instrument that has sent nothing yet. */
export const NO_TICK: LastTick = {
  newestEventTimeMs: 0,
  bid: null,
  ask: null,
  bidSize: null,
  askSize: null,
  tickSequence: 0,
  barSequence: 0,
}

/**
 * Judges one feed message by the instrument's reference data and its last tick. Late: older than the newest message of the same
 * instrument. A side that is missing (null or 0) is the last known one. What is late replaces nothing that is newer.
 */
export function normalise(
  last: LastTick,
  message: FeedMessage,
  instrument: Reference | undefined,
): Normalised {
  const { event } = message
  if (event.eventType === 'FeedUnreadable') {
    const { source, place, cause } = event.payload
    return refused(refusal('MARKET_DATA_UNREADABLE', `${cause} (${source}, ${place})`))
  }
  if (instrument === undefined) {
    const what = `there is no instrument "${event.payload.instrumentId}"`
    return refused(refusal('MARKET_DATA_UNKNOWN_INSTRUMENT', what))
  }
  if (!instrument.enabled) {
    const what = `${instrument.instrumentId} is disabled`
    return refused(refusal('MARKET_DATA_INSTRUMENT_DISABLED', what))
  }
  const eventTimeMs = eventTimeOf(event)
  const badTime = refuseTime(eventTimeMs, message.receivedTimeMs)
  if (badTime !== undefined) return refused(badTime)
  switch (event.eventType) {
    case 'FeedQuote':
      return quote(last, event.payload, message.receivedTimeMs, instrument)
    case 'FeedTrade':
      return trade(last, event.payload, message.receivedTimeMs, instrument)
    case 'FeedDepth':
      return depth(last, event.payload, message.receivedTimeMs, instrument)
    case 'FeedHeartbeat':
      return heartbeat(last, event.payload)
    case 'FeedBar': {
      const bar = barOfFeed(event.payload, instrument)
      if ('code' in bar) return refused(bar)
      const sequence = last.barSequence + 1
      const next = { ...last, barSequence: sequence }
      return { eventType: 'BarClosed', payload: bar, eventTimeMs, sequence, last: next }
    }
  }
}

/** Of the event by its own clock; a bar happened when its window ended. */
function eventTimeOf(event: Exclude<RawEnvelope, { eventType: 'FeedUnreadable' }>): number {
  if (event.eventType !== 'FeedBar') return event.payload.eventTimeMs
  return event.payload.windowStartMs + event.payload.intervalMs
}

function quote(
  last: LastTick,
  feed: FeedQuote,
  receivedTimeMs: number,
  instrument: Reference,
): Normalised {
  const { eventTimeMs } = feed
  const ownBid = presentSide(feed.bid)
  const ownAsk = presentSide(feed.ask)
  if (ownBid === null && ownAsk === null) {
    return refused(refusal('MARKET_DATA_EMPTY', 'the quote has neither bid nor ask'))
  }
  const bad = refuseQuote(instrument.assetClass, ownBid, ownAsk, feed)
  if (bad !== undefined) return refused(bad)

  const late = eventTimeMs < last.newestEventTimeMs
  const bid = ownBid ?? last.bid
  const ask = ownAsk ?? last.ask
  const bidSize = ownBid === null ? last.bidSize : feed.bidSize
  const askSize = ownAsk === null ? last.askSize : feed.askSize
  const flags: QualityFlag[] = []
  if (feed.indicative) flags.push('INDICATIVE')
  if (feed.suspicious) flags.push('SUSPICIOUS')
  if (late) flags.push('LATE')
  if (bid !== null && ask !== null && bid > ask) flags.push('CROSSED')
  if (ownBid === null || ownAsk === null) flags.push('ONE_SIDED')

  const sequence = last.tickSequence + 1
  const payload: MarketTickReceived = {
    instrumentId: feed.instrumentId,
    kind: 'QUOTE',
    source: feed.source,
    eventTimeMs,
    receivedTimeMs,
    bid,
    ask,
    mid: midOf(bid, ask),
    bidSize,
    askSize,
    price: null,
    size: null,
    basis: instrument.priceBasis,
    flags: flags.length === 0 ? NO_FLAGS : flags,
  }
  const next: LastTick = late
    ? { ...last, tickSequence: sequence }
    : {
        newestEventTimeMs: eventTimeMs,
        bid,
        ask,
        bidSize,
        askSize,
        tickSequence: sequence,
        barSequence: last.barSequence,
      }
  return { eventType: 'MarketTickReceived', payload, eventTimeMs, sequence, last: next }
}

function refuseQuote(
  assetClass: AssetClass,
  bid: number | null,
  ask: number | null,
  feed: FeedQuote,
): DeadLetterCause | undefined {
  return (
    (bid === null ? undefined : refusePrice(assetClass, 'bid', bid)) ??
    (ask === null ? undefined : refusePrice(assetClass, 'ask', ask)) ??
    refuseSize('bid size', feed.bidSize) ??
    refuseSize('ask size', feed.askSize)
  )
}

function trade(
  last: LastTick,
  feed: FeedTrade,
  receivedTimeMs: number,
  instrument: Reference,
): Normalised {
  const { eventTimeMs, price, size } = feed
  const bad = refusePrice(instrument.assetClass, 'price', price) ?? refuseSize('size', size)
  if (bad !== undefined) return refused(bad)
  const late = eventTimeMs < last.newestEventTimeMs
  const flags: QualityFlag[] = []
  if (feed.suspicious) flags.push('SUSPICIOUS')
  if (late) flags.push('LATE')
  const payload: MarketTickReceived = {
    instrumentId: feed.instrumentId,
    kind: 'TRADE',
    source: feed.source,
    eventTimeMs,
    receivedTimeMs,
    bid: last.bid,
    ask: last.ask,
    mid: midOf(last.bid, last.ask),
    bidSize: last.bidSize,
    askSize: last.askSize,
    price,
    size,
    basis: instrument.priceBasis,
    flags: flags.length === 0 ? NO_FLAGS : flags,
  }
  const next = movedOn(last, eventTimeMs)
  const sequence = next.tickSequence
  return { eventType: 'MarketTickReceived', payload, eventTimeMs, sequence, last: next }
}

function depth(
  last: LastTick,
  feed: FeedDepth,
  receivedTimeMs: number,
  instrument: Reference,
): Normalised {
  const { eventTimeMs, firstUpdateId, lastUpdateId } = feed
  if (
    !Number.isSafeInteger(firstUpdateId) ||
    !Number.isSafeInteger(lastUpdateId) ||
    lastUpdateId < firstUpdateId
  ) {
    const what = `update ids ${String(firstUpdateId)} to ${String(lastUpdateId)}`
    return refused(refusal('MARKET_DATA_BAD_DEPTH', what))
  }
  const bad =
    refuseLevels(instrument.assetClass, 'bid', feed.bids) ??
    refuseLevels(instrument.assetClass, 'ask', feed.asks)
  if (bad !== undefined) return refused(bad)
  const payload: MarketDepthReceived = {
    instrumentId: feed.instrumentId,
    source: feed.source,
    eventTimeMs,
    receivedTimeMs,
    snapshot: feed.snapshot,
    firstUpdateId,
    lastUpdateId,
    bids: feed.bids,
    asks: feed.asks,
    flags: eventTimeMs < last.newestEventTimeMs ? ONLY_LATE : NO_FLAGS,
  }
  const next = movedOn(last, eventTimeMs)
  const sequence = next.tickSequence
  return { eventType: 'MarketDepthReceived', payload, eventTimeMs, sequence, last: next }
}

function heartbeat(last: LastTick, feed: FeedHeartbeat): Normalised {
  const { instrumentId, source, eventTimeMs } = feed
  const payload: MarketHeartbeatReceived = { instrumentId, source, eventTimeMs }
  const next = movedOn(last, eventTimeMs)
  const sequence = next.tickSequence
  return { eventType: 'MarketHeartbeatReceived', payload, eventTimeMs, sequence, last: next }
}

/** After an event of the ticks stream that changes no quote. */
function movedOn(last: LastTick, eventTimeMs: number): LastTick {
  const newestEventTimeMs = Math.max(last.newestEventTimeMs, eventTimeMs)
  return { ...last, newestEventTimeMs, tickSequence: last.tickSequence + 1 }
}

/** Sources write 0 for a side that they do not quote. */
function presentSide(price: number | null): number | null {
  return price === 0 ? null : price
}

function midOf(bid: number | null, ask: number | null): number | null {
  return bid === null || ask === null ? null : (bid + ask) / 2
}

function refused(cause: DeadLetterCause): Normalised {
  return { eventType: 'refused', cause }
}

const NO_FLAGS: readonly QualityFlag[] = []
const ONLY_LATE: readonly QualityFlag[] = ['LATE']
