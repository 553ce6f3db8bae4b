import {
  type KeyRange,
  type StoreBatch,
  type StoreChange,
  type StoreDatabase,
  type StoreIterator,
  StreamsError,
} from '#streams'
import { byteString } from '../bytes.ts'
import { storeClosed } from '../engine-errors.ts'
import { AskedBefore } from './asked-before.ts'
import { HeadRows } from './head-rows.ts'
import { KnownKeys } from './known-keys.ts'
import type { EntrySource } from './merge.ts'
import { Overlay } from './overlay.ts'
import type { OverlayEntry, StoreValue } from './store-value.ts'
import { ValueCache } from './value-cache.ts'

export interface TransactionalBytesOptions {
  readonly database: StoreDatabase
  readonly keyspace: string
  readonly cacheBytesMax: number
  /** Where the engine keeps a key of the changelog; the same key for most stores. */
  readonly engineKey: (key: Uint8Array) => Uint8Array
  readonly index?: StoreIndex
  /** Changes are in order of last write, not of first. */
  readonly byLastWrite?: boolean
  /** Of keys that expire by time. */
  readonly segmentOf?: (key: Uint8Array) => number
}

/** Keys once more, in another order, kept with every write that reaches the engine. */
export interface StoreIndex {
  readonly keyspace: string
  readonly toIndex: (key: Uint8Array) => Uint8Array
  readonly fromIndex: (indexKey: Uint8Array) => Uint8Array
}

/** Whether the engine needs a write; null deletes. */
type KeepWrite = (key: Uint8Array, encoded: Uint8Array | null) => boolean

const ABSENT: StoreValue = { encoded: null, decoded: undefined }
const NOTHING = new Uint8Array(0)
/** Of the cache's memory, on top of it, for knowing which keys are in the engine. */
const KNOWN_SHARE = 0.25

/** What typed stores need of the bytes below them. */
export interface StoreBytes {
  readonly database: StoreDatabase
  readonly keyspace: string
  readonly changeCount: number
  readonly index: StoreIndex | undefined
  get(key: Uint8Array): StoreValue
  /** What is committed: of the cache, and together of the engine. Nothing is kept. */
  getCommitted(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[]
  /** @throws {StreamsError} STORE_CLOSED, STORE_READ_ONLY */
  requireWritable(): void
  put(key: Uint8Array, encoded: Uint8Array | null): void
  overlayRange(from: Uint8Array | undefined, to: Uint8Array | undefined): readonly OverlayEntry[]
  /** By keys of the index. */
  overlayIndexRange(from: Uint8Array, to: Uint8Array): readonly OverlayEntry[]
  scan(range: KeyRange): EntrySource
  /** Ascending. What is read repeatedly from the same beginning is remembered. */
  scanHead(from: Uint8Array, to: Uint8Array | undefined): EntrySource
  /** Keys of the index, ascending; remembered as well. */
  scanIndex(index: StoreIndex, from: Uint8Array, to: Uint8Array): EntrySource
  changes(): Iterable<StoreChange>
  commitTo(batch: StoreBatch, keep: KeepWrite): void
  /** One key of the changelog, past the overlay; null deletes. */
  writeTo(batch: StoreBatch, key: Uint8Array, encoded: Uint8Array | null): void
}

/**
 * One store's bytes with the writes since the last commit before them: overlay, then cache, then engine. Writes reach
 * the engine with `commitTo` alone, so dropping the overlay is the whole of `discard`.
 */
export class TransactionalBytes implements StoreBytes {
  readonly #options: TransactionalBytesOptions
  readonly #overlay: Overlay
  readonly #cache: ValueCache
  readonly #asked = new AskedBefore()
  /** With the overlay's keys. */
  #known: KnownKeys | undefined
  /** The last look-up was in vain: the next one may well be, too. */
  #wasAbsent = false
  readonly #heads: HeadRows
  readonly #indexHeads: HeadRows
  readonly cacheReads = { hits: 0, misses: 0 }
  #closed = false

