const CHUNK_IDS = 256
const CHUNK_IDS_MAX = 512
/** With fewer new ids than this share of all, each is inserted; with more, all are sorted anew. */
const INSERTED_SHARE = 0.25

/**
 * Ids in the order of their characters. Additions wait until someone asks for a range, so that a store that is never scanned
 * pays nothing; then each goes into a chunk of its own neighbourhood, so that a scan and some writes in turn (how windows are
 * aggregated) cost neither a sort nor a move of all.
 */
export class SortedIds {
  /** None is empty; the ids of one come before those of the next. */
  #chunks: string[][] = []
  #size = 0
  #waiting: string[] = []

  /** An id that is not there yet. */
  add(id: string): void {
    this.#waiting.push(id)
  }

  /** Those of [from, to), a list of its own. */
  range(from: string | undefined, to: string | undefined): string[] {
    if (this.#waiting.length > 0) this.#takeWaiting()
    const found: string[] = []
    let chunkAt = from === undefined ? 0 : this.#chunkFor(from)
    let at = from === undefined ? 0 : lowerBound(this.#chunks[chunkAt] ?? [], from)
    for (; chunkAt < this.#chunks.length; chunkAt += 1, at = 0) {
      const chunk = this.#chunks[chunkAt] ?? []
      for (; at < chunk.length; at += 1) {
        const id = chunk[at] ?? ''
        if (to !== undefined && id >= to) return found
        found.push(id)
      }
    }
    return found
  }

  clear(): void {
    this.#chunks = []
    this.#size = 0
    this.#waiting = []
  }

  #takeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    if (waiting.length > this.#size * INSERTED_SHARE) this.#rebuild(waiting)
    else for (const id of waiting) this.#insert(id)
    this.#size += waiting.length
  }

  #rebuild(added: readonly string[]): void {
    // Characters are bytes, so the default order, by code units, is that of bytes.
    const all = this.#chunks.flat().concat(added).sort()
    this.#chunks = []
    for (let at = 0; at < all.length; at += CHUNK_IDS)
      this.#chunks.push(all.slice(at, at + CHUNK_IDS))
  }

  #insert(id: string): void {
    const chunkAt = Math.min(this.#chunkFor(id), this.#chunks.length - 1)
    const chunk = this.#chunks[chunkAt] ?? []
    chunk.splice(lowerBound(chunk, id), 0, id)
    if (chunk.length > CHUNK_IDS_MAX) {
      this.#chunks.splice(chunkAt + 1, 0, chunk.splice(CHUNK_IDS))
    }
  }

  /** The first chunk that ends at or after `id`. */
  #chunkFor(id: string): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#chunks[middle]?.at(-1) ?? '') < id) low = middle + 1
      else high = middle
    }
    return low
  }
}

function lowerBound(ids: readonly string[], id: string): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] ?? '') < id) low = middle + 1
    else high = middle
  }
  return low
}
