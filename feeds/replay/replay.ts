import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { StreamsError } from '#streams'
import type { FeedInstrument, FeedMessage, FeedProgress, FeedSource } from '../feed-source.ts'
import { binanceFormat } from './binance-format.ts'
import { leanFormat } from './lean-format.ts'
import { mergeByEventTime } from './merge.ts'
import type { RecordedFile, RecordedFormat } from './recorded-file.ts'
import { recordingFormat } from './recording-format.ts'

const FORMATS: readonly RecordedFormat[] = [leanFormat, binanceFormat, recordingFormat]

/** Past the end of every window that can be open when the files end. */
const CLOSING_MS = 2 * 3_600_000

/**
 * Recorded market data as a feed: every file that a format knows, merged by event time. Each source row gives one message; afterwards one
 * heartbeat an instrument closes what is open. Files of no known format are skipped, each with its reason.
 * @throws {StreamsError} FEED_NOTHING_TO_REPLAY, FEED_FILE_UNREADABLE
 */
export async function createReplay(path: string): Promise<FeedSource> {
  const files: RecordedFile[] = []
  const skipped: { path: string; reason: string }[] = []
  for (const file of listFiles(path)) {
    const opened = await openRecorded(file)
    if (opened.length === 0) skipped.push({ path: file, reason: skipReason(file) })
    else files.push(...opened)
  }
  if (files.length === 0) {
    throw new StreamsError(
      'FEED_NOTHING_TO_REPLAY',
      `no recorded market data in a known format (${FORMATS.map(({ name }) => name).join(', ')})`,
      { path },
      'Give --replay a file or directory that holds some',
    )
  }
  const instruments = new Map<string, FeedInstrument>()
  for (const file of files) {
    for (const instrument of file.instruments)
      if (!instruments.has(instrument.instrumentId))
        instruments.set(instrument.instrumentId, instrument)
  }
  const rowsTotal = files.reduce((sum, file) => sum + file.rowCount, 0)
  let rows = 0
  return {
    feedId: `replay-${fingerprint(path, files)}`,
    instruments: [...instruments.values()],
    messages: () => {
      rows = 0
      return messages(files, () => {
        rows += 1
      })
    },
    progress: (): FeedProgress => ({ rows, rowsTotal, skipped }),
  }
}

async function openRecorded(file: string): Promise<readonly RecordedFile[]> {
  for (const format of FORMATS) {
    const opened = await format.open(file)
    if (opened !== undefined) return opened
  }
  return []
}

function* messages(files: readonly RecordedFile[], countRow: () => void): Iterable<FeedMessage> {
  const state = new Map<string, { sequence: number; lastMs: number; ticking: boolean }>()
  for (const row of mergeByEventTime(files)) {
    const seen = state.get(row.entityId) ?? { sequence: 0, lastMs: 0, ticking: false }
    const { eventType } = row.event
    const sequence = seen.sequence + 1
    state.set(row.entityId, {
      sequence,
      lastMs: Math.max(seen.lastMs, row.eventTimeMs),
      ticking:
        seen.ticking ||
        eventType === 'FeedQuote' ||
        eventType === 'FeedTrade' ||
        eventType === 'FeedHeartbeat',
    })
    countRow()
    yield {
      entityId: row.entityId,
      sequence,
      eventTimeMs: row.eventTimeMs,
      receivedTimeMs: row.receivedTimeMs,
      event: row.event,
    }
  }
  for (const [instrumentId, { sequence, lastMs, ticking }] of state) {
    if (!ticking) continue
    const eventTimeMs = lastMs + CLOSING_MS
    yield {
      entityId: instrumentId,
      sequence: sequence + 1,
      eventTimeMs,
      receivedTimeMs: eventTimeMs,
      event: {
        eventType: 'FeedHeartbeat',
        payload: { instrumentId, source: 'replay', eventTimeMs },
      },
    }
  }
}

function listFiles(path: string): string[] {
  let isDirectory: boolean
  try {
    isDirectory = statSync(path).isDirectory()
  } catch (cause) {
    throw new StreamsError(
      'FEED_FILE_UNREADABLE',
      'there is no such file or directory',
      { path },
      'Correct --replay',
      cause,
    )
  }
  if (!isDirectory) return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function skipReason(file: string): string {
  if (/order|events\.log/i.test(file))
    return 'an order-level feed: input of an order book, not quotes, trades, bars or depth'
  if (/daily/i.test(file))
    return 'a panel of daily closes: input of risk models, not a market data feed'
  return 'no known format of recorded market data'
}

/** Same files, same order, same sizes: the same sequence of messages. */
function fingerprint(path: string, files: readonly RecordedFile[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${relative(path, file.path)}:${file.rowCount}\n`)
  return hash.digest('hex').slice(0, 16)
}
