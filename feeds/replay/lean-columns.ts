import type { RawEvent } from '../raw-event.ts'

/** What a row of a LEAN data file becomes: its time from midnight, and the event it carries. */
interface LeanRow {
  readonly sinceMidnightMs: number
  readonly event: RawEvent
}

export interface LeanColumns {
  /** Fields a row must have. */
  readonly fields: number
  /** Bars are known at the end of their minute. */
  readonly knownAfterMs: number
  parse(cells: readonly string[], context: LeanContext): LeanRow
}

export interface LeanContext {
  readonly instrumentId: string
  readonly source: string
  readonly midnightMs: number
  /** Equity prices are integers of 1/10,000. */
  readonly scale: number
}

const MINUTE_MS = 60_000

/** Column layouts of LEAN's files, by `<asset class> <resolution> <kind>` (github.com/QuantConnect/Lean, Data folder's readme files). */
export const LEAN_COLUMNS: Readonly<Record<string, LeanColumns>> = {
  'equity tick trade': { fields: 6, knownAfterMs: 0, parse: equityTrade },
  'equity tick quote': { fields: 8, knownAfterMs: 0, parse: equityQuote },
  'forex tick quote': { fields: 3, knownAfterMs: 0, parse: forexQuote },
  'minute trade': { fields: 6, knownAfterMs: MINUTE_MS, parse: tradeBar },
  'minute quote': { fields: 11, knownAfterMs: MINUTE_MS, parse: quoteBar },
}

function number(text: string | undefined): number {
  const value = Number(text)
  if (text === undefined || text.trim() === '' || !Number.isFinite(value))
    throw new RangeError(`"${text ?? ''}" is not a number`)
  return value
}

/** Zero stands for a side that the row does not quote. */
function side(text: string | undefined, scale: number): number | null {
  const value = number(text)
  return value === 0 ? null : value / scale
}

function equityTrade(
  cells: readonly string[],
  { instrumentId, source, midnightMs, scale }: LeanContext,
): LeanRow {
  const [ms, price, size, exchange, condition, suspicious] = cells
  const sinceMidnightMs = number(ms)
  return {
    sinceMidnightMs,
    event: {
      eventType: 'FeedTrade',
      payload: {
        instrumentId,
        source: `${source}:${exchange}`,
        eventTimeMs: midnightMs + sinceMidnightMs,
        price: number(price) / scale,
        size: number(size),
        condition: condition || null,
        suspicious: suspicious === '1',
      },
    },
  }
}

function equityQuote(
  cells: readonly string[],
  { instrumentId, source, midnightMs, scale }: LeanContext,
): LeanRow {
  const [ms, bid, bidSize, ask, askSize, exchange, condition, suspicious] = cells
  const sinceMidnightMs = number(ms)
  return {
    sinceMidnightMs,
    event: {
      eventType: 'FeedQuote',
      payload: {
        instrumentId,
        source: `${source}:${exchange}`,
        eventTimeMs: midnightMs + sinceMidnightMs,
        bid: side(bid, scale),
        ask: side(ask, scale),
        bidSize: side(bidSize, 1),
        askSize: side(askSize, 1),
        condition: condition || null,
        indicative: false,
        suspicious: suspicious === '1',
      },
    },
  }
}

function forexQuote(
  cells: readonly string[],
  { instrumentId, source, midnightMs }: LeanContext,
): LeanRow {
  const [ms, bid, ask] = cells
  const sinceMidnightMs = number(ms)
  return {
    sinceMidnightMs,
    event: {
      eventType: 'FeedQuote',
      payload: {
        instrumentId,
        source,
        eventTimeMs: midnightMs + sinceMidnightMs,
        bid: side(bid, 1),
        ask: side(ask, 1),
        bidSize: null,
        askSize: null,
        condition: null,
        indicative: false,
        suspicious: false,
      },
    },
  }
}

function ohlc(
  cells: readonly string[],
  from: number,
  scale: number,
): { open: number; high: number; low: number; close: number } | null {
  const [open, high, low, close] = [0, 1, 2, 3].map((column) =>
    cells[from + column] === '' ? 0 : number(cells[from + column]) / scale,
  ) as [number, number, number, number]
  return open === 0 && high === 0 && low === 0 && close === 0 ? null : { open, high, low, close }
}

function tradeBar(
  cells: readonly string[],
  { instrumentId, source, midnightMs, scale }: LeanContext,
): LeanRow {
  const sinceMidnightMs = number(cells[0])
  return {
    sinceMidnightMs,
    event: {
      eventType: 'FeedBar',
      payload: {
        instrumentId,
        source,
        windowStartMs: midnightMs + sinceMidnightMs,
        intervalMs: MINUTE_MS,
        trade: ohlc(cells, 1, scale),
        volume: number(cells[5]),
        bid: null,
        ask: null,
        bidSize: null,
        askSize: null,
      },
    },
  }
}

function quoteBar(
  cells: readonly string[],
  { instrumentId, source, midnightMs, scale }: LeanContext,
): LeanRow {
  const sinceMidnightMs = number(cells[0])
  const size = (text: string | undefined): number | null => (text === '' ? null : number(text))
  return {
    sinceMidnightMs,
    event: {
      eventType: 'FeedBar',
      payload: {
        instrumentId,
        source,
        windowStartMs: midnightMs + sinceMidnightMs,
        intervalMs: MINUTE_MS,
        trade: null,
        volume: null,
        bid: ohlc(cells, 1, scale),
        ask: ohlc(cells, 6, scale),
        bidSize: size(cells[5]),
        askSize: size(cells[10]),
      },
    },
  }
}
