import type { Column } from './column.ts'

export type Filter =
  | { readonly kind: 'set'; readonly values: readonly string[] }
  /** Both ends belong to it. */
  | { readonly kind: 'range'; readonly from: number | null; readonly to: number | null }
  | { readonly kind: 'text'; readonly contains: string }

export type Filters = Readonly<Record<string, Filter>>

/** Whether a row passes every filter and has every word of the search in its texts. */
export function rowMatcher<Row extends object>(
  columns: readonly Column<Row>[],
  filters: Filters,
  search: string,
): (row: Row) => boolean {
  const tests = columns.flatMap((column) => {
    const filter = filters[column.id]
    return filter === undefined ? [] : [(row: Row) => passes(column.value(row), filter)]
  })
  const words = search.toLowerCase().split(/\s+/).filter(Boolean)
  const searched = columns.filter(({ kind }) => kind === 'text' || kind === 'set')
  if (words.length > 0)
    tests.push((row) => {
      const text = searched
        .map((column) => column.value(row) ?? '')
        .join('\n')
        .toLowerCase()
      return words.every((word) => text.includes(word))
    })
  return (row) => tests.every((test) => test(row))
}

function passes(value: string | number | null, filter: Filter): boolean {
  switch (filter.kind) {
    case 'set':
      return filter.values.includes(String(value ?? ''))
    case 'range':
      return (
        value !== null &&
        (filter.from === null || Number(value) >= filter.from) &&
        (filter.to === null || Number(value) <= filter.to)
      )
    case 'text':
      return String(value ?? '')
        .toLowerCase()
        .includes(filter.contains.toLowerCase())
  }
}

const VALUES_MAX = 200

/** The values of a column with how many rows have each, most first; at most 200. */
export function valueCounts<Row>(
  rows: Iterable<Row>,
  column: Column<Row>,
): readonly (readonly [value: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const value = String(column.value(row) ?? '')
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, VALUES_MAX)
}

/** `Side: BUY`, `Size 1000 to 5000`. */
export function filterText<Row>(
  column: Column<Row>,
  filter: Filter,
  timeText: (timeMs: number) => string,
): string {
  switch (filter.kind) {
    case 'set':
      return `${column.title}: ${filter.values.map((value) => value || 'none').join(', ') || 'nothing'}`
    case 'text':
      return `${column.title} has “${filter.contains}”`
    case 'range': {
      const show = (value: number) => (column.kind === 'time' ? timeText(value) : String(value))
      if (filter.from === null) return `${column.title} up to ${show(filter.to ?? 0)}`
      if (filter.to === null) return `${column.title} from ${show(filter.from)}`
      return `${column.title} ${show(filter.from)} to ${show(filter.to)}`
    }
  }
}
