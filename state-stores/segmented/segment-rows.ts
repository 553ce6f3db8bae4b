import type { StoreEntry } from '#streams'
import { byteString, compareBytes } from '../bytes.ts'
import type { EntrySource } from '../transactional/merge.ts'
import type { KeyBounds } from './segmented-entries.ts'

/** A key with more of them in a segment is read from the engine each time. */
const ROWS_OF_KEY_MAX = 128
const ROW_OVERHEAD_BYTES = 250
const LIST_OVERHEAD_BYTES = 200

/** All of a key in a segment, in order; never changed once it is made. Undefined: too many. */
type Rows = readonly StoreEntry[] | undefined

/**
 * The engine's rows by segment and key, also where there are none: windows and sessions of the same keys are read again and again, and an
 * iterator costs more than its rows. Commits are followed. Two generations, like the cache of values.
 */
export class SegmentRows {
  readonly #bytesMax: number
  #young = new Map<string, Rows>()
  #old = new Map<string, Rows>()
  #youngBytes = 0
  #written: { readonly id: string; readonly key: Uint8Array; readonly value: Uint8Array | null }[] =
    []

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Within the bounds; `scan` reads all of the key in the segment, in order. Undefined where these are too many. */
  within(
    of: { readonly segment: number; readonly key: Uint8Array; readonly reverse: boolean },
    { from, to }: KeyBounds,
    scan: () => EntrySource,
  ): EntrySource | undefined {
    const id = idOf(of.segment, of.key)
    if (!this.#isKnown(id)) this.#remember(id, readAll(scan()))
    const rows = this.#young.get(id)
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

  /** No writes need be told. */
  get isEmpty(): boolean {
    return this.#young.size === 0 && this.#old.size === 0
  }

  /** A write that the next commit brings to the engine; null deletes. */
  willWrite(
    of: { readonly segment: number; readonly key: Uint8Array },
    key: Uint8Array,
    value: Uint8Array | null,
  ): void {
    this.#written.push({ id: idOf(of.segment, of.key), key, value })
  }

  afterCommit(): void {
    /** Made by this commit, so that nobody reads them yet. */
    const own = new Map<string, StoreEntry[]>()
    for (const { id, key, value } of this.#written) {
      if (!this.#isKnown(id)) continue
      const before = this.#young.get(id)
      if (before === undefined) continue
      const rows = own.get(id) ?? [...before]
      own.set(id, rows)
      const at = firstAtOrAfter(rows, key)
      const row = rows[at]
      const isThere = row !== undefined && compareBytes(row.key, key) === 0
      rows.splice(at, isThere ? 1 : 0, ...(value === null ? [] : [{ key, value }]))
    }
    for (const [id, rows] of own)
      this.#remember(id, rows.length > ROWS_OF_KEY_MAX ? undefined : rows)
    this.#written = []
  }

  /** The batch is not to be written after all. */
  discarded(): void {
    this.#written = []
  }

  /** The engine was written by others. */
  forget(): void {
    this.#young.clear()
    this.#old.clear()
    this.#youngBytes = 0
    this.#written = []
  }

  /** What is, is in the young generation afterwards. */
  #isKnown(id: string): boolean {
    if (this.#young.has(id)) return true
    if (!this.#old.has(id)) return false
    this.#remember(id, this.#old.get(id))
    return true
  }

  #remember(id: string, rows: Rows): void {
    this.#old.delete(id)
    if (this.#young.has(id)) this.#youngBytes -= bytesOf(id, this.#young.get(id))
    const bytes = bytesOf(id, rows)
    if ((this.#youngBytes + bytes) * 2 > this.#bytesMax) {
      this.#old = this.#young
      this.#old.delete(id)
      this.#young = new Map()
      this.#youngBytes = 0
    }
    this.#youngBytes += bytes
    this.#young.set(id, rows)
  }
}

function idOf(segment: number, key: Uint8Array): string {
  return `${segment}:${byteString(key)}`
}

function bytesOf(id: string, rows: Rows): number {
  let bytes = LIST_OVERHEAD_BYTES + id.length
  for (const { key, value } of rows ?? []) bytes += ROW_OVERHEAD_BYTES + key.length + value.length
  return bytes
}

function readAll(source: EntrySource): Rows {
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
