import type { StoreBatch } from '#streams'
import { compareBytes, copyBytes } from '../bytes.ts'
import type { NativeBatch } from './binding.ts'
import { fromNativeError } from './native-error.ts'
import {
  batchKeysInRange,
  finishRangeDeletes,
  isInRange,
  putIntent,
  type RangeDelete,
  shortRangeKeys,
} from './range-delete.ts'
import type { OpenDatabase } from './rocksdb-database.ts'

/** Of RocksDB's keys. */
type Deferred =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  | { readonly kind: 'delete-range'; readonly range: RangeDelete }

/** Of an object, each option would be looked up by name. */
const NO_OPTIONS = undefined

/** Empty again, and usable, once written. */
export class RocksBatch implements StoreBatch {
  readonly #database: OpenDatabase
  readonly #native: NativeBatch
  #length = 0
  /** From the first range delete on: what a range holds is known only when the batch is written. */
  #deferred: Deferred[] | undefined

  constructor(database: OpenDatabase) {
    this.#database = database
    this.#native = database.binding.batch_init()
  }

  get length(): number {
    return this.#length
  }

  put(keyspace: string, key: Uint8Array, value: Uint8Array): void {
    const space = this.#database.keyspace(keyspace)
    if (this.#deferred === undefined) {
      this.#database.binding.batch_put(this.#native, space.passing(key), value, NO_OPTIONS)
    } else {
      this.#deferred.push({ kind: 'put', key: space.key(key), value: copyBytes(value) })
    }
    this.#length += 1
  }

  delete(keyspace: string, key: Uint8Array): void {
    const space = this.#database.keyspace(keyspace)
    if (this.#deferred === undefined) {
      this.#database.binding.batch_del(this.#native, space.passing(key), NO_OPTIONS)
    } else {
      this.#deferred.push({ kind: 'delete', key: space.key(key) })
    }
    this.#length += 1
  }

  deleteRange(keyspace: string, from: Uint8Array, to: Uint8Array): void {
    const space = this.#database.keyspace(keyspace)
    if (compareBytes(from, to) >= 0) return
    this.#deferred ??= []
    this.#deferred.push({
      kind: 'delete-range',
      range: { from: space.key(from), to: space.key(to) },
    })
    this.#length += 1
  }

  write(options: { readonly fsync?: boolean } = {}): void {
    const { binding, native, directory } = this.#database
    try {
      const owed = this.#deferred === undefined ? [] : this.#resolve(this.#deferred)
      binding.batch_write(native, this.#native, { sync: options.fsync === true })
      if (owed.length > 0) finishRangeDeletes(binding, native)
    } catch (error) {
      throw fromNativeError(error, directory)
    } finally {
      this.#clear()
    }
  }

  #clear(): void {
    this.#database.binding.batch_clear(this.#native)
    this.#deferred = undefined
    this.#length = 0
  }

  /** Moves the deferred operations to the native batch; answers the ranges to delete after it. */
  #resolve(deferred: readonly Deferred[]): readonly RangeDelete[] {
    const { binding } = this.#database
    const owed: RangeDelete[] = []
    for (const [index, operation] of deferred.entries()) {
      switch (operation.kind) {
        case 'put':
          binding.batch_put(this.#native, operation.key, operation.value, NO_OPTIONS)
          break
        case 'delete':
          binding.batch_del(this.#native, operation.key, NO_OPTIONS)
          break
        case 'delete-range': {
          const { range } = operation
          // Carried out after the batch, the range would take along what is put after it.
          const whatever = deferred.some(
            (other, at) => at > index && other.kind === 'put' && isInRange(other.key, range),
          )
          if (!this.#expand(range, whatever)) owed.push(range)
          break
        }
      }
    }
    if (owed.length > 0) putIntent(binding, this.#native, owed)
    return owed
  }

  #expand(range: RangeDelete, whatever: boolean): boolean {
    const { binding, native } = this.#database
    const stored = shortRangeKeys(binding, native, range, whatever)
    if (stored === undefined) return false
    for (const key of batchKeysInRange(binding, native, this.#native, range)) {
      binding.batch_del(this.#native, key, NO_OPTIONS)
    }
    for (const key of stored) binding.batch_del(this.#native, key, NO_OPTIONS)
    return true
  }
}
