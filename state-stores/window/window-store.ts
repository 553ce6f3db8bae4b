import {
  type StoreBatch,
  type StoreChange,
  type StoreEntry,
  StreamsError,
  type WindowedKey,
  type WindowIterator,
  type WindowStore,
  type WindowStoreSpec,
} from '#streams'
import { decodingIterator } from '../decoding-iterator.ts'
import type { StoreKind } from '../managed-store.ts'
import { keyBounds } from '../segmented/key-bounds.ts'
import type { ObservedTime, TimeRange } from '../segmented/observed-time.ts'
import { type SegmentBounds, SegmentedEntries } from '../segmented/segmented-entries.ts'
import {
  fromIndexKey,
  hasLengthOf,
  keyOf,
  timedBounds,
  timedKey,
  timeOf,
  WINDOW_KEY,
} from '../segmented/timed-key.ts'
import { noEntries, type OverlaidEntries } from '../transactional/merge.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import { TypedBytes } from '../transactional/typed-bytes.ts'
import type { PutSequence } from './put-sequence.ts'

/** What of the entries that were read belongs to the answer. */
interface Wanted {
  readonly times: TimeRange
  /** A single key's bytes: longer keys with the same beginning lie between its windows. */
  readonly key?: Uint8Array
  readonly indexed?: boolean
  readonly accepts?: (key: Uint8Array) => boolean
}

/**
 * Values by key and window start, in Kafka Streams' key layout (key, start, sequence). A window is visible while its start is
 * after the largest start ever put, less the retention (from there on with `closesWindows`).
 */
export class TransactionalWindowStore<K, V> implements WindowStore<K, V>, StoreKind {
  readonly #spec: WindowStoreSpec<K, V>
  readonly #bytes: StoreBytes
  readonly #typed: TypedBytes<K, V>
  readonly #time: ObservedTime
  readonly #entries: SegmentedEntries
  /** Where duplicates are retained. */
  readonly #sequence: PutSequence | undefined

