import type { StoreEntry } from '#streams'
import { byteString, compareBytes, keyAfter } from '../bytes.ts'
import type { EntrySource } from './merge.ts'

/** An ascending scan of the engine. */
export type ScanForward = (range: {
  readonly from: Uint8Array
  readonly to?: Uint8Array
  readonly limit?: number
}) => EntrySource

/** As many as an iterator fetches at first. */
const ROWS_AT_ONCE = 32
const BYTES_AT_ONCE_MAX = 32 * 1024
const ROWS_MAX = 256
const BYTES_MAX = 256 * 1024
const HEADS_MAX = 8

/** All that the engine holds in [from, to); `to` undefined: up to its end. */
interface Head {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
  readonly rows: readonly StoreEntry[]
}

/**
 * The first rows of ranges that are read again and again for what comes next (what is held back, what closes): most looks find
 * nothing that is due, and an iterator costs more than its rows. A range is kept from the second look at the same beginning on; commits
 * are followed. Rows behind a range are kept as well: they tell that nothing lies between.
 */
export class HeadRows {
  readonly #scan: ScanForward
  /** By beginning; undefined: looked at once. */
  readonly #heads = new Map<string, Head | undefined>()
  /** To be told before the engine changes. */
  readonly #reading = new Set<HeadReader>()
  #written: { readonly key: Uint8Array; readonly value: Uint8Array | null }[] = []

  constructor(scan: ScanForward) {
    this.#scan = scan
  }

  /** Like a scan of the engine; `isHead`: the range will be read again, wherever it begins then. */
  read(from: Uint8Array, to: Uint8Array | undefined, isHead: boolean): EntrySource {
    const head = this.#covering(from) ?? this.#made(from, isHead)
    if (head === undefined) return this.#scan({ from, ...(to && { to }) })
    const of: ReadOf = {
      from,
      to,
      scan: this.#scan,
      more: (before) => this.#extended(before, from),
      closed: (closed) => this.#reading.delete(closed),
    }
    const reader = new HeadReader(of, head)
    this.#reading.add(reader)
    return reader
  }

  /** Whoever still reads goes on with the engine as it is now. */
  willCommit(): void {
    this.#written = []
    for (const reader of this.#reading) reader.detach()
    this.#reading.clear()
  }

  /** What the commit writes; null deletes. */
  willWrite(key: Uint8Array, value: Uint8Array | null): void {
    for (const head of this.#heads.values()) {
      if (head !== undefined && holds(head, key)) {
        this.#written.push({ key, value })
        return
      }
    }
  }

  afterCommit(): void {
    if (this.#written.length === 0) return
    for (const [id, head] of this.#heads) {
      if (head !== undefined) this.#heads.set(id, rewritten(head, this.#written))
    }
    this.#written = []
  }

  /** The engine was written by others, or what was to be written is not. */
  forget(): void {
    this.#heads.clear()
    this.#written = []
  }

  #covering(from: Uint8Array): Head | undefined {
    for (const head of this.#heads.values()) if (head && holds(head, from)) return head
    return undefined
  }

  #made(from: Uint8Array, isHead: boolean): Head | undefined {
    const id = byteString(from)
    const isKnown = this.#heads.delete(id)
    if (this.#heads.size >= HEADS_MAX) {
      for (const oldest of this.#heads.keys()) {
        this.#heads.delete(oldest)
        break
      }
    }
    const head = isKnown || isHead ? { from, ...this.#rowsFrom(from) } : undefined
    this.#heads.set(id, head)
    return head
  }

  /** With the rows that come next, without those before `from`. Undefined where it is long enough, or another one by now. */
  #extended(before: Head, from: Uint8Array): Head | undefined {
    const id = byteString(before.from)
    if (this.#heads.get(id) !== before || before.to === undefined) return undefined
    const kept = before.rows.slice(firstAtOrAfter(before.rows, from))
    if (kept.length >= ROWS_MAX) return undefined
    const { rows, to } = this.#rowsFrom(before.to)
    const head = bounded({ from, to, rows: kept.concat(rows) })
    if (head.rows.length <= kept.length && rows.length > 0) return undefined
    this.#heads.delete(id)
    this.#heads.set(byteString(from), head)
    return head
  }

  #rowsFrom(from: Uint8Array): Omit<Head, 'from'> {
    const source = this.#scan({ from, limit: ROWS_AT_ONCE })
    const rows: StoreEntry[] = []
    let bytes = 0
    let isEnd = false
    while (rows.length < ROWS_AT_ONCE && bytes < BYTES_AT_ONCE_MAX) {
      const row = source.next()
      isEnd = row === undefined
      if (row === undefined) break
      bytes += row.key.length + row.value.length
      rows.push(row)
    }
    source.close()
    const last = rows.at(-1)
    return { rows, to: isEnd ? undefined : keyAfter(last?.key ?? from) }
  }
}

interface ReadOf {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
  readonly scan: ScanForward
  readonly more: (before: Head) => Head | undefined
  readonly closed: (reader: HeadReader) => void
}

/** Rows of a head, then what comes after them: once more of the head, and the engine for the rest. */
class HeadReader implements EntrySource {
  readonly #of: ReadOf
  #head: Head
  #at: number
  #mayExtend = true
  #rest: EntrySource | undefined
  #closed = false

