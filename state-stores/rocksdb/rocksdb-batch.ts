import type { StoreBatch } from '#streams'
import { compareBytes, copyBytes } from '../bytes.ts'
import type { NativeBatch } from './binding.ts'
import { fromNativeError } from './native-error.ts'
import {
  batchKeysInRange,
  finishRangeDeletes,
  INTENTS,
  isInRange,
  putIntent,
  type RangeDelete,
  shortRangeKeys,
} from './range-delete.ts'
import type { OpenDatabase } from './rocksdb-database.ts'

type Deferred =
  | {
      readonly kind: 'put'
      readonly keyspace: string
      readonly key: Uint8Array
      readonly value: Uint8Array
    }
  | { readonly kind: 'delete'; readonly keyspace: string; readonly key: Uint8Array }
  | { readonly kind: 'delete-range'; readonly range: RangeDelete }

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
    const options = this.#database.options(keyspace)
    if (this.#deferred === undefined) {
      this.#database.binding.batch_put(this.#native, key, value, options)
    } else {
      this.#deferred.push({ kind: 'put', keyspace, key: copyBytes(key), value: copyBytes(value) })
    }
    this.#length += 1
  }

  delete(keyspace: string, key: Uint8Array): void {
    const options = this.#database.options(keyspace)
    if (this.#deferred === undefined) {
      this.#database.binding.batch_del(this.#native, key, options)
    } else {
      this.#deferred.push({ kind: 'delete', keyspace, key: copyBytes(key) })
    }
    this.#length += 1
  }

  deleteRange(keyspace: string, from: Uint8Array, to: Uint8Array): void {
    const { column } = this.#database.options(keyspace)
    if (compareBytes(from, to) >= 0) return
    this.#deferred ??= []
    const range = { keyspace, column, from: copyBytes(from), to: copyBytes(to) }
    this.#deferred.push({ kind: 'delete-range', range })
    this.#length += 1
  }

  write(options: { readonly fsync?: boolean } = {}): void {
    const { binding, native, directory, columns } = this.#database
    const sync = options.fsync === true
    try {
      const intents = this.#deferred === undefined ? [] : this.#resolve(this.#deferred)
      binding.batch_write(native, this.#native, { sync })
      this.#clear()
      if (intents.length > 0) finishRangeDeletes(binding, native, columns)
    } catch (error) {
      this.#clear()
      throw fromNativeError(error, directory)
    }
  }

  #clear(): void {
    this.#database.binding.batch_clear(this.#native)
    this.#deferred = undefined
    this.#length = 0
  }

  /** Moves the deferred operations to the native batch; answers the ranges to delete after it. */
  #resolve(deferred: readonly Deferred[]): readonly RangeDelete[] {
    const { binding, columns } = this.#database
    const owed: RangeDelete[] = []
    for (const [index, operation] of deferred.entries()) {
      switch (operation.kind) {
        case 'put': {
          const { keyspace, key, value } = operation
          binding.batch_put(this.#native, key, value, this.#database.options(keyspace))
          break
        }
        case 'delete':
          binding.batch_del(this.#native, operation.key, this.#database.options(operation.keyspace))
          break
        case 'delete-range': {
          const whatever = deferred.some(
            (other, at) => at > index && putsInto(other, operation.range),
          )
          if (!this.#expand(operation.range, whatever)) owed.push(operation.range)
          break
        }
      }
    }
    const intents = columns.get(INTENTS)
    if (owed.length > 0 && intents !== undefined) putIntent(binding, this.#native, intents, owed)
    return owed
  }

  #expand(range: RangeDelete, whatever: boolean): boolean {
    const { binding, native } = this.#database
    const stored = shortRangeKeys(binding, native, range, whatever)
    if (stored === undefined) return false
    const options = { column: range.column }
    for (const key of batchKeysInRange(binding, native, this.#native, range)) {
      binding.batch_del(this.#native, key, options)
    }
    for (const key of stored) binding.batch_del(this.#native, key, options)
    return true
  }
}

/** Whether carrying the range out after the batch would delete something put after it. */
function putsInto(operation: Deferred, range: RangeDelete): boolean {
  return (
    operation.kind === 'put' &&
    operation.keyspace === range.keyspace &&
    isInRange(operation.key, range)
  )
}
