import type { StoreBatch, StoreChange, StoreEntry } from '#streams'
import { byteString } from '../bytes.ts'
import { type EntrySource, mergeSources, OverlaidEntries } from '../transactional/merge.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import { inTimeOrder } from './by-time.ts'
import type { ObservedTime, TimeRange } from './observed-time.ts'
import { SegmentExpiry, type SegmentExpiryOptions } from './segment-expiry.ts'
import { segmentKey, segmentStart, withoutSegment } from './segment-key.ts'
import { SegmentRows } from './segment-rows.ts'
import {
  hasLengthOf,
  isTimedKey,
  keyOf,
  restOf,
  type TimedKeyLayout,
  timedBounds,
  timeOf,
} from './timed-key.ts'

/** Bounds of keys of the changelog; `to` is exclusive. */
export interface KeyBounds {
  readonly from: Uint8Array | undefined
  readonly to: Uint8Array | undefined
}

/** What a store spends on its segments. */
export interface SegmentBounds extends Pick<SegmentExpiryOptions, 'entriesPerCommit'> {
  /** Of rows that are remembered by key. */
  readonly rowsBytesMax: number
}

/**
 * Entries that expire by a time in their keys, stored by time segment. They are invisible once their time is over, and leave by whole
 * segments some commits later.
 */
export class SegmentedEntries {
  readonly #bytes: StoreBytes
  readonly #time: ObservedTime
  readonly #layout: TimedKeyLayout
  readonly #rows: SegmentRows | undefined
  readonly #expiry: SegmentExpiry

  /** A view is told of no commits, so it remembers no rows. */
  constructor(
    bytes: StoreBytes,
    time: ObservedTime,
    options: SegmentBounds & SegmentExpiryOptions & { readonly isView: boolean },
  ) {
    this.#bytes = bytes
    this.#time = time
    this.#layout = options.layout
    this.#rows = options.isView ? undefined : new SegmentRows(options.rowsBytesMax)
    this.#expiry = new SegmentExpiry(bytes, time, options)
  }

  /** Entries of one key, by time: segments ascend in time and a key's entries do too, so one after the other is in order. */
  ofKey(
    key: Uint8Array,
    bounds: KeyBounds,
    { times, reverse }: { readonly times: TimeRange; readonly reverse: boolean },
  ): OverlaidEntries {
    const whole = timedBounds(this.#layout, key)
    const sources = this.#segments(times, reverse).map((segment) => () => {
      if (segment > this.#time.lastCommittedSegment()) return NOTHING
      const known = this.#rows?.within({ segment, key, reverse }, bounds, () =>
        onlyOf(key, this.#layout, this.#scan(segment, whole, false)),
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

  /** Without puts that expired within the transaction, and with tombstones of entries that expired before. */
  changes(): Iterable<StoreChange> {
    const { changeCount } = this.#bytes
    if (changeCount === 0) return []
    return this.#changes(this.#expiry.takeRound(changeCount))
  }

  *#changes(expired: readonly Uint8Array[]): IterableIterator<StoreChange> {
    const deleted = new Set<string>()
    for (const change of this.#bytes.changes()) {
      if (this.#isKept(change.key, change.value)) yield change
      if (change.value === null && expired.length > 0) deleted.add(byteString(change.key))
    }
    for (const key of expired) if (!deleted.has(byteString(key))) yield { key, value: null }
  }

  /** Of a logged store after `changes`: what these told to the changelog. */
  writeCommit(batch: StoreBatch): void {
    this.#rows?.discarded()
    this.#bytes.commitTo(batch, (key, encoded) => {
      if (!this.#isKept(key, encoded)) return false
      if (this.#rows?.isEmpty === false) {
        const segment = this.#time.segmentOf(timeOf(this.#layout, key))
        this.#rows.willWrite({ segment, key: keyOf(this.#layout, key) }, key, encoded)
      }
      return true
    })
    this.#time.writeTo(batch)
    // Last, so that the engine can carry out a range as one.
    this.#expiry.writeCommit(batch)
  }

  /** Committed, or restored. */
  afterCommit(): void {
    this.#time.afterCommit()
    this.#expiry.afterCommit()
    this.#rows?.afterCommit()
  }

  discarded(): void {
    this.#time.discarded()
    this.#expiry.discarded()
    this.#rows?.discarded()
  }

  /** A changelog may still hold expired entries: they are kept until their tombstones are written. @returns the rest of the key, where it is one */
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): number | undefined {
    if (!isTimedKey(this.#layout, key)) return undefined
    this.#time.observe(timeOf(this.#layout, key))
    this.#bytes.writeTo(batch, key, value)
    return restOf(this.#layout, key)
  }

  writeRestored(batch: StoreBatch): void {
    this.#time.writeTo(batch)
    this.#expiry.restored()
    this.#rows?.forget()
  }

  *committed(): IterableIterator<StoreEntry> {
    const oldestMs = this.#time.oldestCommittedMs()
    for (const { key, value } of this.#bytes.database.scan(this.#bytes.keyspace)) {
      const timed = withoutSegment(key)
      if (timeOf(this.#layout, timed) >= oldestMs) yield { key: timed, value }
    }
  }

  /** Deletes always are: what they delete is in the changelog. */
  #isKept(key: Uint8Array, encoded: Uint8Array | null): boolean {
    return encoded === null || this.#time.isVisible(timeOf(this.#layout, key))
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

const NOTHING: EntrySource = { next: () => undefined, close: () => {} }

/** Without those of longer keys that lie between. */
function onlyOf(key: Uint8Array, layout: TimedKeyLayout, source: EntrySource): EntrySource {
  return {
    next() {
      for (let entry = source.next(); entry !== undefined; entry = source.next()) {
        if (hasLengthOf(layout, entry.key, key)) return entry
      }
      return undefined
    },
    close: () => source.close(),
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
