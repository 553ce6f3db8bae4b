import type { KeyRange, StoreBatch, StoreDatabase, StoreIterator } from '#streams'
import { storeClosed, unknownKeyspace } from '../engine-errors.ts'
import type { NativeColumn, NativeDatabase, RocksBinding } from './binding.ts'
import { fromNativeError } from './native-error.ts'
import { INTENTS } from './range-delete.ts'
import { RocksBatch } from './rocksdb-batch.ts'
import { emptyIterator, isEmptyRange, RocksIterator } from './rocksdb-iterator.ts'
import { SstSizes } from './sst-sizes.ts'

/** What batches and iterators need of their database. */
export interface OpenDatabase {
  readonly binding: RocksBinding
  /** @throws {StreamsError} STORE_CLOSED; the native library would end the process instead */
  readonly native: NativeDatabase
  readonly columns: ReadonlyMap<string, NativeColumn>
  readonly directory: string
  requireOpen(): void
  /** @throws {StreamsError} STORE_KEYSPACE_UNKNOWN */
  options(keyspace: string): { readonly column: NativeColumn }
}

export class RocksDatabase implements StoreDatabase, OpenDatabase {
  readonly binding: RocksBinding
  readonly columns: ReadonlyMap<string, NativeColumn>
  readonly directory: string
  readonly #native: NativeDatabase
  readonly #options = new Map<string, { readonly column: NativeColumn }>()
  readonly #sizes: SstSizes
  #closing: Promise<void> | undefined

  constructor(
    binding: RocksBinding,
    native: NativeDatabase,
    columns: ReadonlyMap<string, NativeColumn>,
    directory: string,
  ) {
    this.binding = binding
    this.#native = native
    this.columns = columns
    this.directory = directory
    for (const [keyspace, column] of columns) {
      if (keyspace !== INTENTS) this.#options.set(keyspace, { column })
    }
    this.#sizes = new SstSizes(directory)
  }

  get native(): NativeDatabase {
    this.requireOpen()
    return this.#native
  }

  requireOpen(): void {
    if (this.#closing !== undefined) throw storeClosed(this.directory)
  }

  options(keyspace: string): { readonly column: NativeColumn } {
    const options = this.#options.get(keyspace)
    if (options === undefined) throw unknownKeyspace(keyspace, this.directory)
    return options
  }

  keyspaces(): readonly string[] {
    return [...this.#options.keys()]
  }

  get(keyspace: string, key: Uint8Array): Uint8Array | undefined {
    return this.getMany(keyspace, [key])[0]
  }

  getMany(keyspace: string, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    const options = this.options(keyspace)
    let values: (Uint8Array | undefined | null)[]
    try {
      values = this.binding.db_get_many_sync(this.native, keys, options)
    } catch (error) {
      throw fromNativeError(error, this.directory)
    }
    if (!isComplete(values)) {
      // null: the values together exceed what one call returns (2 GiB).
      return keys.map((key) => this.get(keyspace, key))
    }
    return values
  }

  scan(keyspace: string, range: KeyRange = {}): StoreIterator {
    const { column } = this.options(keyspace)
    if (isEmptyRange(range)) return emptyIterator
    return new RocksIterator(this, column, range)
  }

  batch(): StoreBatch {
    return new RocksBatch(this)
  }

  sizeBytes(keyspace: string): number {
    this.requireOpen()
    this.options(keyspace)
    return this.#sizes.of(keyspace)
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve, reject) => {
      this.binding.db_close(this.#native, (error) =>
        error ? reject(fromNativeError(error, this.directory)) : resolve(),
      )
    })
    return this.#closing
  }
}

function isComplete(
  values: readonly (Uint8Array | undefined | null)[],
): values is (Uint8Array | undefined)[] {
  return !values.includes(null)
}
