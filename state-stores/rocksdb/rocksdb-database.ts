import type { KeyRange, StoreBatch, StoreDatabase, StoreIterator } from '#streams'
import { storeClosed, unknownKeyspace } from '../engine-errors.ts'
import type { NativeDatabase, RocksBinding } from './binding.ts'
import type { Keyspace } from './keyspaces.ts'
import { fromNativeError } from './native-error.ts'
import { RocksBatch } from './rocksdb-batch.ts'
import { emptyIterator, isEmptyRange, RocksIterator } from './rocksdb-iterator.ts'
import { SizeSurvey } from './size-survey.ts'

/** What batches and iterators need of their database. */
export interface OpenDatabase {
  readonly binding: RocksBinding
  /** @throws {StreamsError} STORE_CLOSED; the native library would end the process instead */
  readonly native: NativeDatabase
  readonly directory: string
  requireOpen(): void
  /** @throws {StreamsError} STORE_KEYSPACE_UNKNOWN */
  keyspace(name: string): Keyspace
}

/** Of an object, each option would be looked up by name: a fifth of what a look-up takes. */
const NO_OPTIONS = undefined

export class RocksDatabase implements StoreDatabase, OpenDatabase {
  readonly binding: RocksBinding
  readonly directory: string
  readonly #native: NativeDatabase
  readonly #keyspaces: ReadonlyMap<string, Keyspace>
  readonly #surveys = new Map<string, SizeSurvey>()
  #closing: Promise<void> | undefined

  constructor(
    binding: RocksBinding,
    native: NativeDatabase,
    keyspaces: ReadonlyMap<string, Keyspace>,
    directory: string,
  ) {
    this.binding = binding
    this.#native = native
    this.#keyspaces = keyspaces
    this.directory = directory
  }

  get native(): NativeDatabase {
    this.requireOpen()
    return this.#native
  }

  requireOpen(): void {
    if (this.#closing !== undefined) throw storeClosed(this.directory)
  }

  keyspace(name: string): Keyspace {
    const keyspace = this.#keyspaces.get(name)
    if (keyspace === undefined) throw unknownKeyspace(name, this.directory)
    return keyspace
  }

  keyspaces(): readonly string[] {
    return [...this.#keyspaces.keys()]
  }

  get(keyspace: string, key: Uint8Array): Uint8Array | undefined {
    const prefixed = this.keyspace(keyspace).passing(key)
    try {
      return this.binding.db_get_many_sync(this.native, [prefixed], NO_OPTIONS)[0] ?? undefined
    } catch (error) {
      throw fromNativeError(error, this.directory)
    }
  }

  getMany(keyspace: string, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    const space = this.keyspace(keyspace)
    const prefixed = keys.map((key) => space.key(key))
    let values: (Uint8Array | undefined | null)[]
    try {
      values = this.binding.db_get_many_sync(this.native, prefixed, NO_OPTIONS)
    } catch (error) {
      throw fromNativeError(error, this.directory)
    }
    // null: the values together exceed what one call returns (2 GiB).
    return isComplete(values) ? values : keys.map((key) => this.get(keyspace, key))
  }

  scan(keyspace: string, range: KeyRange = {}): StoreIterator {
    this.requireOpen()
    const space = this.keyspace(keyspace)
    return isEmptyRange(range) ? emptyIterator : new RocksIterator(this, space, range)
  }

  batch(): StoreBatch {
    return new RocksBatch(this)
  }

  /** Of keys and values before compression; exact for small keyspaces, see `SizeSurvey`. */
  sizeBytes(keyspace: string): number {
    this.requireOpen()
    const survey = this.#surveys.get(keyspace) ?? new SizeSurvey(this, keyspace)
    this.#surveys.set(keyspace, survey)
    return survey.next()
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