  constructor(options: TransactionalBytesOptions) {
    this.#options = options
    this.#overlay = new Overlay({
      ...(options.index && { toIndex: options.index.toIndex }),
      ...(options.byLastWrite && { byLastWrite: true }),
    })
    this.#cache = new ValueCache(options.cacheBytesMax)
    this.#known = isEmpty(options)
      ? new KnownKeys(options.cacheBytesMax * KNOWN_SHARE, options.segmentOf)
      : undefined
    this.#heads = new HeadRows((range) => this.scan(range))
    const { database, index } = options
    this.#indexHeads = new HeadRows((range) =>
      index === undefined ? NO_ENTRIES : new EngineEntries(database.scan(index.keyspace, range)),
    )
  }

  get overlayBytes(): number {
    return this.#overlay.bytes
  }

  get changeCount(): number {
    return this.#overlay.size
  }

  get database(): StoreDatabase {
    return this.#options.database
  }

  get keyspace(): string {
    return this.#options.keyspace
  }

  get index(): StoreIndex | undefined {
    return this.#options.index
  }

  get(key: Uint8Array): StoreValue {
    if (this.#wasAbsent && this.#known?.mayHold(key) === false) {
      this.cacheReads.misses += 1
      return ABSENT
    }
    const id = byteString(key)
    const found = this.#overlay.get(id) ?? this.#committedValue(id, key)
    this.#wasAbsent = found.encoded === null
    return found
  }

  #committedValue(id: string, key: Uint8Array): StoreValue {
    const known = this.#cache.get(id)
    if (known !== undefined) {
      this.cacheReads.hits += 1
      return known
    }
    this.cacheReads.misses += 1
    if (this.#known?.mayHold(key) === false) return ABSENT
    const { database, keyspace, engineKey } = this.#options
    const encoded = database.get(keyspace, engineKey(key)) ?? null
    const found: StoreValue = { encoded, decoded: undefined }
    // A key that is asked for once only would take the place of one that is asked for again.
    const isFree = encoded !== null && this.#cache.hasRoom
    if (isFree || this.#asked.ask(key)) this.#cache.set(id, found)
    return found
  }

  getCommitted(keys: readonly Uint8Array[]): readonly (Uint8Array | undefined)[] {
    const { database, keyspace, engineKey } = this.#options
    const known = keys.map((key) => this.#cache.get(byteString(key)))
    const missing = keys.filter((_, at) => known[at] === undefined)
    const read = missing.length === 0 ? [] : database.getMany(keyspace, missing.map(engineKey))
    let at = 0
    return known.map((value) => (value === undefined ? read[at++] : (value.encoded ?? undefined)))
  }

  requireWritable(): void {
    if (this.#closed) throw storeClosed(this.#options.keyspace)
  }

  /** null deletes. Neither array is changed afterwards by anyone. */
  put(key: Uint8Array, encoded: Uint8Array | null): void {
    if (encoded !== null) this.#known?.add(key)
    this.#overlay.put(byteString(key), key, encoded)
  }

  overlayRange(from: Uint8Array | undefined, to: Uint8Array | undefined): readonly OverlayEntry[] {
    return this.#overlay.range(from, to)
  }

  overlayIndexRange(from: Uint8Array, to: Uint8Array): readonly OverlayEntry[] {
    return this.#overlay.indexRange(from, to)
  }

  scanHead(from: Uint8Array, to: Uint8Array | undefined): EntrySource {
    return this.#heads.read(from, to, false)
  }

  scanIndex(_index: StoreIndex, from: Uint8Array, to: Uint8Array): EntrySource {
    return this.#indexHeads.read(from, to, true)
  }

  /** What is committed, by the engine's keys. */
  scan(range: KeyRange): EntrySource {
    return new EngineEntries(this.#options.database.scan(this.#options.keyspace, range))
  }

  *changes(): IterableIterator<StoreChange> {
    for (const { key, encoded } of this.#overlay.values()) yield { key, value: encoded }
  }

  commitTo(batch: StoreBatch, keep: KeepWrite): void {
    this.#heads.willCommit()
    this.#indexHeads.willCommit()
    for (const { key, encoded } of this.#overlay.values()) {
      if (keep(key, encoded)) this.#write(batch, key, encoded)
    }
  }

  writeTo(batch: StoreBatch, key: Uint8Array, encoded: Uint8Array | null): void {
    if (encoded !== null) this.#known?.add(key)
    this.#write(batch, key, encoded)
  }

  #write(batch: StoreBatch, key: Uint8Array, encoded: Uint8Array | null): void {
    const { keyspace, engineKey, index } = this.#options
    const at = engineKey(key)
    if (encoded === null) batch.delete(keyspace, at)
    else batch.put(keyspace, at, encoded)
    this.#heads.willWrite(at, encoded)
    if (index === undefined) return
    const indexed = index.toIndex(key)
    if (encoded === null) batch.delete(index.keyspace, indexed)
    else batch.put(index.keyspace, indexed, NOTHING)
    this.#indexHeads.willWrite(indexed, encoded === null ? null : NOTHING)
  }

  /** Once the batch is written. */
  afterCommit(): void {
    for (const [id, entry] of this.#overlay.entries()) this.#cache.replace(id, entry)
    this.#overlay.clear()
    this.#heads.afterCommit()
    this.#indexHeads.afterCommit()
  }

  discard(): void {
    this.#overlay.clear()
  }

  /** The same bytes without the overlay; refuses writes. */
  committedView(): StoreBytes {
    return {
      database: this.database,
      keyspace: this.keyspace,
      changeCount: 0,
      index: this.index,
      get: (key) => this.#committedValue(byteString(key), key),
      getCommitted: (keys) => this.getCommitted(keys),
      requireWritable: () => refuseWrite(this.keyspace),
      put: () => refuseWrite(this.keyspace),
      overlayRange: () => [],
      overlayIndexRange: () => [],
      scan: (range) => this.scan(range),
      scanHead: (from, to) => this.scan({ from, ...(to && { to }) }),
      scanIndex: ({ keyspace }, from, to) =>
        new EngineEntries(this.database.scan(keyspace, { from, to })),
      changes: () => [],
      commitTo: () => {},
      writeTo: () => refuseWrite(this.keyspace),
    }
  }

  /** The engine was written beside this: forget what was known of these keys. */
  forget(keys: Iterable<Uint8Array>): void {
    for (const key of keys) this.#cache.delete(byteString(key))
    this.#heads.forget()
    this.#indexHeads.forget()
  }

  close(): void {
    this.#closed = true
    this.#overlay.clear()
    this.#cache.clear()
    this.#known = undefined
  }
}

function isEmpty({ database, keyspace }: TransactionalBytesOptions): boolean {
  const entries = database.scan(keyspace, { limit: 1 })
  const { done } = entries.next()
  entries.close()
  return done === true
}

const NO_ENTRIES: EntrySource = { next: () => undefined, close: () => {} }

class EngineEntries implements EntrySource {
  readonly #iterator: StoreIterator

  constructor(iterator: StoreIterator) {
    this.#iterator = iterator
  }

  next() {
    return this.#iterator.next().value
  }

  close() {
    this.#iterator.close()
  }
}

function refuseWrite(keyspace: string): never {
  throw new StreamsError(
    'STORE_READ_ONLY',
    'a query wrote to a store',
    { store: keyspace },
    'Write in a processor of the task that owns the store.',
  )
}
