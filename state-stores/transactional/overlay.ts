import { byteString } from '../bytes.ts'
import type { OverlayEntry } from './store-value.ts'

/** Map, arrays and objects around a small entry, measured on 64-bit V8. */
const ENTRY_OVERHEAD_BYTES = 150
/** Beyond this many new keys sorting all of them is cheaper than inserting each. */
const INSERTED_MAX = 32

/** The writes of a store since its last commit: one per key, in order of first write, also readable in byte order. */
export class Overlay {
  readonly #entries = new Map<string, OverlayEntry>()
  /** In byte order; holds what `#unsorted` does not. */
  #sorted: string[] = []
  #unsorted: string[] = []
  #bytes = 0

  get size(): number {
    return this.#entries.size
  }

  /** Memory held, roughly. */
  get bytes(): number {
    return this.#bytes
  }

  get(id: string): OverlayEntry | undefined {
    return this.#entries.get(id)
  }

  put(id: string, key: Uint8Array, encoded: Uint8Array | null): void {
    const before = this.#entries.get(id)
    if (before === undefined) {
      this.#unsorted.push(id)
      this.#bytes += key.length * 2 + ENTRY_OVERHEAD_BYTES
    } else {
      this.#bytes -= before.encoded?.length ?? 0
    }
    this.#bytes += encoded?.length ?? 0
    this.#entries.set(id, { key, encoded, decoded: undefined })
  }

  entries(): MapIterator<[string, OverlayEntry]> {
    return this.#entries.entries()
  }

  values(): MapIterator<OverlayEntry> {
    return this.#entries.values()
  }

  /** Entries of [from, to) in byte order, as they are now: later writes do not show. */
  range(from: Uint8Array | undefined, to: Uint8Array | undefined): readonly OverlayEntry[] {
    if (this.#entries.size === 0) return []
    this.#sort()
    const low = from === undefined ? 0 : lowerBound(this.#sorted, byteString(from))
    const high = to === undefined ? this.#sorted.length : lowerBound(this.#sorted, byteString(to))
    const found: OverlayEntry[] = []
    for (let at = low; at < high; at += 1) {
      const entry = this.#entries.get(this.#sorted[at] ?? '')
      if (entry !== undefined) found.push(entry)
    }
    return found
  }

  clear(): void {
    this.#entries.clear()
    this.#sorted = []
    this.#unsorted = []
    this.#bytes = 0
  }

  /** A scan and a write in turn is how windows are aggregated, so a few new keys must not cost a sort of all. */
  #sort(): void {
    if (this.#unsorted.length > INSERTED_MAX) {
      for (const id of this.#unsorted) this.#sorted.push(id)
      this.#sorted.sort(compareIds)
    } else {
      for (const id of this.#unsorted) this.#sorted.splice(lowerBound(this.#sorted, id), 0, id)
    }
    this.#unsorted = []
  }
}

/** Characters are bytes, so the order of strings is that of bytes. */
function compareIds(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
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
