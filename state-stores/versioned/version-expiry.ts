import type { StoreBatch } from '#streams'
import { byteString, keyAfter, uint64Bytes } from '../bytes.ts'
import { fromIndexKey, keyOf, timeOf, VERSION_KEY } from '../segmented/timed-key.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import { isTombstone } from './version-bytes.ts'
import type { VersionEntries } from './version-entries.ts'

/** So many versions are looked at with one put: more than one, so that expiry keeps up with puts. */
const AT_ONCE = 16

/**
 * Deletes versions that a later one replaced before the history retention, and tombstones that old. The deletes are changes like any
 * others, so the changelog stays as bounded as the store. They come a few per put, and some time after the versions became invisible:
 * what readers see does not depend on them.
 */
export class VersionExpiry {
  readonly #bytes: StoreBytes
  readonly #entries: VersionEntries
  readonly #everyMs: number
  /** Of the index, where every version of the engine is by its time until it was looked at. */
  #lookedAt: Uint8Array[] = []
  #lastLookedAt: Uint8Array | undefined
  #expiredBeforeMs = Number.NEGATIVE_INFINITY
  #isBehind = false

  constructor(bytes: StoreBytes, entries: VersionEntries, everyMs: number) {
    this.#bytes = bytes
    this.#entries = entries
    this.#everyMs = everyMs
  }

  /** What was replaced before `oldestMs` is invisible. */
  expire(oldestMs: number): void {
    if (oldestMs <= 0) return
    if (!this.#isBehind && oldestMs - this.#expiredBeforeMs < this.#everyMs) return
    const replacedMs = new Map<string, { readonly key: Uint8Array; readonly beforeMs: number }>()
    const found = this.#next(oldestMs)
    for (const timed of found) {
      const key = keyOf(VERSION_KEY, timed)
      replacedMs.set(byteString(key), { key, beforeMs: timeOf(VERSION_KEY, timed) })
    }
    for (const { key, beforeMs } of replacedMs.values()) this.#deleteBefore(key, beforeMs)
    this.#isBehind = found.length === AT_ONCE
    this.#expiredBeforeMs = oldestMs
  }

  writeCommit(batch: StoreBatch): void {
    const { index } = this.#bytes
    if (index !== undefined) for (const key of this.#lookedAt) batch.delete(index.keyspace, key)
  }

  afterCommit(): void {
    this.#lookedAt = []
  }

  /** Discarded, or restored: looks from the start again. */
  reset(): void {
    this.#lookedAt = []
    this.#lastLookedAt = undefined
    this.#expiredBeforeMs = Number.NEGATIVE_INFINITY
    this.#isBehind = false
  }

  /** In order of time, so that the last one of a key is its newest. */
  #next(oldestMs: number): readonly Uint8Array[] {
    const { index, database } = this.#bytes
    if (index === undefined) return []
    const from = this.#lastLookedAt === undefined ? uint64Bytes(0) : keyAfter(this.#lastLookedAt)
    const found: Uint8Array[] = []
    const range = { from, to: uint64Bytes(oldestMs), limit: AT_ONCE }
    for (const { key } of database.scan(index.keyspace, range)) {
      this.#lookedAt.push(key)
      this.#lastLookedAt = key
      found.push(fromIndexKey(VERSION_KEY, key))
    }
    return found
  }

  #deleteBefore(key: Uint8Array, timestampMs: number): void {
    // Nothing is before time 0, and a range cannot end before it.
    const before =
      timestampMs === 0
        ? []
        : this.#entries.between(key, {
            fromMs: 0,
            toMs: timestampMs - 1,
            reverse: false,
          })
    for (const version of before) this.#entries.delete(key, version.timestampMs)
    const { encoded } = this.#entries.at(key, timestampMs).value
    if (encoded !== null && isTombstone(encoded)) this.#entries.delete(key, timestampMs)
  }
}
