import type { Column } from './column.ts'

/**
 * Rows as CSV (RFC 4180) with a byte order mark, without which spreadsheets take it for another encoding. Texts that a spreadsheet would
 * run as a formula are led by an apostrophe; numbers are left as they are.
 */
export function toCsv<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ title, unit }) => (unit === undefined ? title : `${title} (${unit})`)),
  ]
  for (const row of rows)
    lines.push(columns.map((column) => column.exported?.(row) ?? String(column.value(row) ?? '')))
  return `\uFEFF${lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n')}\r\n`
}

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Hands a text to the user as a file. */
export function download(content: string | Blob, name: string): void {
  const blob =
    content instanceof Blob ? content : new Blob([content], { type: 'text/csv;charset=utf-8' })
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
