import { createRequire } from 'node:module'
import { StreamsError } from '#streams'

/** Native handles; opaque. */
export type NativeDatabase = { readonly native: 'database' }
export type NativeBatch = { readonly native: 'batch' }
export type NativeIterator = { readonly native: 'iterator' }

interface NativeOpenOptions {
  readonly createIfMissing: boolean
  readonly walCompression: boolean
  readonly parallelism: number
  readonly compaction: 'level'
  readonly memtableMemoryBudget: number
  readonly cacheSize: number
  readonly compression: boolean
  readonly optimize: 'point-lookup'
}

export interface NativeIteratorOptions {
  readonly keyEncoding: 'buffer'
  readonly valueEncoding: 'buffer'
  readonly gte: Uint8Array
  readonly lt: Uint8Array
  readonly reverse?: boolean
  readonly limit?: number
  readonly values?: boolean
  readonly fillCache?: boolean
  readonly highWaterMarkBytes?: number
}

/** Keys and values in turn. */
interface Rows {
  readonly rows: readonly Uint8Array[]
  readonly finished: boolean
}

/**
 * The synchronous native calls of `@nxtedition/rocksdb`, below its promise-shaped classes: those register every
 * iterator and batch with the database until an asynchronous close, which per-record use must not wait for.
 * None of them checks that the database is open: a call after `db_close` ends the process.
 */
export interface RocksBinding {
  db_init(location: string): NativeDatabase
  db_open(
    database: NativeDatabase,
    options: NativeOpenOptions,
    done: (error: unknown) => void,
  ): void
  db_close(database: NativeDatabase, done: (error: unknown) => void): void
  /** Values are copies in the heap; the mode without copies pins cache blocks past the close, which aborts the process. */
  db_get_many_sync(
    database: NativeDatabase,
    keys: readonly Uint8Array[],
    options: object | undefined,
  ): (Uint8Array | undefined | null)[]
  /** Outside of batches. */
  db_clear(
    database: NativeDatabase,
    options: { readonly gte: Uint8Array; readonly lt: Uint8Array },
  ): void
  iterator_init(database: NativeDatabase, options: NativeIteratorOptions): NativeIterator
  iterator_nextv_sync(iterator: NativeIterator, count: number): Rows
  iterator_close(iterator: NativeIterator): void
  batch_init(): NativeBatch
  batch_put(
    batch: NativeBatch,
    key: Uint8Array,
    value: Uint8Array,
    options: object | undefined,
  ): void
  batch_del(batch: NativeBatch, key: Uint8Array, options: object | undefined): void
  batch_clear(batch: NativeBatch): void
  batch_write(
    database: NativeDatabase,
    batch: NativeBatch,
    options: { readonly sync?: boolean },
  ): void
  /** Four elements per operation: its name, key, value, null. */
  batch_iterate(
    database: NativeDatabase,
    batch: NativeBatch,
    options: {
      readonly keys: true
      readonly values: false
      readonly data: false
      readonly keyEncoding: 'buffer'
      readonly valueEncoding: 'buffer'
    },
  ): readonly unknown[]
}

const PREBUILT = ['linux-x64', 'darwin-arm64']

let loaded: RocksBinding | undefined

/** @throws {StreamsError} STORE_UNSUPPORTED_PLATFORM where no prebuilt library runs */
export function loadBinding(platform = `${process.platform}-${process.arch}`): RocksBinding {
  if (!PREBUILT.includes(platform)) throw unsupported(platform)
  if (loaded !== undefined) return loaded
  try {
    const found: unknown = createRequire(import.meta.url)('@nxtedition/rocksdb/binding')
    if (!isBinding(found)) throw new TypeError('the native library lacks expected functions')
    loaded = found
    return found
  } catch (error) {
    throw unsupported(platform, error)
  }
}

const EXPECTED = [
  'db_init db_open db_close db_get_many_sync db_clear iterator_init iterator_nextv_sync iterator_close',
  'batch_init batch_put batch_del batch_clear batch_write batch_iterate',
]
  .join(' ')
  .split(' ')

function isBinding(found: unknown): found is RocksBinding {
  if (typeof found !== 'object' || found === null) return false
  return EXPECTED.every((name) => typeof Reflect.get(found, name) === 'function')
}

function unsupported(platform: string, cause?: unknown): StreamsError {
  return new StreamsError(
    'STORE_UNSUPPORTED_PLATFORM',
    `RocksDB has no prebuilt library that runs on ${platform}`,
    {},
    `Run on ${PREBUILT.join(' or ')} (glibc), in a container for example.`,
    cause,
  )
}
