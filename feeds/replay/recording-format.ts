import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { StreamsError } from '#streams'
import type { FeedInstrument, FeedMessage } from '../feed-source.ts'
import type { RawEvent } from '../raw-event.ts'
import {
  type RecordedFile,
  type RecordedFormat,
  type RecordedRow,
  unreadable,
} from './recorded-file.ts'

const RECORDING = /\.orion\.jsonl\.gz$/
const UNZIPPED_BYTES_MAX = 1024 * 1024 * 1024

const headerSchema = z.object({
  recording: z.literal(1),
  instruments: z.array(z.record(z.string(), z.unknown())),
})
const rowSchema = z.object({
  id: z.string().min(1).max(200),
  t: z.number().int(),
  r: z.number().int(),
  type: z.enum([
    'FeedQuote',
    'FeedTrade',
    'FeedBar',
    'FeedDepth',
    'FeedHeartbeat',
    'FeedUnreadable',
  ]),
  payload: z.record(z.string(), z.unknown()),
})

/** Orion's own recordings: gzipped JSON lines, a header with the instruments, then a message a line. */
export const recordingFormat: RecordedFormat = {
  name: 'Orion recording',
  open: async (path) => (RECORDING.test(path) ? [recording(path)] : undefined),
}

/** The bytes of a recording of these messages. */
export function writeRecording(
  instruments: readonly FeedInstrument[],
  messages: Iterable<FeedMessage>,
): Uint8Array {
  const lines = [JSON.stringify({ recording: 1, instruments })]
  for (const { entityId, eventTimeMs, receivedTimeMs, event } of messages) {
    lines.push(
      JSON.stringify(
        {
          id: entityId,
          t: eventTimeMs,
          r: receivedTimeMs,
          type: event.eventType,
          payload: event.payload,
        },
        keepNotANumber,
      ),
    )
  }
  return gzipSync(`${lines.join('\n')}\n`, { level: 9 })
}

/** JSON has no NaN; a feed may. */
function keepNotANumber(_key: string, value: unknown): unknown {
  return typeof value === 'number' && Number.isNaN(value) ? 'NaN' : value
}

function recording(path: string): RecordedFile {
  const [header = '', ...lines] = readText(path)
    .split('\n')
    .filter((line) => line !== '')
  let instruments: readonly FeedInstrument[]
  try {
    instruments = headerSchema.parse(JSON.parse(header))
      .instruments as unknown as readonly FeedInstrument[]
  } catch (cause) {
    throw new StreamsError(
      'FEED_FILE_UNREADABLE',
      'the first line is not the header of a recording',
      { path },
      'Record it again',
      cause,
    )
  }
  return {
    path,
    rowCount: lines.length,
    instruments,
    rows: function* () {
      let lastMs = 0
      for (const [index, line] of lines.entries()) {
        const row = parseLine(line, `${basename(path)}:${index + 2}`, lastMs)
        lastMs = Math.max(lastMs, row.eventTimeMs)
        yield { ...row, eventTimeMs: lastMs }
      }
    },
  }
}

function parseLine(line: string, place: string, lastMs: number): RecordedRow {
  try {
    const { id, t, r, type, payload } = rowSchema.parse(JSON.parse(line))
    for (const [name, value] of Object.entries(payload))
      if (value === 'NaN') payload[name] = Number.NaN
    return {
      entityId: id,
      eventTimeMs: t,
      receivedTimeMs: r,
      event: { eventType: type, payload } as unknown as RawEvent,
    }
  } catch (cause) {
    return unreadable(
      'recording',
      place,
      line,
      cause instanceof Error ? cause.message : String(cause),
      lastMs,
    )
  }
}

function readText(path: string): string {
  try {
    return gunzipSync(readFileSync(path), { maxOutputLength: UNZIPPED_BYTES_MAX }).toString('utf8')
  } catch (cause) {
    throw new StreamsError(
      'FEED_FILE_UNREADABLE',
      `not readable: ${cause instanceof Error ? cause.message : cause}`,
      { path },
      'Record it again',
      cause,
    )
  }
}
