import type { RawEvent } from './raw-event.ts'

/** Reference data of an instrument as the feed knows it; published on admin.instruments before the first message. */
export interface FeedInstrument {
  readonly instrumentId: string
  readonly symbol: string
  readonly venue: string
  readonly name: string
  readonly assetClass: 'FX' | 'RATES' | 'CREDIT' | 'EQUITY' | 'CRYPTO' | 'COMMODITY'
  readonly currency: string
  /** Decimal text. */
  readonly tickSize: string
  /** Decimal text. */
  readonly lotSize: string
  readonly priceDecimals: number
  readonly priceBasis: 'MID' | 'TRADE'
  readonly staleAfterMs: number
  readonly tenor: string | null
  readonly tradingHours: string
}

/** One message of a feed, in feed order. `sequence` counts the instrument's messages from 1 and never depends on time or speed. */
export interface FeedMessage {
  /** Instrument, or the source for a row that could not be read. */
  readonly entityId: string
  readonly sequence: number
  readonly eventTimeMs: number
  /** When the feed took it: a recorded receive time, else the event time. */
  readonly receivedTimeMs: number
  readonly event: RawEvent
}

/**
 * Where market data enter. A source is a repeatable sequence: the same source gives the same messages in the same order, so that a
 * restarted feed goes on exactly after the last message that was written.
 */
export interface FeedSource {
  /** Names the sequence (seed and parameters, or files): two sources with the same id give the same messages. */
  readonly feedId: string
  readonly instruments: readonly FeedInstrument[]
  /** All messages in order. Endless for a live simulation. */
  messages(): Iterable<FeedMessage>
  /** What the source took and refused so far, for the log and the summary. */
  progress(): FeedProgress
}

export interface FeedProgress {
  /** Rows of the source read so far (each gives exactly one message). */
  readonly rows: number
  /** All rows, where known. */
  readonly rowsTotal: number | undefined
  /** Input that holds no market data in a known format, each with its reason. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
}
