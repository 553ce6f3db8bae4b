import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreDatabase, StoreEngine, StoreOpenOptions } from '#streams'
import { checkKeyspaceNames } from '../engine-errors.ts'
import {
  type ColumnOptions,
  loadBinding,
  type NativeColumn,
  type NativeDatabase,
  type RocksBinding,
} from './binding.ts'
import { readKeyspaceList, writeKeyspaceList } from './keyspace-list.ts'
import { fromNativeError } from './native-error.ts'
import { finishRangeDeletes, INTENTS } from './range-delete.ts'
import { RocksDatabase } from './rocksdb-database.ts'

const MEMORY_BYTES_DEFAULT = 16 * 1024 * 1024
const WRITE_BUDGET_BYTES_MIN = 4 * 1024 * 1024
const CACHE_BYTES_MIN = 256 * 1024

/**
 * RocksDB as a store engine: a column family per keyspace, the write-ahead log always on, so that what was written is
 * there after the process is killed, and after a power cut when written with `fsync`.
 * @example const database = await rocksdbEngine().open('/var/lib/orion/0_1', { keyspaces: ['snapshots'] })
 */
export function rocksdbEngine(): StoreEngine {
  return { name: 'rocksdb', open: openDatabase, destroy }
}

async function openDatabase(directory: string, options: StoreOpenOptions): Promise<StoreDatabase> {
  const binding = loadBinding()
  checkKeyspaceNames(options.keyspaces, directory)
  const listed = await readKeyspaceList(directory)
  const keyspaces = [...new Set([...(listed ?? []), ...options.keyspaces])]
  if (listed === undefined || keyspaces.length > listed.length) {
    await writeKeyspaceList(directory, keyspaces)
  }
  const location = join(directory, 'rocksdb')
  await mkdir(location, { recursive: true })
  const memoryBytes = options.memoryBytes ?? MEMORY_BYTES_DEFAULT
  const opened = await openKeyspaces(binding, location, keyspaces, memoryBytes)
  if (opened.keyspaces.length > keyspaces.length) {
    await writeKeyspaceList(directory, opened.keyspaces)
  }
  finishRangeDeletes(binding, opened.native, opened.columns)
  return new RocksDatabase(binding, opened.native, opened.columns, directory)
}

async function destroy(directory: string): Promise<void> {
  if ((await readKeyspaceList(directory).catch(() => [])) === undefined) return
  // The lock belongs to RocksDB: only opening tells whether someone holds it. A damaged database may be deleted.
  try {
    const database = await openDatabase(directory, { keyspaces: [] })
    await database.close()
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'STORE_LOCKED') throw error
  }
  await rm(directory, { recursive: true, force: true })
}

interface Opened {
  readonly native: NativeDatabase
  readonly columns: ReadonlyMap<string, NativeColumn>
  readonly keyspaces: readonly string[]
}

async function openKeyspaces(
  binding: RocksBinding,
  location: string,
  keyspaces: readonly string[],
  memoryBytes: number,
): Promise<Opened> {
  try {
    const native = binding.db_init(location)
    const columns = await openNative(binding, native, keyspaces, memoryBytes)
    return { native, columns: new Map(Object.entries(columns)), keyspaces }
  } catch (error) {
    // The list was lost; RocksDB knows better.
    const message = error instanceof Error ? error.message : ''
    const missing = /Column families not opened: (.*)$/.exec(message)?.[1]?.split(', ')
    if (missing === undefined) throw fromNativeError(error, location)
    return openKeyspaces(binding, location, [...keyspaces, ...missing], memoryBytes)
  }
}

function openNative(
  binding: RocksBinding,
  native: NativeDatabase,
  keyspaces: readonly string[],
  memoryBytes: number,
): Promise<Readonly<Record<string, NativeColumn>>> {
  const options = columnOptions(memoryBytes, keyspaces.length)
  const columns: Record<string, ColumnOptions> = { [INTENTS]: columnOptions(0, 1) }
  for (const keyspace of keyspaces) columns[keyspace] = options
  return new Promise((resolve, reject) => {
    binding.db_open(
      native,
      // The log is short-lived: compressing it costs a third of the write rate and saves nothing that stays.
      { createIfMissing: true, walCompression: false, parallelism: 2, columns },
      (error, opened) => (error || opened === undefined ? reject(error) : resolve(opened)),
    )
  })
}

/**
 * A quarter of the memory is block cache, the rest write buffers. A buffer is a quarter of the budget and two are
 * flushed together, so a keyspace normally holds half of its budget. Bloom filters and indexes of open files come on
 * top: about 1.3 bytes a key.
 */
function columnOptions(memoryBytes: number, keyspaces: number): ColumnOptions {
  const share = memoryBytes / Math.max(1, keyspaces)
  return {
    compaction: 'level',
    memtableMemoryBudget: Math.max(WRITE_BUDGET_BYTES_MIN, Math.floor(share * 0.75 * 2)),
    cacheSize: Math.max(CACHE_BYTES_MIN, Math.floor(share * 0.25)),
    // Level compaction compresses the levels that hold most of the data anyhow; this adds only dictionaries.
    compression: false,
  }
}
