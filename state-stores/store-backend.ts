import {
  type OpenTaskStores,
  type StoreBackend,
  type StoreDatabase,
  type StoreEngine,
  type StoreSpec,
  StreamsError,
  type TaskStores,
} from '#streams'
import { TransactionalKeyValueStore } from './key-value-store.ts'
import { TransactionalStore } from './managed-store.ts'
import { memoryEngine } from './memory/memory-engine.ts'
import { META_KEYSPACE, StoreMeta } from './store-meta.ts'
import { TransactionalTaskStores } from './task-stores.ts'
import { TransactionalBytes } from './transactional/transactional-bytes.ts'
import { segmentKey, windowKeyStartMs } from './window/window-key.ts'
import { TransactionalWindowStore } from './window/window-store.ts'
import { WindowTime } from './window/window-time.ts'

export interface StoreBackendOptions {
  /** Blocks and write buffers of one task's database, bytes. Default: the engine's. */
  readonly memoryBytes?: number
  /** Values kept per store, as encoded bytes with keys and overhead. Default 4 MiB; the decoded objects come on top. */
  readonly cacheBytesMax?: number
}

const CACHE_BYTES_DEFAULT = 4 * 1024 * 1024

/**
 * Stores of tasks on an engine: one database per task, a keyspace per store and one for positions. Stores that are not
 * persistent live in memory beside it and start empty, without a checkpoint, whenever they are opened.
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
  const persistent = task.specs.filter((spec) => spec.persistent)
  const transient = task.specs.filter((spec) => !spec.persistent)
  const databases: StoreDatabase[] = []
  const stores: TransactionalStore[] = []
  try {
    // The disk is opened even for no store: it is what locks the directory.
    for (const [on, specs] of [
      [engine, persistent],
      [memoryEngine(), transient],
    ] as const) {
      const database = await on.open(task.directory, {
        keyspaces: [META_KEYSPACE, ...specs.map(keyspaceOf)],
        ...(options.memoryBytes === undefined ? {} : { memoryBytes: options.memoryBytes }),
      })
      databases.push(database)
      const meta = new StoreMeta(database, specs, task.directory)
      for (const spec of specs) stores.push(createStore({ spec, database, meta, task, options }))
    }
  } catch (error) {
    for (const database of databases) await database.close()
    throw error
  }
  return new TransactionalTaskStores(task, databases, stores)
}

function createStore(parts: {
  readonly spec: StoreSpec
  readonly database: StoreDatabase
  readonly meta: StoreMeta
  readonly task: OpenTaskStores
  readonly options: StoreBackendOptions
}): TransactionalStore {
  const { spec, database, meta, task, options } = parts
  const topic = task.changelogTopic?.(spec.name) ?? spec.name
  const common = {
    database,
    keyspace: keyspaceOf(spec),
    cacheBytesMax: options.cacheBytesMax ?? CACHE_BYTES_DEFAULT,
  }
  switch (spec.kind) {
    case 'key-value': {
      const bytes = new TransactionalBytes({ ...common, engineKey: (key) => key })
      const store = new TransactionalKeyValueStore(spec, bytes, topic)
      const committed = new TransactionalKeyValueStore(spec, bytes.committedView(), topic)
      return new TransactionalStore({ spec, store, committed, bytes, meta })
    }
    case 'window': {
      const time = new WindowTime(meta.windowTime(spec))
      const engineKey = (key: Uint8Array) => segmentKey(time.segmentOf(windowKeyStartMs(key)), key)
      const bytes = new TransactionalBytes({ ...common, engineKey })
      const store = new TransactionalWindowStore(spec, bytes, topic, time)
      const view = bytes.committedView()
      const committed = new TransactionalWindowStore(spec, view, topic, time.committedView())
      return new TransactionalStore({ spec, store, committed, bytes, meta })
    }
  }
}

function keyspaceOf(spec: StoreSpec): string {
  return `store.${spec.name}`
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
