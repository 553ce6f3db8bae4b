import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { configure, TextWriter, Uint8ArrayReader, ZipReader } from '@zip.js/zip.js'
import { StreamsError } from '#streams'
import type { FeedInstrument } from '../feed-source.ts'
import { LEAN_COLUMNS, type LeanColumns, type LeanContext } from './lean-columns.ts'
import {
  type RecordedFile,
  type RecordedFormat,
  type RecordedRow,
  unreadable,
} from './recorded-file.ts'
import { zoneMidnightMs } from './time-zone.ts'

/** `<class>/<market>/<tick|minute>/<symbol>/<yyyymmdd>_<quote|trade>.zip`, as LEAN lays its data folder out. */
const LEAN_PATH =
  /(?:^|\/)(equity|forex|crypto|future|cfd)\/([a-z]+)\/(tick|minute)\/([a-z0-9]+)\/(\d{8})_(quote|trade)\.zip$/

configure({ useWebWorkers: false })

const UNZIPPED_BYTES_MAX = 512 * 1024 * 1024

type LeanClass = 'equity' | 'forex' | 'crypto' | 'future' | 'cfd'

const ASSET_CLASS: Readonly<Record<LeanClass, FeedInstrument['assetClass']>> = {
  equity: 'EQUITY',
  forex: 'FX',
  crypto: 'CRYPTO',
  future: 'EQUITY',
  cfd: 'COMMODITY',
}

export const leanFormat: RecordedFormat = {
  name: 'LEAN zipped CSV',
  open: async (path) => {
    const match = LEAN_PATH.exec(path.replaceAll('\\', '/'))
    if (match === null) return undefined
    const [, leanClass, market, resolution, symbol, date, kind] = match as unknown as [
      string,
      LeanClass,
      string,
      string,
      string,
      string,
      string,
    ]
    const columns =
      LEAN_COLUMNS[resolution === 'minute' ? `minute ${kind}` : `${leanClass} tick ${kind}`]
    if (columns === undefined) return undefined
    const zone =
      leanClass === 'equity' ? 'America/New_York' : market === 'fxcm' ? 'Etc/GMT+5' : 'UTC'
    return (await unzip(path)).map(({ name, text }) => {
      const contract = leanClass === 'future' ? (/_(\d{6})\.csv$/.exec(name)?.[1] ?? '') : ''
      return csvFile({
        path,
        name,
        text,
        columns,
        leanClass,
        market,
        symbol: symbol.toUpperCase() + contract,
        midnightMs: zoneMidnightMs(date, zone),
      })
    })
  },
}

async function unzip(path: string): Promise<{ name: string; text: string }[]> {
  try {
    const files: { name: string; text: string }[] = []
    for (const entry of await new ZipReader(
      new Uint8ArrayReader(readFileSync(path)),
    ).getEntries()) {
      if (entry.directory || !entry.filename.endsWith('.csv')) continue
      if (entry.uncompressedSize > UNZIPPED_BYTES_MAX)
        throw new RangeError(`${entry.filename} is over ${UNZIPPED_BYTES_MAX} bytes`)
      files.push({ name: entry.filename, text: await entry.getData(new TextWriter()) })
    }
    return files
  } catch (cause) {
    throw new StreamsError(
      'FEED_FILE_UNREADABLE',
      `not a readable zip file: ${cause instanceof Error ? cause.message : cause}`,
      { path },
      'Restore the file, or leave it out of --replay',
      cause,
    )
  }
}

interface CsvFile {
  readonly path: string
  readonly name: string
  readonly text: string
  readonly columns: LeanColumns
  readonly leanClass: LeanClass
  readonly market: string
  readonly symbol: string
  readonly midnightMs: number
}

function csvFile({
  path,
  name,
  text,
  columns,
  leanClass,
  market,
  symbol,
  midnightMs,
}: CsvFile): RecordedFile {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const venue = market.toUpperCase()
  const context: LeanContext = {
    instrumentId: `${symbol}.${venue}`,
    source: `lean-${market}`,
    midnightMs,
    scale: leanClass === 'equity' ? 10_000 : 1,
  }
  return {
    path: `${path}:${name}`,
    rowCount: lines.length,
    instruments: [referenceData(context.instrumentId, symbol, venue, leanClass)],
    rows: function* () {
      let lastMs = midnightMs
      for (const [index, line] of lines.entries()) {
        const row = parseLine(
          line,
          columns,
          context,
          `${basename(path)}:${name}:${index + 1}`,
          lastMs,
        )
        lastMs = Math.max(lastMs, row.eventTimeMs)
        yield { ...row, eventTimeMs: lastMs }
      }
    },
  }
}

function parseLine(
  line: string,
  columns: LeanColumns,
  context: LeanContext,
  place: string,
  lastMs: number,
): RecordedRow {
  const cells = line.trimEnd().split(',')
  if (cells.length < columns.fields) {
    return unreadable(
      context.source,
      place,
      line,
      `${cells.length} fields instead of ${columns.fields}`,
      lastMs,
    )
  }
  try {
    const { sinceMidnightMs, event } = columns.parse(cells, context)
    const eventTimeMs = context.midnightMs + sinceMidnightMs + columns.knownAfterMs
    return { entityId: context.instrumentId, eventTimeMs, receivedTimeMs: eventTimeMs, event }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    return unreadable(context.source, place, line, cause.message, lastMs)
  }
}

function referenceData(
  instrumentId: string,
  symbol: string,
  venue: string,
  leanClass: LeanClass,
): FeedInstrument {
  const decimals =
    leanClass === 'forex' ? 5 : leanClass === 'equity' ? 4 : leanClass === 'cfd' ? 3 : 2
  return {
    instrumentId,
    symbol,
    venue,
    name: `${symbol} at ${venue}`,
    assetClass: ASSET_CLASS[leanClass],
    currency: 'USD',
    tickSize: (10 ** -decimals).toFixed(decimals),
    lotSize: leanClass === 'crypto' ? '0.00000001' : '1',
    priceDecimals: decimals,
    priceBasis: leanClass === 'equity' || leanClass === 'future' ? 'TRADE' : 'MID',
    staleAfterMs: 60_000,
    tenor: leanClass === 'future' ? symbol.slice(-6) : null,
    tradingHours:
      leanClass === 'equity'
        ? '04:00-20:00 America/New_York'
        : leanClass === 'crypto'
          ? '24x7'
          : '24x5',
  }
}
