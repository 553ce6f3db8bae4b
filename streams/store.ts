import type { LogRecord } from './log/log.ts'
import type { Serde } from './serde.ts'

/**
 * State stores as processors see them (synchronous, typed) and as the runtime manages them (bytes, checkpoints).
 * `state-stores/` implements both sides; the composition root injects it as a `StoreBackend`.
 */
export type StateStore =
  | KeyValueStore<unknown, unknown>
  | WindowStore<unknown, unknown>
  | SessionStore<unknown, unknown>
  | VersionedKeyValueStore<unknown, unknown>

/** What tables and aggregates keep: the value, and the time of the record that it came from. Written by `timestampedSerde`. */
export interface ValueAndTimestamp<V> {
  readonly value: V
  readonly timestampMs: number
}

export type TimestampedKeyValueStore<K, V> = KeyValueStore<K, ValueAndTimestamp<V>>
export type TimestampedWindowStore<K, V> = WindowStore<K, ValueAndTimestamp<V>>

export interface ReadOnlyKeyValueStore<K, V> {
  readonly name: string
  get(key: K): V | undefined
  /** Keys from `from` to `to`, both inclusive, in byte order of the serialised key. Close it, or drain it. */
  range(from: K | undefined, to: K | undefined): KeyValueIterator<K, V>
  reverseRange(from: K | undefined, to: K | undefined): KeyValueIterator<K, V>
  prefixScan(prefix: Uint8Array): KeyValueIterator<K, V>
  all(): KeyValueIterator<K, V>
  reverseAll(): KeyValueIterator<K, V>
  approximateNumEntries(): number
}

export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V> {
  put(key: K, value: V): void
  putIfAbsent(key: K, value: V): V | undefined
  delete(key: K): V | undefined
}

export interface KeyValueIterator<K, V> extends Iterable<readonly [K, V]> {
  next(): IteratorResult<readonly [K, V], undefined>
  close(): void
}

/** Values by key and window start. A window older than the retention, by the store's own stream time, is gone. */
export interface ReadOnlyWindowStore<K, V> {
  readonly name: string
  /** Not for a store that retains duplicates. */
  fetch(key: K, windowStartMs: number): V | undefined
  /** Windows of one key whose start is in [fromMs, toMs], by start (duplicates in the order of their puts). */
  fetchRange(key: K, fromMs: number, toMs: number): WindowIterator<K, V>
  backwardFetchRange(key: K, fromMs: number, toMs: number): WindowIterator<K, V>
  /** Windows of the keys from `from` to `to` (inclusive, byte order; undefined: unbounded) whose start is in [fromMs, toMs], in store order. */
  fetchKeyRange(
    from: K | undefined,
    to: K | undefined,
    fromMs: number,
    toMs: number,
  ): WindowIterator<K, V>
  /** Windows of all keys whose start is in [fromMs, toMs], in store order: bytes of the changelog's keys, so by key, then start. */
  fetchAll(fromMs: number, toMs: number): WindowIterator<K, V>
  backwardFetchAll(fromMs: number, toMs: number): WindowIterator<K, V>
  /** The same windows by start, then key bytes: the order in which closed windows are emitted. */
  fetchAllByTime(fromMs: number, toMs: number): WindowIterator<K, V>
  all(): WindowIterator<K, V>
  backwardAll(): WindowIterator<K, V>
}

export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V> {
  /** Undefined deletes; ignored where duplicates are retained. */
  put(key: K, value: V | undefined, windowStartMs: number): void
}

/** Values by key and session [startMs, endMs]. A session is visible while its end is after the largest end put, less the retention. */
export interface ReadOnlySessionStore<K, V> {
  readonly name: string
  fetchSession(key: K, startMs: number, endMs: number): V | undefined
  /** All sessions of a key, by end, then start. */
  fetch(key: K): WindowIterator<K, V>
  backwardFetch(key: K): WindowIterator<K, V>
  fetchKeyRange(from: K | undefined, to: K | undefined): WindowIterator<K, V>
  /** Sessions of a key with end >= earliestEndMs and start <= latestStartMs, by end, then start. */
  findSessions(key: K, earliestEndMs: number, latestStartMs: number): WindowIterator<K, V>
  backwardFindSessions(key: K, earliestEndMs: number, latestStartMs: number): WindowIterator<K, V>
  /** Sessions of all keys whose end is in [fromMs, toMs], by end, then start, then key bytes: the order in which closed sessions are emitted. */
  findSessionsByEnd(fromMs: number, toMs: number): WindowIterator<K, V>
  all(): WindowIterator<K, V>
}

export interface SessionStore<K, V> extends ReadOnlySessionStore<K, V> {
  /** Undefined removes. */
  put(session: WindowedKey<K>, value: V | undefined): void
  remove(session: WindowedKey<K>): void
}

export interface VersionedRecord<V> extends ValueAndTimestamp<V> {
  /** When the next version begins; undefined: it is the latest. */
  readonly validToMs: number | undefined
}

/**
 * Versions of each key by timestamp. What is older than the largest timestamp put, less the history retention, is gone, and a put that old
 * is refused.
 */
export interface ReadOnlyVersionedKeyValueStore<K, V> {
  readonly name: string
  /** The latest version, or the one that held at `asOfMs` (inclusive); undefined for a tombstone, or where history does not reach. */
  get(key: K, asOfMs?: number): VersionedRecord<V> | undefined
  /** Versions that held at any time of [fromMs, toMs], latest first. */
  history(key: K, fromMs: number, toMs: number): readonly VersionedRecord<V>[]
}

