import { type Column, compareValues } from './column.ts'

export interface Sort {
  readonly column: string
  readonly direction: 1 | -1
}

interface Order<Row> {
  readonly columns: readonly Column<Row>[]
  readonly sort: Sort
  readonly matches: (row: Row) => boolean
}

/** More of them are cheaper to sort with all others. */
const CHANGES_MAX = 1_000

/**
 * Rows by key, and those that match in their order. A change of a few rows finds their places and copies the rest, without looking at
 * it: a blotter of 100,000 rows takes changes at every frame.
 */
export class Arrangement<Row extends object> {
  readonly #keyOf: (row: Row) => string
  readonly #rows = new Map<string, Row>()
  #order: Order<Row>
  #shown: readonly Row[] = []

  constructor(keyOf: (row: Row) => string, order: Order<Row>) {
    this.#keyOf = keyOf
    this.#order = order
  }

  /** Those that match, in their order. A new array after every change. */
  get shown(): readonly Row[] {
    return this.#shown
  }

  get size(): number {
    return this.#rows.size
  }

  get all(): Iterable<Row> {
    return this.#rows.values()
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)
  }

  replace(rows: Iterable<Row>): void {
    this.#rows.clear()
    for (const row of rows) this.#rows.set(this.#keyOf(row), row)
    this.arrange(this.#order)
  }

  /** Sorts and filters anew. */
  arrange(order: Order<Row>): void {
    this.#order = order
    const value = this.#valueOf()
    const matching: { readonly row: Row; readonly value: string | number | null }[] = []
    for (const row of this.#rows.values())
      if (order.matches(row)) matching.push({ row, value: value(row) })
    matching.sort(
      (a, b) =>
        compareValues(a.value, b.value, order.sort.direction) ||
        compareValues(this.#keyOf(a.row), this.#keyOf(b.row), 1),
    )
    this.#shown = matching.map(({ row }) => row)
  }

  /** Adds rows, or puts them in the place of those with the same keys. */
  upsert(changed: readonly Row[]): void {
    const compare = this.#compare()
    const goneAt: number[] = []
    const latest = new Map<string, Row>()
    for (const row of changed) latest.set(this.#keyOf(row), row)
    if (latest.size > CHANGES_MAX) {
      for (const [key, row] of latest) this.#rows.set(key, row)
      this.arrange(this.#order)
      return
    }
    for (const [key, row] of latest) {
      const before = this.#rows.get(key)
      this.#rows.set(key, row)
      if (before === undefined) continue
      // The order is total: what is shown stands just before the place for another one like it.
      const at = placeOf(before, this.#shown, 0, compare) - 1
      if (this.#shown[at] === before) goneAt.push(at)
    }
    const kept = without(this.#shown, goneAt)
    const added = [...latest.values()].filter(this.#order.matches).sort(compare)
    const parts: (readonly Row[])[] = []
    let from = 0
    for (const row of added) {
      const at = placeOf(row, kept, from, compare)
      parts.push(kept.slice(from, at), [row])
      from = at
    }
    this.#shown = joined([...parts, kept.slice(from)])
  }

  #valueOf(): (row: Row) => string | number | null {
    const { columns, sort } = this.#order
    return columns.find(({ id }) => id === sort.column)?.value ?? (() => null)
  }

  #compare(): (a: Row, b: Row) => number {
    const value = this.#valueOf()
    const { direction } = this.#order.sort
    return (a, b) =>
      compareValues(value(a), value(b), direction) ||
      compareValues(this.#keyOf(a), this.#keyOf(b), 1)
  }
}

function without<Row>(rows: readonly Row[], places: number[]): readonly Row[] {
  if (places.length === 0) return rows
  const parts: (readonly Row[])[] = []
  let from = 0
  for (const at of places.sort((a, b) => a - b)) {
    parts.push(rows.slice(from, at))
    from = at + 1
  }
  parts.push(rows.slice(from))
  return joined(parts)
}

/** `flat` looks at every item; this copies. */
function joined<Row>(parts: readonly (readonly Row[])[]): readonly Row[] {
  return ([] as Row[]).concat(...parts)
}

/** The first place at or after `from` whose row comes after this one. */
function placeOf<Row>(
  row: Row,
  rows: readonly Row[],
  from: number,
  compare: (a: Row, b: Row) => number,
): number {
  let low = from
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compare(rows[middle] as Row, row) <= 0) low = middle + 1
    else high = middle
  }
  return low
}
