/**
 * The store-engine contract: an ordered, byte-keyed database with atomic batches. The embedded log and the state
 * stores are written on it; `state-stores/` implements it on RocksDB and in memory, and one suite holds both to it.
 * Everything is synchronous but opening and closing: a record is processed without a promise per operation.
 */
export interface StoreEngine {
  readonly name: string
  /** Opens or creates the database in a directory. @throws {StreamsError} STORE_LOCKED, STORE_CORRUPT, STORE_UNSUPPORTED_PLATFORM */
  open(directory: string, options: StoreOpenOptions): Promise<StoreDatabase>
}

export interface StoreOpenOptions {
  /** Keyspaces (RocksDB column families) that must exist; those already in the database are opened as well. */
  readonly keyspaces: readonly string[]
  /** Memory for blocks and write buffers of this database, bytes. */
  readonly memoryBytes?: number
}

export interface StoreDatabase {
  keyspaces(): readonly string[]
  get(keyspace: string, key: Uint8Array): Uint8Array | undefined
  getMany(keyspace: string, keys: readonly Uint8Array[]): (Uint8Array | undefined)[]
  /** Ordered by unsigned byte comparison of keys. Close it, or drain it. */
  scan(keyspace: string, range?: KeyRange): StoreIterator
  batch(): StoreBatch
  /** Estimated bytes on disk. */
  sizeBytes(keyspace: string): number
  close(): Promise<void>
}

export interface KeyRange {
  /** Inclusive. */
  readonly from?: Uint8Array
  /** Exclusive. */
  readonly to?: Uint8Array
  readonly reverse?: boolean
  readonly limit?: number
}

export interface StoreEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

export interface StoreIterator extends Iterable<StoreEntry> {
  next(): IteratorResult<StoreEntry, undefined>
  close(): void
}

/** Collected operations, applied in order, all or none. */
export interface StoreBatch {
  put(keyspace: string, key: Uint8Array, value: Uint8Array): void
  delete(keyspace: string, key: Uint8Array): void
  /** Deletes `from` (inclusive) to `to` (exclusive). */
  deleteRange(keyspace: string, from: Uint8Array, to: Uint8Array): void
  readonly length: number
  /** `fsync`: survive a power cut, not only the death of the process. */
  write(options?: { readonly fsync?: boolean }): void
}
