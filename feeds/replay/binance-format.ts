import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { StreamsError } from '#streams'
import type { FeedInstrument } from '../feed-source.ts'
import type { RawEvent } from '../raw-event.ts'
import {
  type RecordedFile,
  type RecordedFormat,
  type RecordedRow,
  unreadable,
} from './recorded-file.ts'

/** `binance_spot_<symbol>_<yyyymmdd>.jsonl.gz`: lines of `<local receive time, ns> <message of the exchange's stream>`. */
const BINANCE_PATH = /binance_spot_([a-z0-9]+)_\d{8}\.jsonl(\.gz)?$/
const UNZIPPED_BYTES_MAX = 1024 * 1024 * 1024
const SOURCE = 'binance-spot'

const decimal = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .transform(Number)
const levels = z.array(z.tuple([decimal, decimal]))
const bookTicker = z.object({
  u: z.number(),
  s: z.string(),
  b: decimal,
  B: decimal,
  a: decimal,
  A: decimal,
})
const trade = z.object({
  e: z.literal('trade'),
  E: z.number(),
  T: z.number(),
  p: decimal,
  q: decimal,
})
const depthUpdate = z.object({
  e: z.literal('depthUpdate'),
  E: z.number(),
  U: z.number(),
  u: z.number(),
  b: levels,
  a: levels,
})
const streamed = z.object({ stream: z.string(), data: z.unknown() })
const restSnapshot = z.object({ lastUpdateId: z.number(), bids: levels, asks: levels })

/** Recorded streams of Binance spot: bookTicker, trade, depth@100ms and the REST depth snapshot (Binance spot API, web socket streams). */
export const binanceFormat: RecordedFormat = {
  name: 'Binance JSON lines',
  open: async (path) => {
    const match = BINANCE_PATH.exec(basename(path))
    if (match?.[1] === undefined) return undefined
    return [streamFile(path, match[1].toUpperCase(), readLines(path))]
  },
}

function readLines(path: string): string[] {
  try {
    const bytes = readFileSync(path)
    const text = (
      path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: UNZIPPED_BYTES_MAX }) : bytes
    ).toString('utf8')
    return text.split('\n').filter((line) => line !== '')
  } catch (cause) {
    throw new StreamsError(
      'FEED_FILE_UNREADABLE',
      `not readable: ${cause instanceof Error ? cause.message : cause}`,
      { path },
      'Restore the file, or leave it out of --replay',
      cause,
    )
  }
}

function streamFile(path: string, symbol: string, lines: readonly string[]): RecordedFile {
  const instrumentId = `${symbol}.BINANCE`
  return {
    path,
    rowCount: lines.length,
    instruments: [referenceData(instrumentId, symbol)],
    rows: function* () {
      // bookTicker and the REST snapshot carry no exchange time, and the recorder's clock is not the exchange's: such a row takes the
      // exchange time of the row before it. Until the first one is seen, the first one in the file.
      let exchangeMs = firstExchangeTimeMs(lines)
      for (const [index, line] of lines.entries()) {
        const row = parseLine(line, instrumentId, `${basename(path)}:${index + 1}`, exchangeMs)
        exchangeMs = Math.max(exchangeMs, row.eventTimeMs)
        yield row
      }
    },
  }
}

function firstExchangeTimeMs(lines: readonly string[]): number {
  for (const line of lines) {
    const time = /"E":(\d{13})/.exec(line)?.[1]
    if (time !== undefined) return Number(time)
  }
  return Number((lines[0] ?? '0').split(' ', 1)[0]?.slice(0, 13))
}

function parseLine(
  line: string,
  instrumentId: string,
  place: string,
  exchangeMs: number,
): RecordedRow {
  const space = line.indexOf(' ')
  const receivedTimeMs = Number(line.slice(0, Math.max(0, space - 6)))
  try {
    if (space < 7 || !Number.isFinite(receivedTimeMs))
      throw new RangeError('no receive time in front')
    const { eventTimeMs, event } = toEvent(
      JSON.parse(line.slice(space + 1)),
      instrumentId,
      exchangeMs,
    )
    return { entityId: instrumentId, eventTimeMs, receivedTimeMs, event }
  } catch (cause) {
    return unreadable(
      SOURCE,
      place,
      line,
      cause instanceof Error ? cause.message : String(cause),
      exchangeMs,
    )
  }
}

function toEvent(
  json: unknown,
  instrumentId: string,
  exchangeMs: number,
): { eventTimeMs: number; event: RawEvent } {
  const snapshot = restSnapshot.safeParse(json)
  if (snapshot.success) {
    const { lastUpdateId, bids, asks } = snapshot.data
    return {
      eventTimeMs: exchangeMs,
      event: depth(instrumentId, exchangeMs, {
        snapshot: true,
        first: lastUpdateId,
        last: lastUpdateId,
        bids,
        asks,
      }),
    }
  }
  const { stream, data } = streamed.parse(json)
  if (stream.endsWith('@bookTicker')) {
    const { b, B, a, A } = bookTicker.parse(data)
    const payload = {
      instrumentId,
      source: SOURCE,
      eventTimeMs: exchangeMs,
      bid: b,
      ask: a,
      bidSize: B,
      askSize: A,
      condition: null,
      indicative: false,
      suspicious: false,
    }
    return { eventTimeMs: exchangeMs, event: { eventType: 'FeedQuote', payload } }
  }
  if (stream.endsWith('@trade')) {
    const { E, p, q } = trade.parse(data)
    return {
      eventTimeMs: E,
      event: {
        eventType: 'FeedTrade',
        payload: {
          instrumentId,
          source: SOURCE,
          eventTimeMs: E,
          price: p,
          size: q,
          condition: null,
          suspicious: false,
        },
      },
    }
  }
  const { E, U, u, b, a } = depthUpdate.parse(data)
  return {
    eventTimeMs: E,
    event: depth(instrumentId, E, { snapshot: false, first: U, last: u, bids: b, asks: a }),
  }
}

interface Book {
  readonly snapshot: boolean
  readonly first: number
  readonly last: number
  readonly bids: readonly (readonly [number, number])[]
  readonly asks: readonly (readonly [number, number])[]
}

function depth(
  instrumentId: string,
  eventTimeMs: number,
  { snapshot, first, last, bids, asks }: Book,
): RawEvent {
  const level = ([price, size]: readonly [number, number]): { price: number; size: number } => ({
    price,
    size,
  })
  return {
    eventType: 'FeedDepth',
    payload: {
      instrumentId,
      source: SOURCE,
      eventTimeMs,
      snapshot,
      firstUpdateId: first,
      lastUpdateId: last,
      bids: bids.map(level),
      asks: asks.map(level),
    },
  }
}

function referenceData(instrumentId: string, symbol: string): FeedInstrument {
  return {
    instrumentId,
    symbol,
    venue: 'BINANCE',
    name: `${symbol} at Binance spot`,
    assetClass: 'CRYPTO',
    currency: symbol.endsWith('USDT') ? 'USDT' : symbol.slice(-3),
    tickSize: '0.01',
    lotSize: '0.00001',
    priceDecimals: 2,
    priceBasis: 'TRADE',
    staleAfterMs: 60_000,
    tenor: null,
    tradingHours: '24x7',
  }
}
