import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreDatabase, StoreEngine, StoreOpenOptions } from '#streams'
import { checkKeyspaceNames } from '../engine-errors.ts'
import { loadBinding, type NativeDatabase, type RocksBinding } from './binding.ts'
import { openKeyspaces } from './keyspaces.ts'
import { fromNativeError } from './native-error.ts'
import { finishRangeDeletes } from './range-delete.ts'
import { RocksDatabase } from './rocksdb-database.ts'

const MEMORY_BYTES_DEFAULT = 16 * 1024 * 1024
const WRITE_BUFFER_BYTES_MIN = 512 * 1024
const CACHE_BYTES_MIN = 256 * 1024

/**
 * RocksDB as a store engine. The write-ahead log is always on: what was written is there after the process is killed, and
 * after a power cut when written with `fsync`.
 * @example const database = await rocksdbEngine().open('/var/lib/orion/0_1', { keyspaces: ['snapshots'] })
 */
export function rocksdbEngine(): StoreEngine {
  return { name: 'rocksdb', open: openDatabase, destroy }
}

async function openDatabase(directory: string, options: StoreOpenOptions): Promise<StoreDatabase> {
  const binding = loadBinding()
  checkKeyspaceNames(options.keyspaces, directory)
  await mkdir(directory, { recursive: true })
  const native = binding.db_init(directory)
  try {
    await openNative(binding, native, options.memoryBytes ?? MEMORY_BYTES_DEFAULT)
  } catch (error) {
    throw fromNativeError(error, directory)
  }
  try {
    finishRangeDeletes(binding, native)
    const keyspaces = openKeyspaces(binding, native, options.keyspaces, directory)
    return new RocksDatabase(binding, native, keyspaces, directory)
  } catch (error) {
    await new Promise((resolve) => binding.db_close(native, resolve))
    throw fromNativeError(error, directory)
  }
}

async function destroy(directory: string): Promise<void> {
  if (!existsSync(join(directory, 'CURRENT'))) return
  // Only opening tells whether someone holds the lock. A damaged database may be deleted.
  try {
    const database = await openDatabase(directory, { keyspaces: [] })
    await database.close()
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'STORE_LOCKED') throw error
  }
  await rm(directory, { recursive: true, force: true })
}

/**
 * A quarter of the memory is block cache, the rest write buffers: two are flushed together while a third fills. The
 * write-ahead log is as long as the buffers that are not flushed. Bloom filters and indexes of open files come on top,
 * about 1.3 bytes a key.
 */
function openNative(
  binding: RocksBinding,
  native: NativeDatabase,
  memoryBytes: number,
): Promise<void> {
  const writeBufferBytes = Math.max(WRITE_BUFFER_BYTES_MIN, Math.floor(memoryBytes / 4))
  const options = {
    createIfMissing: true,
    // The log is short-lived: compressing it costs a third of the write rate and saves nothing that stays.
    walCompression: false,
    parallelism: 2,
    compaction: 'level',
    // Level compaction makes a write buffer a quarter of this, and a table file half a write buffer.
    memtableMemoryBudget: writeBufferBytes * 4,
    cacheSize: Math.max(CACHE_BYTES_MIN, Math.floor(memoryBytes / 4)),
    // The levels that hold most of the data are compressed anyhow; this would add dictionaries.
    compression: false,
    // Filters over write buffers and hashes within blocks: a third less time per get.
    optimize: 'point-lookup',
  } as const
  return new Promise((resolve, reject) => {
    binding.db_open(native, options, (error) => (error ? reject(error) : resolve()))
  })
}
