import { StreamsError } from '../../errors.ts'
import type { Header } from '../../log/log.ts'
import { readLong, writeLong } from '../../long-bytes.ts'

/** An update that waits in a suppression buffer, its values serialised. */
export interface HeldUpdate {
  /** Of the record that came last. */
  readonly timestampMs: number
  /** What those below saw last: the value from before the first update that is held. */
  readonly prior: Uint8Array | null
  readonly oldValue: Uint8Array | null
  readonly newValue: Uint8Array | null
  readonly headers: readonly Header[]
}

const LENGTH_BYTES = 4
const ABSENT = 0xffff_ffff
/** Behind the timestamp. */
const FIRST_AT = 8

/** Timestamp, then prior, old and new value, then names and values of headers, each with its length before it. */
export function encodeHeld(update: HeldUpdate): Uint8Array {
  const { prior, oldValue, newValue, headers, timestampMs } = update
  const parts = [prior, oldValue, newValue]
  for (const [name, value] of headers) parts.push(Buffer.from(name, 'utf8'), value)
  const bytes = Buffer.allocUnsafe(
    parts.reduce((sum, part) => sum + LENGTH_BYTES + (part?.length ?? 0), 8),
  )
  writeLong(bytes, 0, timestampMs)
  let at = 8
  for (const part of parts) {
    bytes.writeUInt32BE(part?.length ?? ABSENT, at)
    at += LENGTH_BYTES
    if (part !== null) bytes.set(part, at)
    at += part?.length ?? 0
  }
  return bytes
}

/** `prior` of a held update alone. @throws {StreamsError} SERDE_DECODE_FAILED */
export function priorOf(bytes: Uint8Array): Uint8Array | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.length < FIRST_AT + LENGTH_BYTES) throw cutOff()
  const length = view.readUInt32BE(FIRST_AT)
  if (length === ABSENT) return null
  const end = FIRST_AT + LENGTH_BYTES + length
  if (end > view.length) throw cutOff()
  return view.subarray(FIRST_AT + LENGTH_BYTES, end)
}

/** @throws {StreamsError} SERDE_DECODE_FAILED */
export function decodeHeld(bytes: Uint8Array): HeldUpdate {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts: (Uint8Array | null)[] = []
  let at = 8
  while (at < view.length) {
    const length = view.readUInt32BE(at)
    at += LENGTH_BYTES
    parts.push(length === ABSENT ? null : view.subarray(at, at + length))
    at += length === ABSENT ? 0 : length
  }
  const [prior, oldValue, newValue, ...headers] = parts
  if (prior === undefined || oldValue === undefined || newValue === undefined || at !== view.length)
    throw cutOff()
  return {
    timestampMs: readLong(view, 0),
    prior,
    oldValue,
    newValue,
    headers: headersOf(headers),
  }
}

function cutOff(): StreamsError {
  return new StreamsError(
    'SERDE_DECODE_FAILED',
    'a held update is cut off',
    {},
    'Reset the application: its suppression buffer was written by something else.',
  )
}

function headersOf(parts: readonly (Uint8Array | null)[]): Header[] {
  const headers: Header[] = []
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const name = Buffer.from(parts[at] ?? []).toString('utf8')
    headers.push([name, parts[at + 1] ?? null])
  }
  return headers
}