export interface VersionedKeyValueStore<K, V> extends ReadOnlyVersionedKeyValueStore<K, V> {
  /**
   * Undefined is a tombstone as of `timestampMs`. Answers until when the version holds: `'latest'`, the start of the next one, or
   * `'not-put'` where it is too old.
   */
  put(key: K, value: V | undefined, timestampMs: number): number | 'latest' | 'not-put'
  /** A tombstone; answers what held before. */
  delete(key: K, timestampMs: number): VersionedRecord<V> | undefined
}

export interface WindowedKey<K> {
  readonly key: K
  readonly startMs: number
  readonly endMs: number
}

export interface WindowIterator<K, V> extends Iterable<readonly [WindowedKey<K>, V]> {
  next(): IteratorResult<readonly [WindowedKey<K>, V], undefined>
  close(): void
}

interface StoreSpecBase<K, V> {
  /** Never changes: names the changelog topic. */
  readonly name: string
  readonly keySerde: Serde<K>
  readonly valueSerde: Serde<V>
  /** false: not restorable, only for derived state that may be lost. */
  readonly logged: boolean
  readonly persistent: boolean
}

export interface KeyValueStoreSpec<K, V> extends StoreSpecBase<K, V> {
  readonly kind: 'key-value'
  /** Keeps the most recently used entries only; a store in memory. */
  readonly entriesMax?: number
}

export interface WindowStoreSpec<K, V> extends StoreSpecBase<K, V> {
  readonly kind: 'window'
  readonly windowSizeMs: number
  readonly retentionMs: number
  /** Several values under one key and start, as stream-stream joins keep them. */
  readonly retainDuplicates?: boolean
  /**
   * A window is visible while start >= (largest start put) - retention, one more ms than Kafka Streams' `>`: set where closed
   * windows are read back.
   */
  readonly closesWindows?: boolean
}

export interface SessionStoreSpec<K, V> extends StoreSpecBase<K, V> {
  readonly kind: 'session'
  readonly retentionMs: number
}

export interface VersionedStoreSpec<K, V> extends StoreSpecBase<K, V> {
  readonly kind: 'versioned'
  readonly historyRetentionMs: number
}

// biome-ignore lint/suspicious/noExplicitAny: stores of unrelated types share a list; each processor gets its own typed one
export type StoreSpec<K = any, V = any> =
  | KeyValueStoreSpec<K, V>
  | WindowStoreSpec<K, V>
  | SessionStoreSpec<K, V>
  | VersionedStoreSpec<K, V>

/** Opens the stores of one task, or of one global thread, in a directory of their own. */
export interface StoreBackend {
  open(options: OpenTaskStores): Promise<TaskStores>
  /** Deletes local state. @throws {StreamsError} STORE_LOCKED while it is open */
  wipe(directory: string): Promise<void>
  /** Names in a directory that it keeps itself. Absent: directories are those of the file system. */
  list?(directory: string): readonly string[]
}

export interface OpenTaskStores {
  /** Of this task alone; locked while open. */
  readonly directory: string
  readonly taskId: string
  readonly specs: readonly StoreSpec[]
  /** Bytes of uncommitted writes at which `overlayFull` turns true, so that the task commits early. */
  readonly overlayBytesMax: number
  /** The topic that serdes are told, for a schema's subject; a store's name where it is left out. */
  readonly changelogTopic?: (store: string) => string
}

/**
 * All stores of one task. Writes since the last commit live in an overlay; `commit` writes state and changelog positions as one
 * atomic batch, so a store is never ahead of or behind an unknown offset.
 */
export interface TaskStores {
  get(name: string): ManagedStore
  readonly names: readonly string[]
  readonly overlayFull: boolean
  /**
   * One atomic batch: every store's overlay, and the changelog position each corresponds to (next offset to restore from).
   * Afterwards overlays are empty. A position is named by its store, or `store/partition` for a store filled from several
   * partitions (global stores).
   * @throws {StreamsError} STORE_UNKNOWN
   */
  commit(positions: ReadonlyMap<string, number>): void
  /** A committed or restored position by its name; undefined where there is none. */
  position(name: string): number | undefined
  /** Drops every overlay. State is what it was at the last commit. */
  discard(): void
  close(): Promise<void>
}

/** One change as the changelog carries it: the last value of a key in this transaction, null for a tombstone. */
export interface StoreChange {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

export interface ManagedStore {
  readonly spec: StoreSpec
  /** What processors get. */
  readonly store: StateStore
  /**
   * The same store without the overlay: what the last commit left. Interactive queries read it; its writing methods refuse.
   * A store that does not offer it is refused to interactive queries.
   */
  readonly committed?: StateStore
  /** Uncommitted changes, one per key, in order of first write. */
  changes(): Iterable<StoreChange>
  readonly changeCount: number
  /** Next changelog offset to restore from; undefined for a store without a checkpoint (new or wiped). */
  checkpoint(): number | undefined
  /**
   * Applies changelog records straight to the engine, with the position after them, as one batch. `position` names it where
   * it is not the store's own: `store/partition`.
   */
  restore(records: readonly LogRecord[], nextOffset: number, position?: string): void
  /** Order-independent digest of the committed entries: equal contents give equal digests. */
  digest(): StoreDigest
  sizeBytes(): number
  /** Reads of committed values since it was opened; absent where nothing is cached. */
  readonly cache?: { readonly hits: number; readonly misses: number }
}

export interface StoreDigest {
  readonly entries: number
  /** 32 hex digits: 128-bit sum over entries of a hash of (key, value). */
  readonly digest: string
}
