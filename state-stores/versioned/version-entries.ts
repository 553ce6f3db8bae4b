import type { StoreEntry } from '#streams'
import { byteString, keyAfter } from '../bytes.ts'
import { hasLengthOf, keyOf, timedKey, timeOf, VERSION_KEY } from '../segmented/timed-key.ts'
import { type EntrySource, OverlaidEntries } from '../transactional/merge.ts'
import type { StoreValue } from '../transactional/store-value.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import { isTombstone, versionEngineKey, withoutLength } from './version-bytes.ts'

/** So many keys' latest times are remembered. */
const REMEMBERED_MAX = 10_000

/** A version of some key: a value, or a tombstone. */
export interface Version {
  readonly timestampMs: number
  readonly value: StoreValue
}

/** Versions of keys by time, whether visible or not. */
export class VersionEntries {
  readonly #bytes: StoreBytes
  /** Times of latest versions by key: they spare most reads an iterator. */
  readonly #latest: Map<string, number | undefined> | undefined

  /** `remembers` where every change of the bytes comes by this object, or is told to it. */
  constructor(bytes: StoreBytes, remembers: boolean) {
    this.#bytes = bytes
    this.#latest = remembers ? new Map() : undefined
  }

  latest(key: Uint8Array): Version | undefined {
    const timestampMs = this.#latestMs(key)
    return timestampMs === undefined ? undefined : this.at(key, timestampMs)
  }

  /** The one that begins at that time. */
  at(key: Uint8Array, timestampMs: number): Version {
    return { timestampMs, value: this.#bytes.get(versionKey(key, timestampMs)) }
  }

  /** Those that begin in the range, inclusive; close it, or drain it. */
  *between(
    key: Uint8Array,
    range: { readonly fromMs: number; readonly toMs: number; readonly reverse: boolean },
  ): Generator<Version, undefined> {
    const from = versionKey(key, range.fromMs)
    const to = keyAfter(versionKey(key, range.toMs))
    const engine = withoutLengths(
      this.#bytes.scan({
        from: versionEngineKey(from, key.length),
        to: versionEngineKey(to, key.length),
        reverse: range.reverse,
      }),
    )
    const overlay = this.#bytes.overlayRange(from, to)
    const merged = new OverlaidEntries(engine, overlay, range.reverse)
    try {
      for (let found = merged.next(); found !== undefined; found = merged.next()) {
        if (!hasLengthOf(VERSION_KEY, found.key, key)) continue
        const value = found.entry ?? { encoded: found.encoded, decoded: undefined }
        yield { timestampMs: timeOf(VERSION_KEY, found.key), value }
      }
    } finally {
      merged.close()
    }
    return undefined
  }

  firstAfter(key: Uint8Array, timestampMs: number): Version | undefined {
    const toMs = Number.MAX_SAFE_INTEGER
    for (const version of this.between(key, { fromMs: timestampMs + 1, toMs, reverse: false })) {
      return version
    }
    return undefined
  }

  put(key: Uint8Array, timestampMs: number, version: Uint8Array): void {
    const latestMs = this.#latestMs(key)
    this.#bytes.put(versionKey(key, timestampMs), version)
    if (latestMs === undefined || timestampMs > latestMs) this.#remember(key, timestampMs)
  }

  delete(key: Uint8Array, timestampMs: number): void {
    this.#bytes.put(versionKey(key, timestampMs), null)
    this.#latest?.delete(byteString(key))
  }

  /** The bytes were changed by others. */
  forget(): void {
    this.#latest?.clear()
  }

  /**
   * Committed versions that still tell something at `oldestMs` or later: values that held then or later, and tombstones that began
   * then or later. It does not matter which of the others are deleted already.
   */
  *committed(oldestMs: number): IterableIterator<StoreEntry> {
    let before: StoreEntry | undefined
    for (const stored of this.#bytes.database.scan(this.#bytes.keyspace)) {
      const entry = { key: withoutLength(stored.key), value: stored.value }
      if (before !== undefined && tells(before, entry, oldestMs)) yield before
      before = entry
    }
    if (before !== undefined && tells(before, undefined, oldestMs)) yield before
  }

  #latestMs(key: Uint8Array): number | undefined {
    const id = byteString(key)
    if (this.#latest?.has(id) === true) return this.#latest.get(id)
    let latestMs: number | undefined
    for (const version of this.between(key, EVER_REVERSE)) {
      latestMs = version.timestampMs
      break
    }
    this.#remember(key, latestMs)
    return latestMs
  }

  #remember(key: Uint8Array, timestampMs: number | undefined): void {
    if (this.#latest === undefined) return
    if (this.#latest.size >= REMEMBERED_MAX) this.#latest.clear()
    this.#latest.set(byteString(key), timestampMs)
  }
}

const EVER_REVERSE = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, reverse: true } as const

function versionKey(key: Uint8Array, timeMs: number): Uint8Array {
  return timedKey(VERSION_KEY, key, { timeMs, rest: 0 })
}

function withoutLengths(source: EntrySource): EntrySource {
  return {
    next: () => {
      const entry = source.next()
      return entry && { key: withoutLength(entry.key), value: entry.value }
    },
    close: () => source.close(),
  }
}

function tells(entry: StoreEntry, next: StoreEntry | undefined, oldestMs: number): boolean {
  if (isTombstone(entry.value)) return timeOf(VERSION_KEY, entry.key) >= oldestMs
  const isLatest = next === undefined || !isOfSameKey(entry.key, next.key)
  return isLatest || timeOf(VERSION_KEY, next.key) > oldestMs
}

function isOfSameKey(left: Uint8Array, right: Uint8Array): boolean {
  return byteString(keyOf(VERSION_KEY, left)) === byteString(keyOf(VERSION_KEY, right))
}
