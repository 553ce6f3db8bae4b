import type { WindowedKey } from '#streams'
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
  if (key === undefined) return null
  return typeof key === 'object' ? windowed(key) : key
}

function windowed({ key, startMs, endMs }: WindowedKey<Scalar>): CaseRecord['key'] {
  return { key, window: [startMs, endMs] }
}

function scalarOf(value: Cell): CaseRecord['value'] {
  if (value === undefined) return null
  if (typeof value === 'object') throw invalidCase('a value is a windowed key')
  return value
}
