import type { StoreEntry } from '#streams'
import { byteString, compareBytes } from '../bytes.ts'
import type { EntrySource } from '../transactional/merge.ts'
import type { KeyBounds } from './segmented-entries.ts'

/** A key with more of them in a segment is read from the engine each time. */
const ROWS_OF_KEY_MAX = 128
/** Together; at more everything is forgotten. */
const ROWS_MAX = 20_000

/**
 * The engine's rows by segment and key, until a commit changes them: windows of the same few keys are read again and again in one
 * transaction, and an iterator costs more than its rows.
 */
export class SegmentRows {
  /** Undefined: too many. */
  readonly #rows = new Map<string, readonly StoreEntry[] | undefined>()
  #count = 0

  /** Within the bounds; `scan` reads all of the key in the segment, in order. Undefined where these are too many. */
  within(
    of: { readonly segment: number; readonly key: Uint8Array; readonly reverse: boolean },
    { from, to }: KeyBounds,
    scan: () => EntrySource,
  ): EntrySource | undefined {
    const id = `${of.segment}:${byteString(of.key)}`
    if (!this.#rows.has(id)) this.#remember(id, readAll(scan()))
    const rows = this.#rows.get(id)
    if (rows === undefined) return undefined
    const begin = from === undefined ? 0 : firstAtOrAfter(rows, from)
    const end = to === undefined ? rows.length : firstAtOrAfter(rows, to)
    let at = of.reverse ? end - 1 : begin
    return {
      next: () => {
        if (at < begin || at >= end) return undefined
        const row = rows[at]
        at += of.reverse ? -1 : 1
        return row
      },
      close: () => {
        at = end
      },
    }
  }

  /** The engine was written. */
  forget(): void {
    this.#rows.clear()
    this.#count = 0
  }

  #remember(id: string, rows: readonly StoreEntry[] | undefined): void {
    this.#count += rows?.length ?? 0
    if (this.#count > ROWS_MAX || this.#rows.size > ROWS_MAX) this.forget()
    this.#rows.set(id, rows)
  }
}

function readAll(source: EntrySource): readonly StoreEntry[] | undefined {
  const rows: StoreEntry[] = []
  for (let row = source.next(); row !== undefined; row = source.next()) {
    if (rows.length === ROWS_OF_KEY_MAX) {
      source.close()
      return undefined
    }
    rows.push(row)
  }
  source.close()
  return rows
}

function firstAtOrAfter(rows: readonly StoreEntry[], bound: Uint8Array): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const row = rows[middle]
    if (row !== undefined && compareBytes(row.key, bound) < 0) low = middle + 1
    else high = middle
  }
  return low
}
