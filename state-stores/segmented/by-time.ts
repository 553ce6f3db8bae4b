import { byteString, bytesOf, uint64Bytes } from '../bytes.ts'
import { type EntrySource, OverlaidEntries } from '../transactional/merge.ts'
import type { OverlayEntry } from '../transactional/store-value.ts'
import type { StoreBytes, StoreIndex } from '../transactional/transactional-bytes.ts'
import type { TimeRange } from './observed-time.ts'
import { segmentStart, withoutSegment } from './segment-key.ts'
import { fromIndexKey, type TimedKeyLayout, timeOf, toIndexKey } from './timed-key.ts'

/** Values are read so many at a time: few at first, for often only the first one is looked at. */
const VALUES_AT_FIRST = 4
const VALUES_AT_ONCE_MAX = 64

/**
 * Entries of a range of times by time, under keys of an index. With an index its keys are walked; without one the keys (not the
 * values) of a segment at a time are sorted. What is committed meanwhile may show in values that are read later.
 */
export function inTimeOrder(
  bytes: StoreBytes,
  layout: TimedKeyLayout,
  times: TimeRange,
  segments: () => readonly number[],
): OverlaidEntries {
  const keys =
    bytes.index === undefined
      ? sortedBySegment(bytes, layout, times, segments())
      : scanIndex(bytes, bytes.index, times)
  const overlay = overlayInTimeOrder(bytes, layout, times)
  return new OverlaidEntries(withValues(bytes, layout, keys), overlay, false)
}

interface IndexKeys {
  next(): { readonly key: Uint8Array } | undefined
  close(): void
}

function scanIndex(bytes: StoreBytes, index: StoreIndex, times: TimeRange): IndexKeys {
  const { from, to } = indexBounds(times)
  return bytes.scanIndex(index, from, to)
}

function indexBounds({ fromMs, toMs }: TimeRange) {
  return { from: uint64Bytes(fromMs), to: uint64Bytes(toMs + 1) }
}

function overlayInTimeOrder(
  bytes: StoreBytes,
  layout: TimedKeyLayout,
  times: TimeRange,
): readonly OverlayEntry[] {
  const { from, to } = indexBounds(times)
  if (bytes.index !== undefined) {
    return bytes
      .overlayIndexRange(from, to)
      .map(({ key, encoded }) => ({ key: toIndexKey(layout, key), encoded, decoded: undefined }))
  }
  const entries = new Map<string, OverlayEntry>()
  for (const { key, encoded } of bytes.overlayRange(undefined, undefined)) {
    if (!isWithin(timeOf(layout, key), times)) continue
    const indexKey = toIndexKey(layout, key)
    entries.set(byteString(indexKey), { key: indexKey, encoded, decoded: undefined })
  }
  return [...entries].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, entry]) => entry)
}

/** Segments are opened one after the other: each holds later times than the one before. */
function sortedBySegment(
  bytes: StoreBytes,
  layout: TimedKeyLayout,
  times: TimeRange,
  segments: readonly number[],
): IndexKeys {
  const keys = (function* (): Generator<{ readonly key: Uint8Array }, undefined> {
    for (const segment of segments) {
      const ids: string[] = []
      const range = { from: segmentStart(segment), to: segmentStart(segment + 1) }
      for (const { key } of bytes.database.scan(bytes.keyspace, range)) {
        const timed = withoutSegment(key)
        if (isWithin(timeOf(layout, timed), times)) ids.push(byteString(toIndexKey(layout, timed)))
      }
      for (const id of ids.sort()) yield { key: bytesOf(id) }
    }
    return undefined
  })()
  return { next: () => keys.next().value, close: () => void keys.return(undefined) }
}

function withValues(bytes: StoreBytes, layout: TimedKeyLayout, keys: IndexKeys): EntrySource {
  let read: { readonly key: Uint8Array; readonly value: Uint8Array | undefined }[] = []
  let at = 0
  let atOnce = VALUES_AT_FIRST
  const readNext = () => {
    const indexKeys: Uint8Array[] = []
    while (indexKeys.length < atOnce) {
      const found = keys.next()
      if (found === undefined) break
      indexKeys.push(found.key)
    }
    const values = bytes.getCommitted(indexKeys.map((key) => fromIndexKey(layout, key)))
    read = indexKeys.map((key, index) => ({ key, value: values[index] }))
    at = 0
    atOnce = Math.min(atOnce * 4, VALUES_AT_ONCE_MAX)
  }
  return {
    next() {
      for (;;) {
        if (at >= read.length) readNext()
        const found = read[at]
        if (found === undefined) return undefined
        at += 1
        if (found.value !== undefined) return { key: found.key, value: found.value }
      }
    },
    close: () => keys.close(),
  }
}

function isWithin(timeMs: number, { fromMs, toMs }: TimeRange): boolean {
  return timeMs >= fromMs && timeMs <= toMs
}
