import type {
  StoreBatch,
  StoreEntry,
  VersionedKeyValueStore,
  VersionedRecord,
  VersionedStoreSpec,
} from '#streams'
import type { StoreKind } from '../managed-store.ts'
import { type ObservedTime, segmentMsFor } from '../segmented/observed-time.ts'
import { isTimedKey, timeOf, VERSION_KEY } from '../segmented/timed-key.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import { TypedBytes } from '../transactional/typed-bytes.ts'
import { isTombstone, isTombstoneBetween, versionBytes, versionValue } from './version-bytes.ts'
import { type Version, VersionEntries } from './version-entries.ts'
import { VersionExpiry } from './version-expiry.ts'

/**
 * Versions of each key. An entry is one version, in the changelog under the key and the time in 8 bytes; how long it held follows from
 * the next one. What was replaced before the largest time put, less the history retention, is invisible; the latest version stays
 * whatever its age.
 */
export class TransactionalVersionedStore<K, V> implements VersionedKeyValueStore<K, V>, StoreKind {
  readonly #spec: VersionedStoreSpec<K, V>
  readonly #bytes: StoreBytes
  readonly #typed: TypedBytes<K, V>
  /** Its oldest visible time is the first one whose history is known. */
  readonly #time: ObservedTime
  readonly #entries: VersionEntries
  readonly #expiry: VersionExpiry

  constructor(parts: {
    readonly spec: VersionedStoreSpec<K, V>
    readonly bytes: StoreBytes
    readonly topic: string
    readonly time: ObservedTime
    readonly isView: boolean
  }) {
    this.#spec = parts.spec
    this.#bytes = parts.bytes
    this.#typed = new TypedBytes(parts.spec, parts.topic)
    this.#time = parts.time
    this.#entries = new VersionEntries(parts.bytes, !parts.isView)
    const everyMs = segmentMsFor(parts.spec.historyRetentionMs)
    this.#expiry = new VersionExpiry(parts.bytes, this.#entries, everyMs)
  }

  get name(): string {
    return this.#spec.name
  }

