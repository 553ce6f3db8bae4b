import type { Change } from '../change.ts'
import type { RecordCache, StreamRecord } from '../processor.ts'
import { approximateBytes } from './approximate-bytes.ts'
import type { RecordCacheBudget } from './record-cache-budget.ts'

/** The node that a cache belongs to: it forwards what waited. */
export interface CachingNode {
  readonly name: string
  forward(record: StreamRecord<unknown, unknown>): void
}

/** Map slot, entry, record and change of one entry, roughly. */
const ENTRY_BYTES = 240

/**
 * The record caches of one task, in the order of its nodes. What is put waits until the commit, so that of many updates of a key one is
 * forwarded. Bytes are counted in the budget that all tasks share.
 */
export class RecordCaches {
  /** Of this task. */
  bytes = 0
  /** Puts that replaced a waiting update: records that were not forwarded. */
  hits = 0
  readonly #budget: RecordCacheBudget | undefined
  readonly #enter: (node: string) => void
  readonly #caches: NodeCache[] = []

  /** @param enter tells the task which node is working */
  constructor(budget: RecordCacheBudget | undefined, enter: (node: string) => void) {
    this.#budget = budget
    this.#enter = enter
  }

  /** Nodes ask in the order of the topology, parents first. Undefined where caches are off. */
  open(node: CachingNode): RecordCache<unknown, unknown> | undefined {
    if (this.#budget === undefined || this.#budget.bytesMax === 0) return undefined
    const cache = new NodeCache(this, node)
    this.#caches.push(cache)
    return cache
  }

  get isEmpty(): boolean {
    return this.bytes === 0
  }

  /** The shared budget is used up, and this task can do something about it. */
  get isFull(): boolean {
    return this.bytes > 0 && this.#budget !== undefined && this.#budget.isFull
  }

  /** Forwards what waits, node by node; what that puts into the caches of nodes below is forwarded with theirs. */
  flush(): void {
    if (this.isEmpty) return
    for (const cache of this.#caches) {
      if (cache.size === 0) continue
      this.#enter(cache.node.name)
      cache.flush()
    }
  }

  /** Forgets what waits: the transaction is aborted. */
  clear(): void {
    for (const cache of this.#caches) cache.clear()
  }

  /** Forgets the nodes as well: they are made anew. */
  reset(): void {
    this.clear()
    this.#caches.length = 0
  }

  /** @internal */
  grow(bytes: number): void {
    this.bytes += bytes
    if (this.#budget !== undefined) this.#budget.bytes += bytes
  }
}

interface Entry {
  /** Before the first update that waits. */
  readonly oldValue: unknown
  /** Without the new value. */
  readonly fixedBytes: number
  record: StreamRecord<unknown, Change<unknown>>
  bytes: number
}

class NodeCache implements RecordCache<unknown, unknown> {
  readonly node: CachingNode
  readonly #owner: RecordCaches
  /** In the order of the last updates. */
  #entries = new Map<string, Entry>()

  constructor(owner: RecordCaches, node: CachingNode) {
    this.#owner = owner
    this.node = node
  }

  get size(): number {
    return this.#entries.size
  }

  put(id: string, record: StreamRecord<unknown, Change<unknown>>): void {
    const { newValue, oldValue } = record.value
    const known = this.#entries.get(id)
    if (known === undefined) {
      const fixedBytes =
        ENTRY_BYTES + 2 * id.length + approximateBytes(record.key) + approximateBytes(oldValue)
      const bytes = fixedBytes + approximateBytes(newValue)
      this.#entries.set(id, { oldValue, fixedBytes, record, bytes })
      this.#owner.grow(bytes)
      return
    }
    const bytes = known.fixedBytes + approximateBytes(newValue)
    this.#owner.hits++
    this.#owner.grow(bytes - known.bytes)
    known.record = record
    known.bytes = bytes
    this.#entries.delete(id)
    this.#entries.set(id, known)
  }

  flush(): void {
    for (const { record, oldValue } of this.#take().values()) {
      const { newValue, isLatest } = record.value
      // Made and removed between two commits: nobody below ever heard of it.
      if (newValue === undefined && oldValue === undefined) continue
      this.node.forward({ ...record, value: { newValue, oldValue, isLatest } })
    }
  }

  clear(): void {
    this.#take()
  }

  #take(): Map<string, Entry> {
    const entries = this.#entries
    this.#entries = new Map()
    for (const { bytes } of entries.values()) this.#owner.grow(-bytes)
    return entries
  }
}