  constructor(parts: {
    readonly spec: WindowStoreSpec<K, V>
    readonly bytes: StoreBytes
    readonly topic: string
    readonly time: ObservedTime
    readonly sequence: PutSequence | undefined
    readonly isView: boolean
    readonly bounds: SegmentBounds
  }) {
    this.#spec = parts.spec
    this.#bytes = parts.bytes
    this.#typed = new TypedBytes(parts.spec, parts.topic)
    this.#time = parts.time
    this.#sequence = parts.sequence
    this.#entries = new SegmentedEntries(parts.bytes, parts.time, {
      layout: WINDOW_KEY,
      logged: parts.spec.logged,
      ...parts.bounds,
      isView: parts.isView,
    })
  }

  get name(): string {
    return this.#spec.name
  }

  /**
   * Dropped where the window is expired already. Undefined deletes, and counts as time too; where duplicates are retained it is
   * ignored.
   */
  put(key: K, value: V | undefined, windowStartMs: number): void {
    this.#bytes.requireWritable()
    requireStart(windowStartMs)
    const isNothing = value === undefined || value === null
    if (isNothing && this.#sequence !== undefined) return
    this.#time.observe(windowStartMs)
    if (!this.#time.isVisible(windowStartMs)) return
    const encoded = this.#typed.encode(value)
    const at = { timeMs: windowStartMs, rest: this.#sequence?.next() ?? 0 }
    this.#bytes.put(timedKey(WINDOW_KEY, this.#typed.encodeKey(key), at), encoded)
  }

  /** @throws {StreamsError} STORE_RETAINS_DUPLICATES */
  fetch(key: K, windowStartMs: number): V | undefined {
    if (this.#sequence !== undefined) throw retainsDuplicates(this.name)
    requireStart(windowStartMs)
    if (!this.#time.isVisible(windowStartMs)) return undefined
    const at = { timeMs: windowStartMs, rest: 0 }
    return this.#typed.decode(this.#bytes.get(timedKey(WINDOW_KEY, this.#typed.encodeKey(key), at)))
  }

  fetchRange(key: K, fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#ofKey(key, this.#time.visible(fromMs, toMs), false)
  }

  backwardFetchRange(key: K, fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.#ofKey(key, this.#time.visible(fromMs, toMs), true)
  }

  fetchKeyRange(
    from: K | undefined,
    to: K | undefined,
    fromMs: number,
    toMs: number,
  ): WindowIterator<K, V> {
    return this.#ofKeys({ from, to, times: this.#time.visible(fromMs, toMs), reverse: false })
  }

  fetchAll(fromMs: number, toMs: number): WindowIterator<K, V> {
    return this.fetchKeyRange(undefined, undefined, fromMs, toMs)
  }

  backwardFetchAll(fromMs: number, toMs: number): WindowIterator<K, V> {
    const times = this.#time.visible(fromMs, toMs)
    return this.#ofKeys({ from: undefined, to: undefined, times, reverse: true })
  }

  fetchAllByTime(fromMs: number, toMs: number): WindowIterator<K, V> {
    const times = this.#time.visible(fromMs, toMs)
    if (times === undefined) return this.#nothing()
    return this.#iterate(this.#entries.byTime(times), { times, indexed: true })
  }

  all(): WindowIterator<K, V> {
    return this.fetchAll(0, Infinity)
  }

  backwardAll(): WindowIterator<K, V> {
    return this.backwardFetchAll(0, Infinity)
  }

  /** @internal */
  changes(): Iterable<StoreChange> {
    return this.#entries.changes()
  }

  /** @internal */
  writeCommit(batch: StoreBatch): void {
    this.#sequence?.writeTo(batch)
    this.#entries.writeCommit(batch)
  }

  /** @internal */
  afterCommit(): void {
    this.#entries.afterCommit()
    this.#sequence?.afterCommit()
  }

  /** @internal */
  discarded(): void {
    this.#entries.discarded()
    this.#sequence?.discarded()
  }

  /** @internal */
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): void {
    const sequence = this.#entries.restore(batch, key, value)
    // Tombstones are of expired puts, long after later ones.
    if (sequence !== undefined && value !== null) this.#sequence?.restored(sequence)
  }

  /** @internal */
  writeRestored(batch: StoreBatch): void {
    this.#sequence?.writeTo(batch)
    this.#entries.writeRestored(batch)
  }

  /** @internal */
  committedEntries(): Iterable<StoreEntry> {
    return this.#entries.committed()
  }

  #ofKey(key: K, times: TimeRange | undefined, reverse: boolean): WindowIterator<K, V> {
    if (times === undefined) return this.#nothing()
    const encodedKey = this.#typed.encodeKey(key)
    const bounds = timedBounds(WINDOW_KEY, encodedKey, times)
    const entries = this.#entries.ofKey(encodedKey, bounds, { times, reverse })
    return this.#iterate(entries, { times, key: encodedKey })
  }

  #ofKeys(of: {
    readonly from: K | undefined
    readonly to: K | undefined
    readonly times: TimeRange | undefined
    readonly reverse: boolean
  }): WindowIterator<K, V> {
    const keys = keyBounds(this.#typed.encodeBound(of.from), this.#typed.encodeBound(of.to))
    if (of.times === undefined || keys === undefined) return this.#nothing()
    const entries = this.#entries.ofKeys(keys, of.times, of.reverse)
    return this.#iterate(entries, { times: of.times, accepts: keys.accepts })
  }

  #iterate(entries: OverlaidEntries, wanted: Wanted): WindowIterator<K, V> {
    const { times } = wanted
    let onlyKey: { readonly key: K } | undefined
    return decodingIterator<WindowedKey<K>, V>(entries, ({ key: read, encoded, entry }) => {
      if (wanted.key !== undefined && !hasLengthOf(WINDOW_KEY, read, wanted.key)) return undefined
      const timed = wanted.indexed === true ? fromIndexKey(WINDOW_KEY, read) : read
      const startMs = timeOf(WINDOW_KEY, timed)
      if (startMs < times.fromMs || startMs > times.toMs) return undefined
      const keyBytes = keyOf(WINDOW_KEY, timed)
      if (wanted.accepts?.(keyBytes) === false) return undefined
      const value = this.#typed.decode(entry ?? { encoded, decoded: undefined })
      if (value === undefined) return undefined
      const key = onlyKey === undefined ? this.#typed.decodeKey(keyBytes) : onlyKey.key
      if (wanted.key !== undefined) onlyKey ??= { key }
      return [{ key, startMs, endMs: startMs + this.#spec.windowSizeMs }, value]
    })
  }

  #nothing(): WindowIterator<K, V> {
    return this.#iterate(noEntries(), { times: { fromMs: 0, toMs: 0 } })
  }
}

function requireStart(windowStartMs: number): void {
  if (Number.isSafeInteger(windowStartMs) && windowStartMs >= 0) return
  throw new RangeError(`a window starts at whole ms since the epoch, not at ${windowStartMs}`)
}

function retainsDuplicates(store: string): StreamsError {
  return new StreamsError(
    'STORE_RETAINS_DUPLICATES',
    'a key and window start name no single value in a store that retains duplicates',
    { store },
    'Use fetchRange.',
  )
}
