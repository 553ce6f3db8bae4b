/** Prints rows as one JSON object a line, or as an aligned table. */
export async function printRows<Row extends object>(
  rows: AsyncIterable<Row> | Iterable<Row>,
  json: boolean,
): Promise<number> {
  let count = 0
  if (json) {
    for await (const row of rows) {
      process.stdout.write(`${JSON.stringify(row)}\n`)
      count += 1
    }
    return count
  }
  const all: Record<string, string>[] = []
  for await (const row of rows) {
    all.push(
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          typeof value === 'object' ? JSON.stringify(value) : String(value),
        ]),
      ),
    )
    count += 1
  }
  const columns = Object.keys(all[0] ?? {})
  const widths = columns.map((column) =>
    Math.max(column.length, ...all.map((row) => (row[column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
  if (count > 0)
    process.stdout.write(
      `${line(columns)}\n${all.map((row) => `${line(columns.map((column) => row[column] ?? ''))}\n`).join('')}`,
    )
  return count
}
