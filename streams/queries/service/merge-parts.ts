import type { ScanPlace } from './cursors.ts'
import type { PartAnswer, StoreQueryRow } from './store-query.ts'

export interface MergedRows {
  readonly rows: readonly StoreQueryRow[]
  /** Where to go on; undefined when every part was read to its end. */
  readonly place?: ScanPlace
}

/**
 * Rows of all parts in byte order of their serialised keys, then by partition. A part that stopped early may have more behind its end, so
 * nothing behind the earliest such end is told: the next page begins there.
 */
export function mergeParts(answers: readonly PartAnswer[], limit: number): MergedRows {
  const placed = answers.flatMap(({ partition, rows }) =>
    rows.map(({ keyBytes, row }) => ({ row, key: Buffer.from(keyBytes, 'base64'), partition })),
  )
  placed.sort(inOrder)
  const ends = answers.flatMap(({ partition, end }) =>
    end === undefined ? [] : [{ key: Buffer.from(end, 'base64'), partition }],
  )
  const [frontier] = ends.sort(inOrder)
  const known =
    frontier === undefined ? placed : placed.filter((one) => inOrder(one, frontier) <= 0)
  const told = known.slice(0, limit)
  const rows = told.map(({ row }) => row)
  const last = told.at(-1)
  if (known.length > told.length && last !== undefined) return { rows, place: placeOf(last) }
  return frontier === undefined ? { rows } : { rows, place: placeOf(frontier) }
}

interface Placed extends ScanPlace {
  readonly key: Buffer
}

function inOrder(a: Placed, b: Placed): number {
  return a.key.compare(b.key) || a.partition - b.partition
}

function placeOf({ key, partition }: Placed): ScanPlace {
  return { key, partition }
}
