/** Rows as work emits them. The work goes on to its end also when nobody reads any more. */
export async function* streamed<Row>(
  work: (emit: (row: Row) => void) => Promise<void>,
): AsyncIterable<Row> {
  const rows: Row[] = []
  let wake: () => void = () => undefined
  let ended = false
  const working = work((row) => {
    rows.push(row)
    wake()
  }).finally(() => {
    ended = true
    wake()
  })
  // Thrown below, once the rows before it are read.
  working.catch(() => undefined)
  for (;;) {
    for (let row = rows.shift(); row !== undefined; row = rows.shift()) yield row
    if (ended) break
    await new Promise<void>((resolve) => {
      wake = resolve
      if (ended || rows.length > 0) resolve()
    })
  }
  await working
}
