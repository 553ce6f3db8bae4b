import { memoryEngine } from '#state-stores'
import type {
  StoreBatch,
  StoreDatabase,
  StoreEngine,
  StoreIterator,
  StoreOpenOptions,
} from '#streams'
import type { Machine } from './machine.ts'
import type { SeededRandom } from './random.ts'
import { COMMIT_HAZARD } from './world/fault-plan.ts'

const TORN = 0.02

/** Faults that no correct engine has. */
export interface DiskFaults {
  /** A crash keeps a batch's positions and loses its entries. */
  readonly tornBatches: boolean
}

/**
 * The disk of a place where processes run. It outlives them: a kill keeps every batch that was written, and of the one that is being
 * written all or nothing.
 */
export class Disk {
  readonly #random: SeededRandom
  readonly #faults: DiskFaults
  #engine = memoryEngine()
  #open = new Set<StoreDatabase>()
  #directories = new Set<string>()

  constructor(random: SeededRandom, faults: DiskFaults) {
    this.#random = random
    this.#faults = faults
  }

  /** Everything is gone. No process may run on it. */
  lose(): void {
    this.#engine = memoryEngine()
    this.#open = new Set()
    this.#directories = new Set()
  }

  /** Names of the databases in a directory. */
  list(directory: string): readonly string[] {
    const prefix = `${directory}/`
    return [...this.#directories]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
      .sort()
  }

  /** What a process on this disk writes with, until it dies. */
  engineOf(machine: Machine): StoreEngine {
    const engine = this.#engine
    const open = this.#open
    const directories = this.#directories
    machine.onDeath(() => {
      // Closing a database in memory is done before it answers; locks go with the process.
      for (const database of open) void database.close()
      open.clear()
    })
    return {
      name: engine.name,
      open: async (directory: string, options: StoreOpenOptions) => {
        const inner = await engine.open(directory, options)
        open.add(inner)
        directories.add(directory)
        if (!machine.isAlive) void inner.close()
        return new DiskDatabase(inner, {
          written: (write) => this.#write(machine, write),
          isTorn: () => this.#faults.tornBatches && this.#random.chance(TORN),
          closed: () => open.delete(inner),
          die: () => machine.kill(),
        })
      },
      destroy: async (directory) => {
        if (!machine.isAlive) return
        await engine.destroy(directory)
        directories.delete(directory)
      },
    }
  }

  /** It may die right before, and right after. */
  #write(machine: Machine, write: () => void): void {
    machine.endanger(COMMIT_HAZARD)
    write()
    machine.endanger(COMMIT_HAZARD)
  }
}

interface DiskUse {
  readonly written: (write: () => void) => void
  readonly isTorn: () => boolean
  readonly closed: () => void
  readonly die: () => void
}

class DiskDatabase implements StoreDatabase {
  readonly #inner: StoreDatabase
  readonly #use: DiskUse

  constructor(inner: StoreDatabase, use: DiskUse) {
    this.#inner = inner
    this.#use = use
  }

  keyspaces(): readonly string[] {
    return this.#inner.keyspaces()
  }

  get(keyspace: string, key: Uint8Array): Uint8Array | undefined {
    return this.#inner.get(keyspace, key)
  }

  getMany(keyspace: string, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    return this.#inner.getMany(keyspace, keys)
  }

  scan(...args: Parameters<StoreDatabase['scan']>): StoreIterator {
    return this.#inner.scan(...args)
  }

  batch(): StoreBatch {
    return new DiskBatch(this.#inner, this.#use)
  }

  sizeBytes(keyspace: string): number {
    return this.#inner.sizeBytes(keyspace)
  }

  async close(): Promise<void> {
    this.#use.closed()
    await this.#inner.close()
  }
}

const POSITIONS = 'meta'

class DiskBatch implements StoreBatch {
  readonly #inner: StoreBatch
  readonly #positions: StoreBatch
  readonly #use: DiskUse

  constructor(database: StoreDatabase, use: DiskUse) {
    this.#inner = database.batch()
    this.#positions = database.batch()
    this.#use = use
  }

  get length(): number {
    return this.#inner.length
  }

  put(keyspace: string, key: Uint8Array, value: Uint8Array): void {
    this.#inner.put(keyspace, key, value)
    if (keyspace === POSITIONS) this.#positions.put(keyspace, key, value)
  }

  delete(keyspace: string, key: Uint8Array): void {
    this.#inner.delete(keyspace, key)
  }

  deleteRange(keyspace: string, from: Uint8Array, to: Uint8Array): void {
    this.#inner.deleteRange(keyspace, from, to)
  }

  write(): void {
    if (this.#use.isTorn()) {
      this.#positions.write()
      this.#use.die()
    }
    this.#use.written(() => this.#inner.write())
  }
}
