import type { StoreBatch, StoreEntry } from '#streams'
import { uint64Bytes } from '../bytes.ts'
import { type EntrySource, mergeSources, OverlaidEntries } from '../transactional/merge.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import { inTimeOrder } from './by-time.ts'
import type { ObservedTime, TimeRange } from './observed-time.ts'
import { segmentKey, segmentStart, withoutSegment } from './segment-key.ts'
import { SegmentRows } from './segment-rows.ts'
import { isTimedKey, restOf, type TimedKeyLayout, timedBounds, timeOf } from './timed-key.ts'

/** Bounds of keys of the changelog; `to` is exclusive. */
export interface KeyBounds {
  readonly from: Uint8Array | undefined
  readonly to: Uint8Array | undefined
}

/**
 * Entries that expire by a time in their keys, stored by time segment: an expired segment leaves with one range delete in a
 * commit, without tombstones in the changelog, and its entries are invisible before.
 */
export class SegmentedEntries {
  readonly #bytes: StoreBytes
  readonly #time: ObservedTime
  readonly #layout: TimedKeyLayout
  readonly #rows: SegmentRows | undefined

  /** A view is told of no commits, so it remembers no rows. */
  constructor(
    bytes: StoreBytes,
    time: ObservedTime,
    { layout, isView }: { readonly layout: TimedKeyLayout; readonly isView: boolean },
  ) {
    this.#bytes = bytes
    this.#time = time
    this.#layout = layout
    this.#rows = isView ? undefined : new SegmentRows()
  }

  /** Entries of one key, by time: segments ascend in time and a key's entries do too, so one after the other is in order. */
  ofKey(
    key: Uint8Array,
    bounds: KeyBounds,
    { times, reverse }: { readonly times: TimeRange; readonly reverse: boolean },
  ): OverlaidEntries {
    const whole = timedBounds(this.#layout, key)
    const sources = this.#segments(times, reverse).map((segment) => () => {
      const known = this.#rows?.within({ segment, key, reverse }, bounds, () =>
        this.#scan(segment, whole, false),
      )
      return known ?? this.#scan(segment, bounds, reverse)
    })
    const overlay = this.#bytes.overlayRange(bounds.from, bounds.to)
    return new OverlaidEntries(concatenated(sources), overlay, reverse)
  }

  /** Entries of several keys, in the order of the changelog's keys. Those of other times may be among them. */
  ofKeys(bounds: KeyBounds, times: TimeRange, reverse: boolean): OverlaidEntries {
    const sources = this.#segments(times, reverse).map((segment) =>
      this.#scan(segment, bounds, reverse),
    )
    const overlay = this.#bytes.overlayRange(bounds.from, bounds.to)
    return new OverlaidEntries(mergeSources(sources, reverse), overlay, reverse)
  }

  /** Entries of a range of times by time; their keys are those of an index. */
  byTime(times: TimeRange): OverlaidEntries {
    return inTimeOrder(this.#bytes, this.#layout, times, () => this.#time.segments(times))
  }

  writeCommit(batch: StoreBatch): void {
    this.#bytes.commitTo(batch, (key) => this.#time.isVisible(timeOf(this.#layout, key)))
    this.writeRestored(batch)
  }

  /** Committed, or restored. */
  afterCommit(): void {
    this.#time.afterCommit()
    this.#rows?.forget()
  }

  /** A changelog may still hold expired entries: they count as time and are left out. @returns the rest of the key, where it is one */
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): number | undefined {
    if (!isTimedKey(this.#layout, key)) return undefined
    const timeMs = timeOf(this.#layout, key)
    this.#time.observe(timeMs)
    if (this.#time.isVisible(timeMs)) this.#bytes.writeTo(batch, key, value)
    return restOf(this.#layout, key)
  }

  writeRestored(batch: StoreBatch): void {
    this.#time.writeTo(batch)
    // Last, so that the engine can carry it out as one range.
    const firstLive = this.#time.expireUpTo()
    if (firstLive === undefined) return
    const { keyspace, index } = this.#bytes
    batch.deleteRange(keyspace, segmentStart(0), segmentStart(firstLive))
    if (index === undefined) return
    batch.deleteRange(
      index.keyspace,
      uint64Bytes(0),
      uint64Bytes(this.#time.segmentStartMs(firstLive)),
    )
  }

  *committed(): IterableIterator<StoreEntry> {
    const oldestMs = this.#time.oldestCommittedMs()
    for (const { key, value } of this.#bytes.database.scan(this.#bytes.keyspace)) {
      const timed = withoutSegment(key)
      if (timeOf(this.#layout, timed) >= oldestMs) yield { key: timed, value }
    }
  }

  #segments(times: TimeRange, reverse: boolean): readonly number[] {
    const segments = this.#time.segments(times)
    return reverse ? segments.toReversed() : segments
  }

  #scan(segment: number, { from, to }: KeyBounds, reverse: boolean): EntrySource {
    const source = this.#bytes.scan({
      from: from === undefined ? segmentStart(segment) : segmentKey(segment, from),
      to: to === undefined ? segmentStart(segment + 1) : segmentKey(segment, to),
      reverse,
    })
    return {
      next: () => {
        const entry = source.next()
        return entry && { key: withoutSegment(entry.key), value: entry.value }
      },
      close: () => source.close(),
    }
  }
}

/** One source after the other; each is opened when its turn comes. */
function concatenated(sources: readonly (() => EntrySource)[]): EntrySource {
  let at = 0
  let current: EntrySource | undefined
  return {
    next() {
      for (;;) {
        current ??= sources[at]?.()
        if (current === undefined) return undefined
        const entry = current.next()
        if (entry !== undefined) return entry
        current.close()
        current = undefined
        at += 1
      }
    },
    close() {
      at = sources.length
      current?.close()
      current = undefined
    },
  }
}
