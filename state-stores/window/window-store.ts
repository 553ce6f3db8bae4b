import type {
  StoreBatch,
  StoreEntry,
  WindowedKey,
  WindowIterator,
  WindowStore,
  WindowStoreSpec,
} from '#streams'
import { keyAfter } from '../bytes.ts'
import { decodingIterator } from '../decoding-iterator.ts'
import type { StoreKind } from '../managed-store.ts'
import { type EntrySource, mergeSources, OverlaidEntries } from '../transactional/merge.ts'
import type { StoreValue } from '../transactional/store-value.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import {
  hasLengthOf,
  isWindowKey,
  segmentKey,
  segmentStart,
  windowKey,
  windowKeyKey,
  windowKeyStartMs,
  withoutSegment,
} from './window-key.ts'
import type { WindowTime } from './window-time.ts'

/**
 * Values by key and window start. A window is visible while its start is after the largest start ever put, less the
 * retention; that is Kafka Streams' rule. Entries are stored by time segment: an expired segment leaves with one range
 * delete in a commit, without tombstones in the changelog, and is invisible before.
 */
export class TransactionalWindowStore<K, V> implements WindowStore<K, V>, StoreKind {
  readonly #spec: WindowStoreSpec<K, V>
  readonly #bytes: StoreBytes
  readonly #topic: string
  readonly #time: WindowTime

  constructor(spec: WindowStoreSpec<K, V>, bytes: StoreBytes, topic: string, time: WindowTime) {
    this.#spec = spec
    this.#bytes = bytes
    this.#topic = topic
    this.#time = time
  }

  get name(): string {
    return this.#spec.name
  }

  /** Dropped where the window is expired already. Undefined deletes, and counts as time too. */
  put(key: K, value: V | undefined, windowStartMs: number): void {
    this.#bytes.requireWritable()
    requireStart(windowStartMs)
    this.#time.observe(windowStartMs)
    if (!this.#time.isVisible(windowStartMs)) return
    const isDelete = value === undefined || value === null
    const encoded = isDelete ? null : this.#spec.valueSerde.serialize(this.#topic, value)
    this.#bytes.put(windowKey(this.#encodeKey(key), windowStartMs), encoded)
  }

  fetch(key: K, windowStartMs: number): V | undefined {
    requireStart(windowStartMs)
    if (!this.#time.isVisible(windowStartMs)) return undefined
    return this.#decode(this.#bytes.get(windowKey(this.#encodeKey(key), windowStartMs)))
  }

  fetchRange(key: K, fromMs: number, toMs: number): WindowIterator<K, V> {
    const times = this.#time.visible(fromMs, toMs)
    if (times === undefined) return this.#nothing()
    const encodedKey = this.#encodeKey(key)
    const from = windowKey(encodedKey, times.fromMs)
    const to = keyAfter(windowKey(encodedKey, times.toMs))
    // Segments ascend in time and a key's entries do too, so one after the other is in order.
    const sources = this.#time
      .segments(times)
      .map(
        (segment) => () =>
          this.#scan({ from: segmentKey(segment, from), to: segmentKey(segment, to) }),
      )
    const overlay = this.#bytes.overlayRange(from, to)
    const merged = new OverlaidEntries(concatenated(sources), overlay, false)
    return this.#iterate(merged, (windowed) => hasLengthOf(windowed, encodedKey))
  }

  fetchAll(fromMs: number, toMs: number): WindowIterator<K, V> {
    const times = this.#time.visible(fromMs, toMs)
    if (times === undefined) return this.#nothing()
    const sources = this.#time.segments(times).map((segment) => this.#scanSegment(segment))
    const overlay = this.#bytes.overlayRange(undefined, undefined)
    const merged = new OverlaidEntries(mergeSources(sources, false), overlay, false)
    return this.#iterate(merged, (windowed) => {
      const startMs = windowKeyStartMs(windowed)
      return startMs >= times.fromMs && startMs <= times.toMs
    })
  }

  all(): WindowIterator<K, V> {
    return this.fetchAll(0, Number.MAX_SAFE_INTEGER)
  }

  /** @internal */
  writeCommit(batch: StoreBatch): void {
    this.#bytes.commitTo(batch, (key) => this.#time.isVisible(windowKeyStartMs(key)))
    this.writeRestored(batch)
  }

  /** @internal */
  afterCommit(): void {
    this.#time.afterCommit()
  }

  /** @internal */
  discarded(): void {
    this.#time.discarded()
  }

  /** @internal A changelog may still hold expired windows: they count as time and are left out. */
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): void {
    if (!isWindowKey(key)) return
    const startMs = windowKeyStartMs(key)
    this.#time.observe(startMs)
    if (!this.#time.isVisible(startMs)) return
    const stored = segmentKey(this.#time.segmentOf(startMs), key)
    if (value === null) batch.delete(this.#bytes.keyspace, stored)
    else batch.put(this.#bytes.keyspace, stored, value)
  }

  /** @internal */
  writeRestored(batch: StoreBatch): void {
    this.#time.writeTo(batch)
    // Last, so that the engine can carry it out as one range.
    const firstLive = this.#time.expireUpTo()
    if (firstLive === undefined) return
    batch.deleteRange(this.#bytes.keyspace, segmentStart(0), segmentStart(firstLive))
  }

  /** @internal */
  *committedEntries(): IterableIterator<StoreEntry> {
    const oldestMs = this.#time.oldestCommittedMs()
    for (const { key, value } of this.#bytes.database.scan(this.#bytes.keyspace)) {
      const windowed = withoutSegment(key)
      if (windowKeyStartMs(windowed) >= oldestMs) yield { key: windowed, value }
    }
  }

  #iterate(
    entries: OverlaidEntries,
    belongs: (windowed: Uint8Array) => boolean,
  ): WindowIterator<K, V> {
    return decodingIterator<WindowedKey<K>, V>(entries, ({ key: windowed, encoded, entry }) => {
      if (!belongs(windowed)) return undefined
      const startMs = windowKeyStartMs(windowed)
      const key = this.#spec.keySerde.deserialize(this.#topic, windowKeyKey(windowed))
      const value = this.#decode(entry ?? { encoded, decoded: undefined })
      if (value === undefined) return undefined
      return [{ key, startMs, endMs: startMs + this.#spec.windowSizeMs }, value]
    })
  }

  #nothing(): WindowIterator<K, V> {
    return this.#iterate(new OverlaidEntries(concatenated([]), [], false), () => false)
  }

  #scanSegment(segment: number): EntrySource {
    return this.#scan({ from: segmentStart(segment), to: segmentStart(segment + 1) })
  }

  #scan(range: { readonly from: Uint8Array; readonly to: Uint8Array }): EntrySource {
    const source = this.#bytes.scan(range)
    return {
      next: () => {
        const entry = source.next()
        return entry && { key: withoutSegment(entry.key), value: entry.value }
      },
      close: () => source.close(),
    }
  }

  #encodeKey(key: K): Uint8Array {
    return this.#spec.keySerde.serialize(this.#topic, key)
  }

  #decode(value: StoreValue): V | undefined {
    if (value.encoded === null) return undefined
    if (value.decoded === undefined) {
      value.decoded = this.#spec.valueSerde.deserialize(this.#topic, value.encoded)
    }
    return value.decoded as V
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

function requireStart(windowStartMs: number): void {
  if (Number.isSafeInteger(windowStartMs) && windowStartMs >= 0) return
  throw new RangeError(`a window starts at whole ms since the epoch, not at ${windowStartMs}`)
}