  constructor(of: ReadOf, head: Head) {
    this.#of = of
    this.#head = head
    this.#at = firstAtOrAfter(head.rows, of.from)
  }

  next(): StoreEntry | undefined {
    while (!this.#closed) {
      if (this.#rest !== undefined && this.#at >= this.#head.rows.length) return this.#rest.next()
      const row = this.#head.rows[this.#at]
      if (row === undefined) {
        if (!this.#goOn()) break
        continue
      }
      if (this.#isBehind(row.key)) break
      this.#at += 1
      return row
    }
    this.close()
    return undefined
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#rest?.close()
    this.#of.closed(this)
  }

  /** The engine is about to change: what comes after the rows is read from it as it is now. */
  detach(): void {
    if (!this.#closed && this.#rest === undefined && this.#hasMore()) this.#readRest()
    this.#mayExtend = false
  }

  #goOn(): boolean {
    if (!this.#hasMore()) return false
    const before = this.#head
    const extended = this.#mayExtend ? this.#of.more(before) : undefined
    this.#mayExtend = false
    if (extended === undefined) {
      this.#readRest()
      return true
    }
    this.#head = extended
    this.#at = before.to === undefined ? 0 : firstAtOrAfter(extended.rows, before.to)
    return true
  }

  #hasMore(): boolean {
    return this.#head.to !== undefined && !this.#isBehind(this.#head.to)
  }

  #readRest(): void {
    const { to } = this.#of
    const from = this.#head.to
    if (from !== undefined) this.#rest = this.#of.scan({ from, ...(to && { to }) })
  }

  #isBehind(key: Uint8Array): boolean {
    return this.#of.to !== undefined && compareBytes(key, this.#of.to) >= 0
  }
}

function holds({ from, to }: Head, key: Uint8Array): boolean {
  return compareBytes(key, from) >= 0 && (to === undefined || compareBytes(key, to) < 0)
}

function rewritten(
  head: Head,
  written: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[],
): Head {
  let own: StoreEntry[] | undefined
  for (const { key, value } of written) {
    if (!holds(head, key)) continue
    own ??= [...head.rows]
    const rows = own
    const at = firstAtOrAfter(rows, key)
    const row = rows[at]
    const isThere = row !== undefined && compareBytes(row.key, key) === 0
    rows.splice(at, isThere ? 1 : 0, ...(value === null ? [] : [{ key, value }]))
  }
  return own === undefined ? head : bounded({ ...head, rows: own })
}

function bounded(head: Head): Head {
  let count = 0
  let bytes = 0
  for (const { key, value } of head.rows) {
    bytes += key.length + value.length
    if (count === ROWS_MAX || bytes > BYTES_MAX) break
    count += 1
  }
  const firstTooMany = head.rows[count]
  if (firstTooMany === undefined) return head
  return { from: head.from, to: firstTooMany.key, rows: head.rows.slice(0, count) }
}

/** Where the rows at or after a key begin. */
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
