import type { FeedInstrument } from '../feed-source.ts'
import type { RawEvent } from '../raw-event.ts'

/** One row of a recorded file: exactly one message each. */
export interface RecordedRow {
  /** Instrument, or the source for a row that could not be read. */
  readonly entityId: string
  /** Orders the merge: the event time, never smaller than that of the row before in the same file. */
  readonly eventTimeMs: number
  readonly receivedTimeMs: number
  readonly event: RawEvent
}

/** A recorded file that a format recognised. Rows come in file order. */
export interface RecordedFile {
  readonly path: string
  readonly instruments: readonly FeedInstrument[]
  /** Rows in the file, readable or not. */
  readonly rowCount: number
  rows(): Iterable<RecordedRow>
}

/** Recognises and opens files of one format. */
export interface RecordedFormat {
  readonly name: string
  /** Undefined: not of this format. */
  open(path: string): Promise<readonly RecordedFile[] | undefined>
}

const UNREADABLE_BYTES_MAX = 65_536

export function unreadable(
  source: string,
  place: string,
  text: string,
  cause: string,
  atMs: number,
): RecordedRow {
  return {
    entityId: source,
    eventTimeMs: atMs,
    receivedTimeMs: atMs,
    event: {
      eventType: 'FeedUnreadable',
      payload: { source, text: text.slice(0, UNREADABLE_BYTES_MAX), cause, place },
    },
  }
}
