import type { Cell, Scalar } from '../functions/cell.ts'
import type { CaseEntry, CaseRecord } from '../grammar/case.ts'
import { invalidCase } from '../topology/graph.ts'

/** From what the driver gives to what a case writes. */
export function recordOf(key: Cell, value: Cell, timestamp: number): CaseRecord {
  return { key: keyOf(key), value: scalarOf(value), timestamp }
}

export function entryOf(key: Cell, value: Cell, timestamp?: number): CaseEntry {
  const entry = { key: keyOf(key), value: scalarOf(value) }
  return timestamp === undefined ? entry : { ...entry, timestamp }
}

function keyOf(key: Cell): CaseRecord['key'] {
  if (typeof key !== 'object') return scalarOf(key)
  return { key: scalarOf(key.key), window: [key.startMs, key.endMs] }
}

function scalarOf(cell: Cell): Scalar | null {
  if (typeof cell === 'object') throw invalidCase('a value is a windowed key')
  return cell ?? null
}
