import type {
  SessionStore,
  SessionStoreSpec,
  StoreBatch,
  StoreChange,
  StoreEntry,
  WindowedKey,
  WindowIterator,
} from '#streams'
import { decodingIterator } from '../decoding-iterator.ts'
import type { StoreKind } from '../managed-store.ts'
import { keyBounds } from '../segmented/key-bounds.ts'
import type { ObservedTime } from '../segmented/observed-time.ts'
import { type SegmentBounds, SegmentedEntries } from '../segmented/segmented-entries.ts'
import {
  fromIndexKey,
  hasLengthOf,
  keyOf,
  restOf,
  SESSION_KEY,
  timedBounds,
  timedKey,
  timeOf,
} from '../segmented/timed-key.ts'
import { noEntries, type OverlaidEntries } from '../transactional/merge.ts'
import type { StoreBytes } from '../transactional/transactional-bytes.ts'
import { TypedBytes } from '../transactional/typed-bytes.ts'

/** What of the entries that were read belongs to the answer. */
interface Wanted {
  /** A single key's bytes: longer keys with the same beginning lie between its sessions. */
  readonly key?: Uint8Array
  readonly fromMs: number
  readonly latestStartMs: number
  readonly indexed?: boolean
  readonly accepts?: (key: Uint8Array) => boolean
}

/**
 * Values by key and session, in Kafka Streams' key layout (key, end, start). A session is visible while its end is after the
 * largest end ever put, less the retention. Stored by segments of end times, like windows.
 */
export class TransactionalSessionStore<K, V> implements SessionStore<K, V>, StoreKind {
  readonly #spec: SessionStoreSpec<K, V>
  readonly #bytes: StoreBytes
  readonly #typed: TypedBytes<K, V>
  readonly #time: ObservedTime
  readonly #entries: SegmentedEntries

