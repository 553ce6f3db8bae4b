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
const TIME_BYTES = 8

/** Timestamp, then prior, old and new value, then names and values of headers, each with its length before it. */
export function encodeHeld(update: HeldUpdate): Uint8Array {
  const { prior, oldValue, newValue, headers, timestampMs } = update
  const parts = [prior, oldValue, newValue]
  for (const [name, value] of headers) parts.push(Buffer.from(name, 'utf8'), value)
  const bytes = Buffer.allocUnsafe(
    parts.reduce((sum, part) => sum + LENGTH_BYTES + (part?.length ?? 0), TIME_BYTES),
  )
  writeLong(bytes, 0, timestampMs)
  let at = TIME_BYTES
  for (const part of parts) {
    bytes.writeUInt32BE(part?.length ?? ABSENT, at)
    at += LENGTH_BYTES
    if (part !== null) bytes.set(part, at)
    at += part?.length ?? 0
  }
  return bytes
}

/** Of what `encodeHeld` makes of it. */
export function heldLength({ prior, oldValue, newValue, headers }: HeldUpdate): number {
  let length = TIME_BYTES + 3 * LENGTH_BYTES
  length += (prior?.length ?? 0) + (oldValue?.length ?? 0) + (newValue?.length ?? 0)
  for (const [name, value] of headers)
    length += 2 * LENGTH_BYTES + Buffer.byteLength(name, 'utf8') + (value?.length ?? 0)
  return length
}

/** @throws {StreamsError} SERDE_DECODE_FAILED */
export function decodeHeld(bytes: Uint8Array): HeldUpdate {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts: (Uint8Array | null)[] = []
  let at = TIME_BYTES
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
