import {
  type ManagedStore,
  type OpenTaskStores,
  type StoreDatabase,
  StreamsError,
  type TaskStores,
} from '#streams'
import type { TransactionalStore } from './managed-store.ts'

/** The stores of one task, committed together. */
export class TransactionalTaskStores implements TaskStores {
  readonly names: readonly string[]
  readonly #task: OpenTaskStores
  readonly #databases: readonly StoreDatabase[]
  readonly #stores: ReadonlyMap<string, TransactionalStore>

  constructor(
    task: OpenTaskStores,
    databases: readonly StoreDatabase[],
    stores: readonly TransactionalStore[],
  ) {
    this.names = task.specs.map((spec) => spec.name)
    this.#task = task
    this.#databases = databases
    this.#stores = new Map(stores.map((store) => [store.spec.name, store]))
  }

  get(name: string): ManagedStore {
    return this.#find(name)
  }

  get overlayFull(): boolean {
    let bytes = 0
    for (const store of this.#stores.values()) bytes += store.overlayBytes
    return bytes >= this.#task.overlayBytesMax
  }

  position(name: string): number | undefined {
    return this.#owner(name).meta.position(name)
  }

  commit(positions: ReadonlyMap<string, number>): void {
    const batches = new Map(this.#databases.map((database) => [database, database.batch()]))
    for (const store of this.#stores.values()) {
      const batch = batches.get(store.database)
      if (batch !== undefined) store.writeCommit(batch)
    }
    for (const [name, offset] of positions) {
      const owner = this.#owner(name)
      const batch = batches.get(owner.database)
      if (batch !== undefined) owner.meta.putPosition(batch, name, offset)
    }
    // The disk first: should it fail, memory still holds the overlays and may be discarded.
    for (const batch of batches.values()) if (batch.length > 0) batch.write()
    for (const store of this.#stores.values()) store.afterCommit()
  }

  discard(): void {
    for (const store of this.#stores.values()) store.discard()
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) store.close()
    for (const database of this.#databases) await database.close()
  }

  /** A position is named by its store, or `store/partition`. */
  #owner(position: string): TransactionalStore {
    const slash = position.lastIndexOf('/')
    return this.#find(slash < 0 ? position : position.slice(0, slash))
  }

  #find(name: string): TransactionalStore {
    const store = this.#stores.get(name)
    if (store !== undefined) return store
    throw new StreamsError(
      'STORE_UNKNOWN',
      `the task has no store "${name}"`,
      { taskId: this.#task.taskId, path: this.#task.directory },
      `Its stores are: ${this.names.join(', ') || 'none'}.`,
    )
  }
}