  put(key: K, value: V | undefined, timestampMs: number): number | 'latest' | 'not-put' {
    this.#bytes.requireWritable()
    requireTime(timestampMs)
    if (!this.#time.isVisible(timestampMs)) return 'not-put'
    const encoded = this.#typed.encode(value)
    const encodedKey = this.#typed.encodeKey(key)
    this.#time.observe(timestampMs)
    this.#expiry.expire(this.#time.oldestMs)
    const validToMs = this.#validToMs(encodedKey, timestampMs)
    if (encoded === null && this.#takesBack(encodedKey, timestampMs)) {
      this.#entries.delete(encodedKey, timestampMs)
    } else {
      const version = versionBytes(encoded, validToMs === undefined)
      this.#entries.put(encodedKey, timestampMs, version)
    }
    return validToMs ?? 'latest'
  }

  delete(key: K, timestampMs: number): VersionedRecord<V> | undefined {
    this.#bytes.requireWritable()
    requireTime(timestampMs)
    if (!this.#time.isVisible(timestampMs)) return undefined
    const before = this.get(key, timestampMs)
    this.put(key, undefined, timestampMs)
    return before
  }

  get(key: K, asOfMs: number = Number.MAX_SAFE_INTEGER): VersionedRecord<V> | undefined {
    const encodedKey = this.#typed.encodeKey(key)
    const latest = this.#entries.latest(encodedKey)
    if (latest === undefined) return undefined
    if (latest.timestampMs <= asOfMs) return this.#record(latest, undefined)
    // History may still be stored, but not for as long on every instance.
    if (asOfMs < 0 || !this.#time.isVisible(asOfMs)) return undefined
    const range = { fromMs: 0, toMs: Math.floor(asOfMs), reverse: true }
    for (const version of this.#entries.between(encodedKey, range)) {
      return this.#record(version, this.#validToMs(encodedKey, version.timestampMs))
    }
    return undefined
  }

  /** Where `fromMs` is before the history retention, what held within it. */
  history(key: K, fromMs: number, toMs: number): readonly VersionedRecord<V>[] {
    if (toMs < 0 || toMs < fromMs) return []
    const encodedKey = this.#typed.encodeKey(key)
    if (!this.#time.isVisible(toMs)) {
      const latest = this.get(key)
      return latest === undefined || latest.timestampMs > toMs ? [] : [latest]
    }
    const last = Math.min(Math.floor(toMs), Number.MAX_SAFE_INTEGER - 1)
    const firstMs = Math.max(fromMs, this.#time.oldestMs)
    let validToMs = this.#validToMs(encodedKey, last)
    const found: VersionedRecord<V>[] = []
    const range = { fromMs: 0, toMs: last, reverse: true }
    for (const version of this.#entries.between(encodedKey, range)) {
      const record = this.#record(version, validToMs)
      if (record !== undefined) found.push(record)
      if (version.timestampMs <= firstMs) break
      validToMs = version.timestampMs
    }
    return found
  }

  /** @internal */
  writeCommit(batch: StoreBatch): void {
    this.#bytes.commitTo(batch, () => true)
    this.#expiry.writeCommit(batch)
    this.#time.writeTo(batch)
  }

  /** @internal */
  afterCommit(): void {
    this.#time.afterCommit()
    this.#expiry.afterCommit()
  }

  /** @internal */
  discarded(): void {
    this.#time.discarded()
    this.#entries.forget()
    this.#expiry.reset()
  }

  /** @internal */
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): void {
    if (!isTimedKey(VERSION_KEY, key)) return
    this.#time.observe(timeOf(VERSION_KEY, key))
    this.#bytes.writeTo(batch, key, value)
  }

  /** @internal */
  writeRestored(batch: StoreBatch): void {
    this.#time.writeTo(batch)
    this.#entries.forget()
    this.#expiry.reset()
  }

  /** @internal */
  committedEntries(): Iterable<StoreEntry> {
    return this.#entries.committed(this.#time.oldestCommittedMs())
  }

  /**
   * A tombstone at the very time of the latest version takes that back, as in Kafka Streams: the key is as if nothing had come at that time. It
   * stays only where it ends what held before, a value or a tombstone that came between two versions.
   */
  #takesBack(encodedKey: Uint8Array, timestampMs: number): boolean {
    const latest = this.#entries.latest(encodedKey)?.value.encoded
    if (latest === undefined || latest === null || isTombstone(latest)) return false
    if (this.#entries.latest(encodedKey)?.timestampMs !== timestampMs) return false
    if (timestampMs === 0) return true
    const range = { fromMs: 0, toMs: timestampMs - 1, reverse: true }
    for (const { value } of this.#entries.between(encodedKey, range)) {
      return (
        value.encoded === null || (isTombstone(value.encoded) && !isTombstoneBetween(value.encoded))
      )
    }
    return true
  }

  /** When the version after `timestampMs` begins. */
  #validToMs(encodedKey: Uint8Array, timestampMs: number): number | undefined {
    const latest = this.#entries.latest(encodedKey)
    if (latest === undefined || latest.timestampMs <= timestampMs) return undefined
    return this.#entries.firstAfter(encodedKey, timestampMs)?.timestampMs
  }

  #record(version: Version, validToMs: number | undefined): VersionedRecord<V> | undefined {
    const { value, timestampMs } = version
    if (value.encoded === null || isTombstone(value.encoded)) return undefined
    value.decoded ??= this.#typed.decodeValue(versionValue(value.encoded))
    return { value: value.decoded as V, timestampMs, validToMs }
  }
}

function requireTime(timestampMs: number): void {
  if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) return
  throw new RangeError(`a version begins at whole ms since the epoch, not at ${timestampMs}`)
}
