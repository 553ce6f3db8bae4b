import type { LaidOutColumn } from '../columns/column-layout.ts'

/** How a column is filtered: words in it, some of its values, a range of numbers, a range of times (ms since the epoch). */
type ColumnKind = 'text' | 'set' | 'number' | 'time'

/** One column of a blotter. */
export interface Column<Row> extends LaidOutColumn {
  readonly kind: ColumnKind
  /** What rows are sorted, searched and filtered by. */
  readonly value: (row: Row) => string | number | null
  /** What is shown, when it is not the value. */
  readonly text?: (row: Row) => string
  /** What is exported, when it is not the value: decimals exactly, times in ISO 8601. */
  readonly exported?: (row: Row) => string
  readonly tone?: (row: Row) => 'up' | 'down' | 'warning' | 'muted' | 'strong' | undefined
  /** The cell is a button. */
  readonly act?: { readonly label: (row: Row) => string; readonly on: (row: Row) => void }
}

export function cellText<Row>(column: Column<Row>, row: Row): string {
  if (column.text !== undefined) return column.text(row)
  const value = column.value(row)
  return value === null ? '–' : String(value)
}

export function isNumeric<Row>({ kind }: Column<Row>): boolean {
  return kind === 'number'
}

/** By value; what has none comes last in either direction. */
export function compareValues(
  a: string | number | null,
  b: string | number | null,
  direction: 1 | -1,
): number {
  if (a === b) return 0
  if (a === null) return 1
  if (b === null) return -1
  return a < b ? -direction : direction
}
