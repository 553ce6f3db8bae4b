/** Keys in the order of their last use, with what changed since the last commit. */
export class UseOrder {
  /** By id; the one that was used longest ago first. */
  #keys = new Map<string, Uint8Array>()
  readonly #committed = new Map<string, Uint8Array>()
  /** In order of last change; undefined was removed. */
  readonly #changed = new Map<string, Uint8Array | undefined>()
  #newest: string | undefined

  isNewest(id: string): boolean {
    return this.#newest === id
  }

  use(id: string, key: Uint8Array): void {
    this.#keys.delete(id)
    this.#keys.set(id, key)
    this.#newest = id
    this.#changed.delete(id)
    this.#changed.set(id, key)
  }

  remove(id: string): void {
    this.#keys.delete(id)
    if (this.#newest === id) this.#newest = undefined
    this.#changed.delete(id)
    this.#changed.set(id, undefined)
  }

  /** Those that are too many, the one that was used longest ago first. */
  beyond(max: number): readonly Uint8Array[] {
    const found: Uint8Array[] = []
    for (const key of this.#keys.values()) {
      if (this.#keys.size - found.length <= max) break
      found.push(key)
    }
    return found
  }

  commit(): void {
    for (const [id, key] of this.#changed) {
      this.#committed.delete(id)
      if (key !== undefined) this.#committed.set(id, key)
    }
    this.#changed.clear()
  }

  discard(): void {
    this.#keys = new Map(this.#committed)
    this.#changed.clear()
    this.#newest = [...this.#keys.keys()].at(-1)
  }
}
