import { StreamsError } from './errors.ts'
import type { Log } from './log/log.ts'
import type { LocalStoreOptions, LocalStorePart } from './queries/local-parts.ts'
import { Position } from './queries/position.ts'
import type { GlobalStores } from './restore/global-stores.ts'
import type { PartitionLag, StoreChecksum } from './streams-metadata.ts'
import type { StreamsStatus } from './streams-status.ts'
import type { ActiveTask } from './worker/active-task.ts'
import { activeParts, standbyParts } from './worker/local-store-parts.ts'
import type { StreamThreads } from './worker/stream-threads.ts'

export interface LocalInstanceOptions {
  readonly globals: GlobalStores
  /** Undefined before the start. */
  readonly threads: () => StreamThreads | undefined
  readonly state: () => StreamsStatus
  readonly log: Log
}

/** What one instance has of its application: parts of stores, as of the last commits, and how far its tasks are. */
export class LocalInstance {
  readonly #options: LocalInstanceOptions

  constructor(options: LocalInstanceOptions) {
    this.#options = options
  }

  tasks(): readonly ActiveTask[] {
    return this.#options.threads()?.tasks() ?? []
  }

  /** @throws {StreamsError} STREAMS_STORE_NOT_AVAILABLE */
  stores(name: string, { standbys = false }: LocalStoreOptions): readonly LocalStorePart[] {
    const { globals, threads, state } = this.#options
    const global = globals.tables?.store(name)
    if (global !== undefined) {
      const position = () => Position.of(globals.tables?.positions() ?? [])
      return [{ partition: 0, taskId: 'global', store: global, role: 'active', position }]
    }
    const parts = activeParts(this.tasks(), name)
    if (standbys) parts.push(...standbyParts(threads()?.standbys() ?? [], name))
    if (parts.length === 0) {
      throw new StreamsError(
        'STREAMS_STORE_NOT_AVAILABLE',
        `no local task runs with this store (the application is ${state()})`,
        { store: name },
        'Wait until the application is RUNNING, or ask the instance that has the tasks.',
      )
    }
    return parts.sort((a, b) => a.partition - b.partition)
  }

  checksum(store: string): readonly StoreChecksum[] {
    const global = this.#options.globals.tables?.digest(store)
    if (global !== undefined) return [{ store, partition: 0, ...global, offset: undefined }]
    const checksums: StoreChecksum[] = []
    for (const { task, stores } of this.tasks()) {
      if (task === undefined || stores === undefined || !stores.names.includes(store)) continue
      const managed = stores.get(store)
      const { entries, digest } = managed.digest()
      const { partition } = task
      checksums.push({ store, partition, entries, digest, offset: managed.checkpoint() })
    }
    return checksums.sort((a, b) => a.partition - b.partition)
  }

  isCommitted(): boolean {
    return this.tasks().every(
      (active) => active.task !== undefined && !active.isCommitting && !active.task.hasUncommitted,
    )
  }

  async lag(end: 'stable' | 'latest'): Promise<readonly PartitionLag[]> {
    const queues = this.tasks().flatMap(({ task }) => task?.queues ?? [])
    const places = queues.map(({ topic, partition }) => ({ topic, partition }))
    const ends = await this.#options.log.admin.offsets(places, end)
    return queues.map(({ topic, partition, position }, index) => {
      const endOffset = ends[index] ?? position
      return { topic, partition, position, endOffset, lag: Math.max(0, endOffset - position) }
    })
  }
}
