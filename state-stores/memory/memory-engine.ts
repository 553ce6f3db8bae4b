import type {
  KeyRange,
  StoreBatch,
  StoreDatabase,
  StoreEngine,
  StoreEntry,
  StoreIterator,
  StoreOpenOptions,
} from '#streams'
import { compareBytes, copyBytes } from '../bytes.ts'
import { checkKeyspaceNames, storeClosed, storeLocked, unknownKeyspace } from '../engine-errors.ts'
import { BTree, TreeCursor } from './b-tree.ts'

/** Outlives closing, as a directory would. */
interface Disk {
  readonly trees: Map<string, BTree>
  open: boolean
}

/**
 * The engine contract in memory. What was written stays for as long as this engine object: closing and opening the same
 * directory finds it again. Nothing touches the disk; `memoryBytes` is not obeyed, as the data itself is memory.
 */
export function memoryEngine(): StoreEngine {
  const disks = new Map<string, Disk>()
  return {
    name: 'memory',
    async open(directory: string, options: StoreOpenOptions): Promise<StoreDatabase> {
      checkKeyspaceNames(options.keyspaces, directory)
      const disk = disks.get(directory) ?? { trees: new Map<string, BTree>(), open: false }
      if (disk.open) throw storeLocked(directory)
      disks.set(directory, disk)
      disk.open = true
      for (const keyspace of options.keyspaces) {
        if (!disk.trees.has(keyspace)) disk.trees.set(keyspace, new BTree())
      }
      return new MemoryDatabase(disk, directory)
    },
    async destroy(directory: string): Promise<void> {
      if (disks.get(directory)?.open === true) throw storeLocked(directory)
      disks.delete(directory)
    },
  }
}

class MemoryDatabase implements StoreDatabase {
  readonly #disk: Disk
  readonly #directory: string
  #closed = false

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  tree(keyspace: string): BTree {
    this.requireOpen()
    const tree = this.#disk.trees.get(keyspace)
    if (tree === undefined) throw unknownKeyspace(keyspace, this.#directory)
    return tree
  }

  requireOpen(): void {
    if (this.#closed) throw storeClosed(this.#directory)
  }

  keyspaces(): readonly string[] {
    return [...this.#disk.trees.keys()]
  }

  get(keyspace: string, key: Uint8Array): Uint8Array | undefined {
    return this.tree(keyspace).get(key)
  }

  getMany(keyspace: string, keys: readonly Uint8Array[]): (Uint8Array | undefined)[] {
    const tree = this.tree(keyspace)
    return keys.map((key) => tree.get(key))
  }

  scan(keyspace: string, range: KeyRange = {}): StoreIterator {
    return new MemoryIterator(this, this.tree(keyspace), range)
  }

  batch(): StoreBatch {
    return new MemoryBatch(this)
  }

  sizeBytes(keyspace: string): number {
    return this.tree(keyspace).bytes
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#disk.open = false
  }
}

type Operation = (tree: BTree) => void

class MemoryBatch implements StoreBatch {
  readonly #database: MemoryDatabase
  #operations: { readonly tree: BTree; readonly apply: Operation }[] = []

  constructor(database: MemoryDatabase) {
    this.#database = database
  }

  get length(): number {
    return this.#operations.length
  }

  put(keyspace: string, key: Uint8Array, value: Uint8Array): void {
    const [ownKey, ownValue] = [copyBytes(key), copyBytes(value)]
    this.#add(keyspace, (tree) => tree.set(ownKey, ownValue))
  }

  delete(keyspace: string, key: Uint8Array): void {
    const own = copyBytes(key)
    this.#add(keyspace, (tree) => tree.delete(own))
  }

  deleteRange(keyspace: string, from: Uint8Array, to: Uint8Array): void {
    if (compareBytes(from, to) >= 0) return
    const [ownFrom, ownTo] = [copyBytes(from), copyBytes(to)]
    this.#add(keyspace, (tree) => {
      const cursor = new TreeCursor(tree.snapshot(), ownFrom, false)
      for (let entry = cursor.next(); entry !== undefined; entry = cursor.next()) {
        if (compareBytes(entry.key, ownTo) >= 0) return
        tree.delete(entry.key)
      }
    })
  }

  write(): void {
    this.#database.requireOpen()
    // Nothing below throws, so all or none holds.
    for (const { tree, apply } of this.#operations) apply(tree)
    this.#operations = []
  }

  #add(keyspace: string, apply: Operation): void {
    this.#operations.push({ tree: this.#database.tree(keyspace), apply })
  }
}

const DONE = { done: true, value: undefined } as const

class MemoryIterator implements StoreIterator {
  readonly #database: MemoryDatabase
  readonly #end: Uint8Array | undefined
  readonly #reverse: boolean
  #cursor: TreeCursor | undefined
  #left: number

  constructor(database: MemoryDatabase, tree: BTree, range: KeyRange) {
    this.#database = database
    this.#reverse = range.reverse === true
    this.#end = this.#reverse ? range.from : range.to
    this.#left = range.limit ?? Number.POSITIVE_INFINITY
    const start = this.#reverse ? range.to : range.from
    this.#cursor = new TreeCursor(tree.snapshot(), start, this.#reverse)
  }

  next(): IteratorResult<StoreEntry, undefined> {
    if (this.#cursor === undefined) return DONE
    this.#database.requireOpen()
    const entry = this.#left > 0 ? this.#cursor.next() : undefined
    if (entry === undefined || this.#isPastEnd(entry.key)) {
      this.close()
      return DONE
    }
    this.#left -= 1
    return { done: false, value: entry }
  }

  close(): void {
    this.#cursor = undefined
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

  #isPastEnd(key: Uint8Array): boolean {
    if (this.#end === undefined) return false
    const order = compareBytes(key, this.#end)
    return this.#reverse ? order < 0 : order >= 0
  }
}
