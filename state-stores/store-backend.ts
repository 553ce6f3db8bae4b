import {
  type OpenTaskStores,
  type StoreBackend,
  type StoreDatabase,
  type StoreEngine,
  type StoreSpec,
  StreamsError,
  type TaskStores,
} from '#streams'
import { createStore, indexKeyspaceOf, keyspaceOf } from './create-store.ts'
import type { TransactionalStore } from './managed-store.ts'
import { memoryEngine } from './memory/memory-engine.ts'
import { META_KEYSPACE, StoreMeta } from './store-meta.ts'
import { TransactionalTaskStores } from './task-stores.ts'

export interface StoreBackendOptions {
  /** Blocks and write buffers of one task's database, bytes. Default: the engine's. */
  readonly memoryBytes?: number
  /** Values kept per store, as encoded bytes with keys and overhead. Default 16 MiB; the decoded objects come on top. */
  readonly cacheBytesMax?: number
  /**
   * Expired windows and sessions of a store that get their tombstones with one commit, beside as many as the commit changed. The rest
   * comes with later commits. Default 1,000.
   */
  readonly expiredEntriesPerCommit?: number
}

const CACHE_BYTES_DEFAULT = 16 * 1024 * 1024
const EXPIRED_ENTRIES_PER_COMMIT_DEFAULT = 1_000

/**
 * Stores of tasks on an engine: one database per task, a keyspace per store and one for positions. Stores that are not
 * persistent, or keep the entries used last, live in memory beside it and start empty, without a checkpoint, whenever they are
 * opened.
 * @example const backend = createStoreBackend(rocksdbEngine(), { cacheBytesMax: 8_000_000 })
 */
export function createStoreBackend(
  engine: StoreEngine,
  options: StoreBackendOptions = {},
): StoreBackend {
  return {
    open: (task) => openTaskStores(engine, options, task),
    wipe: (directory) => engine.destroy(directory),
  }
}

async function openTaskStores(
  engine: StoreEngine,
  options: StoreBackendOptions,
  task: OpenTaskStores,
): Promise<TaskStores> {
  refuseRepeatedNames(task.specs)
  const persistent = task.specs.filter(isOnDisk)
  const transient = task.specs.filter((spec) => !isOnDisk(spec))
  const common = {
    cacheBytesMax: options.cacheBytesMax ?? CACHE_BYTES_DEFAULT,
    expiredEntriesPerCommit: options.expiredEntriesPerCommit ?? EXPIRED_ENTRIES_PER_COMMIT_DEFAULT,
  }
  const databases: StoreDatabase[] = []
  const stores: TransactionalStore[] = []
  try {
    // The disk is opened even for no store: it is what locks the directory.
    for (const [on, specs] of [
      [engine, persistent],
      [memoryEngine(), transient],
    ] as const) {
      const database = await on.open(task.directory, {
        keyspaces: [META_KEYSPACE, ...specs.flatMap(keyspacesOf)],
        ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
      })
      databases.push(database)
      const meta = new StoreMeta(database, specs, task.directory)
      for (const spec of specs) {
        const topic = task.changelogTopic?.(spec.name) ?? spec.name
        stores.push(createStore({ spec, database, meta, topic, ...common }))
      }
    }
  } catch (error) {
    for (const database of databases) await database.close()
    throw error
  }
  return new TransactionalTaskStores(task, databases, stores)
}

/** The order of use of a bounded store is known to memory alone. */
function isOnDisk(spec: StoreSpec): boolean {
  return spec.persistent && !(spec.kind === 'key-value' && spec.entriesMax !== undefined)
}

function keyspacesOf(spec: StoreSpec): readonly string[] {
  return spec.kind === 'key-value' ? [keyspaceOf(spec)] : [keyspaceOf(spec), indexKeyspaceOf(spec)]
}

function refuseRepeatedNames(specs: readonly StoreSpec[]): void {
  const seen = new Set<string>()
  for (const { name } of specs) {
    if (seen.has(name)) {
      throw new StreamsError(
        'STORE_NAME_REPEATED',
        'two stores of a task have the same name',
        { store: name },
        'Give each store a name of its own.',
      )
    }
    seen.add(name)
  }
}
