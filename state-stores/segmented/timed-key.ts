import { keyAfter, readUint32, readUint64, writeUint32, writeUint64 } from '../bytes.ts'

import type { TimeRange } from './observed-time.ts'

const TIME_BYTES = 8

/**
 * Keys of the changelog that hold a time, in Kafka Streams' layouts: the key's own bytes, a time in 8 bytes, and what else tells
 * entries of one key and time apart (a window's sequence in 4 bytes, a session's start in 8, nothing for a version).
 * In an index the time comes first.
 */
export interface TimedKeyLayout {
  readonly restBytes: number
  /** In an index: directly after the time, or after the key. */
  readonly indexRest: 'after-time' | 'after-key'
}

export const WINDOW_KEY: TimedKeyLayout = { restBytes: 4, indexRest: 'after-key' }
export const SESSION_KEY: TimedKeyLayout = { restBytes: 8, indexRest: 'after-time' }
export const VERSION_KEY: TimedKeyLayout = { restBytes: 0, indexRest: 'after-key' }

/** `rest` as a number, big-endian. */
export function timedKey(
  layout: TimedKeyLayout,
  key: Uint8Array,
  time: { readonly timeMs: number; readonly rest: number },
): Uint8Array {
  const bytes = new Uint8Array(key.length + TIME_BYTES + layout.restBytes)
  bytes.set(key)
  writeUint64(bytes, key.length, time.timeMs)
  if (layout.restBytes === 8) writeUint64(bytes, key.length + TIME_BYTES, time.rest)
  if (layout.restBytes === 4) writeUint32(bytes, key.length + TIME_BYTES, time.rest)
  return bytes
}

const EVER: TimeRange = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }

/** Of all that `key` has in a range of times, inclusive; longer keys may lie between. */
export function timedBounds(layout: TimedKeyLayout, key: Uint8Array, times = EVER) {
  const rest = layout.restBytes === 4 ? 0xffff_ffff : Number.MAX_SAFE_INTEGER
  return {
    from: timedKey(layout, key, { timeMs: times.fromMs, rest: 0 }),
    to: keyAfter(timedKey(layout, key, { timeMs: times.toMs, rest })),
  }
}

export function isTimedKey(layout: TimedKeyLayout, bytes: Uint8Array): boolean {
  return bytes.length >= TIME_BYTES + layout.restBytes
}

export function timeOf(layout: TimedKeyLayout, timed: Uint8Array): number {
  return readUint64(timed, timed.length - TIME_BYTES - layout.restBytes)
}

export function restOf(layout: TimedKeyLayout, timed: Uint8Array): number {
  const at = timed.length - layout.restBytes
  if (layout.restBytes === 8) return readUint64(timed, at)
  return layout.restBytes === 4 ? readUint32(timed, at) : 0
}

/** The part before the time. */
export function keyOf(layout: TimedKeyLayout, timed: Uint8Array): Uint8Array {
  return timed.subarray(0, timed.length - TIME_BYTES - layout.restBytes)
}

/** Whether a key between two timed keys of `key` is one itself, and not of a longer key with the same beginning. */
export function hasLengthOf(layout: TimedKeyLayout, timed: Uint8Array, key: Uint8Array): boolean {
  return timed.length === key.length + TIME_BYTES + layout.restBytes
}

export function toIndexKey(layout: TimedKeyLayout, timed: Uint8Array): Uint8Array {
  const keyBytes = timed.length - TIME_BYTES - layout.restBytes
  const timeBytes = layout.indexRest === 'after-time' ? TIME_BYTES + layout.restBytes : TIME_BYTES
  const bytes = new Uint8Array(timed.length)
  bytes.set(timed.subarray(keyBytes, keyBytes + timeBytes))
  bytes.set(timed.subarray(0, keyBytes), timeBytes)
  bytes.set(timed.subarray(keyBytes + timeBytes), timeBytes + keyBytes)
  return bytes
}

export function fromIndexKey(layout: TimedKeyLayout, indexed: Uint8Array): Uint8Array {
  const keyBytes = indexed.length - TIME_BYTES - layout.restBytes
  const timeBytes = layout.indexRest === 'after-time' ? TIME_BYTES + layout.restBytes : TIME_BYTES
  const bytes = new Uint8Array(indexed.length)
  bytes.set(indexed.subarray(timeBytes, timeBytes + keyBytes))
  bytes.set(indexed.subarray(0, timeBytes), keyBytes)
  bytes.set(indexed.subarray(timeBytes + keyBytes), keyBytes + timeBytes)
  return bytes
}
