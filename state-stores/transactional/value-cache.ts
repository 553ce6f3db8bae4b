import type { StoreValue } from './store-value.ts'

const ENTRY_OVERHEAD_BYTES = 150

/**
 * Committed values by key, absent keys too. Two generations: when the young one holds half of the bound, it becomes the
 * old one, and what the old one held and nobody asked for since is dropped. Cheaper than a list kept in order of use.
 */
export class ValueCache {
  readonly #bytesMax: number
  #young = new Map<string, StoreValue>()
  #old = new Map<string, StoreValue>()
  #youngBytes = 0

  /** Counts encoded bytes, keys and map entries; decoded objects come on top. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Nothing is displaced by what comes. */
  get hasRoom(): boolean {
    return this.#old.size === 0
  }

  get(id: string): StoreValue | undefined {
    const young = this.#young.get(id)
    if (young !== undefined) return young
    const old = this.#old.get(id)
    if (old === undefined) return undefined
    this.set(id, old)
    return old
  }

  set(id: string, value: StoreValue): void {
    this.#old.delete(id)
    const before = this.#young.get(id)
    if (before === undefined) this.#youngBytes += id.length + ENTRY_OVERHEAD_BYTES
    this.#youngBytes += (value.encoded?.length ?? 0) - (before?.encoded?.length ?? 0)
    this.#young.set(id, value)
    if (this.#youngBytes * 2 <= this.#bytesMax) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngBytes = 0
  }

  /** As `set`, where something is known of the key. */
  replace(id: string, { encoded, decoded }: StoreValue): void {
    // A new object: an entry of the overlay would keep its key alive.
    if (this.#young.has(id) || this.#old.has(id)) this.set(id, { encoded, decoded })
  }

  delete(id: string): void {
    this.#young.delete(id)
    this.#old.delete(id)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
    this.#youngBytes = 0
  }
}
