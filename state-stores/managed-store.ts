import type {
  ManagedStore,
  StateStore,
  StoreBatch,
  StoreChange,
  StoreDatabase,
  StoreDigest,
  StoreEntry,
  StoreSpec,
} from '#streams'
import type { LogRecord } from '#streams/log'
import { digestEntries } from './store-digest.ts'
import type { StoreMeta } from './store-meta.ts'
import type { TransactionalBytes } from './transactional/transactional-bytes.ts'

/** What kinds of stores do differently when the runtime manages them. */
export interface StoreKind {
  /** Where these are not just the overlay's. */
  changes?(): Iterable<StoreChange>
  /** Adds the overlay, and what else belongs to the commit. */
  writeCommit(batch: StoreBatch): void
  /** The batch is written. */
  afterCommit(): void
  discarded(): void
  restore(batch: StoreBatch, key: Uint8Array, value: Uint8Array | null): void
  /** After the last record of a restored batch, before it is written. */
  writeRestored(batch: StoreBatch): void
  /** Keys as in the changelog; expired entries are left out. */
  committedEntries(): Iterable<StoreEntry>
}

/** The runtime's side of one store. */
export class TransactionalStore implements ManagedStore {
  readonly spec: StoreSpec
  readonly store: StateStore
  readonly committed: StateStore
  readonly #kind: StoreKind
  readonly #bytes: TransactionalBytes
  readonly #meta: StoreMeta

  constructor(parts: {
    readonly spec: StoreSpec
    readonly store: StateStore & StoreKind
    readonly committed: StateStore
    readonly bytes: TransactionalBytes
    readonly meta: StoreMeta
  }) {
    this.spec = parts.spec
    this.store = parts.store
    this.committed = parts.committed
    this.#kind = parts.store
    this.#bytes = parts.bytes
    this.#meta = parts.meta
  }

  get meta(): StoreMeta {
    return this.#meta
  }

  get database(): StoreDatabase {
    return this.#bytes.database
  }

  get changeCount(): number {
    return this.#bytes.changeCount
  }

  get overlayBytes(): number {
    return this.#bytes.overlayBytes
  }

  changes(): Iterable<StoreChange> {
    return this.#kind.changes?.() ?? this.#bytes.changes()
  }

  checkpoint(): number | undefined {
    return this.#meta.position(this.spec.name)
  }

  restore(
    records: readonly LogRecord[],
    nextOffset: number,
    position: string = this.spec.name,
  ): void {
    const batch = this.#bytes.database.batch()
    const keys: Uint8Array[] = []
    for (const { key, value } of records) {
      // A source topic may hold records without a key; no table has an entry for them.
      if (key === null) continue
      this.#kind.restore(batch, key, value)
      keys.push(key)
    }
    this.#kind.writeRestored(batch)
    this.#meta.putPosition(batch, position, nextOffset)
    batch.write()
    this.#kind.afterCommit()
    this.#bytes.forget(keys)
  }

  digest(): StoreDigest {
    return digestEntries(this.#kind.committedEntries())
  }

  sizeBytes(): number {
    const { database, keyspace, index } = this.#bytes
    return database.sizeBytes(keyspace) + (index ? database.sizeBytes(index.keyspace) : 0)
  }

  get cache(): { readonly hits: number; readonly misses: number } {
    return this.#bytes.cacheReads
  }

  writeCommit(batch: StoreBatch): void {
    this.#kind.writeCommit(batch)
  }

  afterCommit(): void {
    this.#bytes.afterCommit()
    this.#kind.afterCommit()
  }

  discard(): void {
    this.#bytes.discard()
    this.#kind.discarded()
  }

  close(): void {
    this.#bytes.close()
  }
}