  constructor(parts: {
    readonly spec: SessionStoreSpec<K, V>
    readonly bytes: StoreBytes
    readonly topic: string
    readonly time: ObservedTime
    readonly isView: boolean
    readonly bounds: SegmentBounds
  }) {
    const { spec, bytes, time, isView } = parts
    this.#spec = spec
    this.#bytes = bytes
    this.#typed = new TypedBytes(spec, parts.topic)
    this.#time = time
    this.#entries = new SegmentedEntries(bytes, time, {
      layout: SESSION_KEY,
      logged: spec.logged,
      ...parts.bounds,
      isView,
    })
  }

  get name(): string {
    return this.#spec.name
  }

  /** Dropped where the session is expired already. Undefined removes, and counts as time too. */
  put(session: WindowedKey<K>, value: V | undefined): void {
    this.#bytes.requireWritable()
    requireSession(session)
    this.#time.observe(session.endMs)
    if (!this.#time.isVisible(session.endMs)) return
    this.#bytes.put(this.#sessionKey(session), this.#typed.encode(value))
  }

  remove(session: WindowedKey<K>): void {
    this.put(session, undefined)
  }

  fetchSession(key: K, startMs: number, endMs: number): V | undefined {
    requireSession({ startMs, endMs })
    if (!this.#time.isVisible(endMs)) return undefined
    return this.#typed.decode(this.#bytes.get(this.#sessionKey({ key, startMs, endMs })))
  }

  fetch(key: K): WindowIterator<K, V> {
    return this.#find(key, { earliestEndMs: 0, latestStartMs: Infinity, reverse: false })
  }

  backwardFetch(key: K): WindowIterator<K, V> {
    return this.#find(key, { earliestEndMs: 0, latestStartMs: Infinity, reverse: true })
  }

  findSessions(key: K, earliestEndMs: number, latestStartMs: number): WindowIterator<K, V> {
    return this.#find(key, { earliestEndMs, latestStartMs, reverse: false })
  }

  backwardFindSessions(key: K, earliestEndMs: number, latestStartMs: number): WindowIterator<K, V> {
    return this.#find(key, { earliestEndMs, latestStartMs, reverse: true })
  }

  /** By key bytes, then end, then start. */
  fetchKeyRange(from: K | undefined, to: K | undefined): WindowIterator<K, V> {
    const times = this.#time.visible(0, Infinity)
    const keys = keyBounds(this.#typed.encodeBound(from), this.#typed.encodeBound(to))
    if (times === undefined || keys === undefined) return this.#iterate(noEntries(), NOTHING_WANTED)
    const entries = this.#entries.ofKeys(keys, times, false)
    const { fromMs } = times
    return this.#iterate(entries, { fromMs, latestStartMs: Infinity, accepts: keys.accepts })
  }

  /** By end, then start, then key bytes, as Kafka Streams emits closed sessions. */
  findSessionsByEnd(fromMs: number, toMs: number): WindowIterator<K, V> {
    const times = this.#time.visible(fromMs, toMs)
    if (times === undefined) return this.#iterate(noEntries(), NOTHING_WANTED)
    const entries = this.#entries.byTime(times)
    return this.#iterate(entries, { fromMs: 0, latestStartMs: Infinity, indexed: true })
  }

  all(): WindowIterator<K, V> {
    return this.fetchKeyRange(undefined, undefined)
  }

  /** @internal */
  changes(): Iterable<StoreChange> {
    return this.#entries.changes()
  }

  /** @internal */
  writeCommit(batch: StoreBatch): void {
    this.#entries.writeCommit(batch)
  }

  /** @internal */
  afterCommit(): void {
    this.#entries.afterCommit()
  }

  /** @internal */
  discarded(): void {
    this.#entries.discarded()
  }

  /** @internal */
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): void {
    this.#entries.restore(batch, key, value)
  }

  /** @internal */
  writeRestored(batch: StoreBatch): void {
    this.#entries.writeRestored(batch)
  }

  /** @internal */
  committedEntries(): Iterable<StoreEntry> {
    return this.#entries.committed()
  }

  #find(
    key: K,
    of: {
      readonly earliestEndMs: number
      readonly latestStartMs: number
      readonly reverse: boolean
    },
  ): WindowIterator<K, V> {
    const times = this.#time.visible(of.earliestEndMs, Infinity)
    if (times === undefined) return this.#iterate(noEntries(), NOTHING_WANTED)
    const encodedKey = this.#typed.encodeKey(key)
    const bounds = timedBounds(SESSION_KEY, encodedKey, times)
    const entries = this.#entries.ofKey(encodedKey, bounds, { times, reverse: of.reverse })
    const { latestStartMs } = of
    return this.#iterate(entries, { key: encodedKey, fromMs: 0, latestStartMs })
  }

  #iterate(entries: OverlaidEntries, wanted: Wanted): WindowIterator<K, V> {
    let onlyKey: { readonly key: K } | undefined
    return decodingIterator<WindowedKey<K>, V>(entries, ({ key: read, encoded, entry }) => {
      if (wanted.key !== undefined && !hasLengthOf(SESSION_KEY, read, wanted.key)) return undefined
      const timed = wanted.indexed === true ? fromIndexKey(SESSION_KEY, read) : read
      const [endMs, startMs] = [timeOf(SESSION_KEY, timed), restOf(SESSION_KEY, timed)]
      if (endMs < wanted.fromMs || startMs > wanted.latestStartMs) return undefined
      const keyBytes = keyOf(SESSION_KEY, timed)
      if (wanted.accepts?.(keyBytes) === false) return undefined
      const value = this.#typed.decode(entry ?? { encoded, decoded: undefined })
      if (value === undefined) return undefined
      const key = onlyKey === undefined ? this.#typed.decodeKey(keyBytes) : onlyKey.key
      if (wanted.key !== undefined) onlyKey ??= { key }
      return [{ key, startMs, endMs }, value]
    })
  }

  #sessionKey({ key, startMs, endMs }: WindowedKey<K>): Uint8Array {
    return timedKey(SESSION_KEY, this.#typed.encodeKey(key), { timeMs: endMs, rest: startMs })
  }
}

const NOTHING_WANTED: Wanted = { fromMs: 0, latestStartMs: 0 }

function requireSession(session: { readonly startMs: number; readonly endMs: number }): void {
  const { startMs, endMs } = session
  const areTimes = Number.isSafeInteger(startMs) && Number.isSafeInteger(endMs)
  if (areTimes && startMs >= 0 && endMs >= startMs) return
  throw new RangeError(`a session lies between whole ms since the epoch, not ${startMs}..${endMs}`)
}
