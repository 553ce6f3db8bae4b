/**
 * The store-engine contract: an ordered, byte-keyed database with atomic batches. The embedded log and the state
 * stores are written on it; `state-stores/` implements it on RocksDB and in memory, and one suite holds both to it.
 * Everything is synchronous but opening and closing: a record is processed without a promise per operation.
 */
export interface StoreEngine {
  readonly name: string
  /** Opens or creates the database in a directory. @throws {StreamsError} STORE_LOCKED, STORE_CORRUPT, STORE_UNSUPPORTED_PLATFORM */
  open(directory: string, options: StoreOpenOptions): Promise<StoreDatabase>
  /** Deletes a database and its directory; nothing happens where there is none. @throws {StreamsError} STORE_LOCKED while it is open */
  destroy(directory: string): Promise<void>
}

export interface StoreOpenOptions {
  /** Keyspaces that must exist; those already in the database are opened as well. */
  readonly keyspaces: readonly string[]
  /** Memory for blocks and write buffers of this database, bytes. */
  readonly memoryBytes?: number
}

/**
 * Bytes given to it are copied: the caller may reuse its buffers. Bytes it returns stay valid for ever and must not be
 * changed. After `close` every call throws STORE_CLOSED.
 */
export interface StoreDatabase {
  keyspaces(): readonly string[]
  get(keyspace: string, key: Uint8Array): Uint8Array | undefined
  getMany(keyspace: string, keys: readonly Uint8Array[]): (Uint8Array | undefined)[]
  /**
   * Ordered by unsigned byte comparison of keys, as the keyspace was at this call: later writes are not seen. Close it,
   * or drain it.
   */
  scan(keyspace: string, range?: KeyRange): StoreIterator
  batch(): StoreBatch
  /** Estimated bytes of its keys and values. */
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

/** Collected operations, applied in order, all or none. Empty again, and usable, after `write`. */
export interface StoreBatch {
  put(keyspace: string, key: Uint8Array, value: Uint8Array): void
  delete(keyspace: string, key: Uint8Array): void
  /** Deletes `from` (inclusive) to `to` (exclusive). */
  deleteRange(keyspace: string, from: Uint8Array, to: Uint8Array): void
  readonly length: number
  /** `fsync`: survive a power cut, not only the death of the process. */
  write(options?: { readonly fsync?: boolean }): void
}
