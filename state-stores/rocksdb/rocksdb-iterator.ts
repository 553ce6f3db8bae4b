import type { KeyRange, StoreEntry, StoreIterator } from '#streams'
import { compareBytes } from '../bytes.ts'
import type { NativeIterator, NativeIteratorOptions } from './binding.ts'
import { type Keyspace, withoutPrefix } from './keyspaces.ts'
import { fromNativeError } from './native-error.ts'
import type { OpenDatabase } from './rocksdb-database.ts'

const FIRST_ROWS = 32
const ROWS_MAX = 1_024
const CHUNK_BYTES_MAX = 256 * 1024

const DONE = { done: true, value: undefined } as const

/** Sees the database as it was when the iterator was made. Rows are fetched in chunks that grow. */
export class RocksIterator implements StoreIterator {
  readonly #database: OpenDatabase
  #native: NativeIterator | undefined
  #rows: readonly Uint8Array[] = []
  #position = 0
  #finished = false
  #chunk = FIRST_ROWS

  constructor(database: OpenDatabase, keyspace: Keyspace, range: KeyRange) {
    this.#database = database
    try {
      this.#native = database.binding.iterator_init(database.native, nativeOptions(keyspace, range))
    } catch (error) {
      throw fromNativeError(error, database.directory)
    }
  }

  next(): IteratorResult<StoreEntry, undefined> {
    if (this.#position >= this.#rows.length && !this.#fetch()) return DONE
    const key = this.#rows[this.#position]
    const value = this.#rows[this.#position + 1]
    this.#position += 2
    if (key === undefined || value === undefined) return DONE
    return { done: false, value: { key: withoutPrefix(key), value } }
  }

  close(): void {
    this.#finished = true
    this.#rows = []
    if (this.#native === undefined) return
    this.#database.binding.iterator_close(this.#native)
    this.#native = undefined
  }

  [Symbol.iterator](): Iterator<StoreEntry, undefined> {
    return {
      next: () => this.next(),
      return: () => {
        this.close()
        return DONE
      },
    }
  }

  #fetch(): boolean {
    if (this.#finished || this.#native === undefined) {
      this.close()
      return false
    }
    try {
      // Closing the database has ended its iterators.
      this.#database.requireOpen()
      const { rows, finished } = this.#database.binding.iterator_nextv_sync(
        this.#native,
        this.#chunk,
      )
      this.#rows = rows
      this.#position = 0
      this.#finished = finished
      this.#chunk = Math.min(this.#chunk * 4, ROWS_MAX)
    } catch (error) {
      throw fromNativeError(error, this.#database.directory)
    }
    if (this.#finished && this.#native !== undefined) {
      this.#database.binding.iterator_close(this.#native)
      this.#native = undefined
    }
    return this.#rows.length > 0
  }
}

export const emptyIterator: StoreIterator = {
  next: () => DONE,
  close: () => {},
  [Symbol.iterator]: () => ({ next: () => DONE }),
}

export function isEmptyRange(range: KeyRange): boolean {
  if (range.limit !== undefined && range.limit <= 0) return true
  const { from, to } = range
  if (to === undefined) return false
  return to.length === 0 || (from !== undefined && compareBytes(from, to) >= 0)
}

const NO_KEY = new Uint8Array(0)

function nativeOptions(keyspace: Keyspace, range: KeyRange): NativeIteratorOptions {
  const { from, to, reverse, limit } = range
  return {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    highWaterMarkBytes: CHUNK_BYTES_MAX,
    // A long scan would sweep the small cache of everything else.
    fillCache: limit !== undefined && limit <= ROWS_MAX,
    gte: keyspace.key(from ?? NO_KEY),
    lt: to === undefined ? keyspace.end : keyspace.key(to),
    ...(reverse === true ? { reverse } : {}),
    ...(limit === undefined ? {} : { limit: Math.min(limit, 0x7fffffff) }),
  }
}
