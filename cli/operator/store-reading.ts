import type { StateStore } from '#streams'
import { jsonValue } from './json-value.ts'
import type { StoreRow } from './operator.ts'

/** One partition of a store, as of its last commit. */
export interface StorePart {
  readonly partition: number
  readonly store: StateStore
}

export interface ScanRange {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly limit: number
}

/** Entries of one partition as JSON, by key. A window store gives every window of the keys. */
export function* scanPart(
  { partition, store }: StorePart,
  { from, to, limit }: ScanRange,
): Iterable<StoreRow> {
  let left = limit
  if (left <= 0) return
  if ('range' in store) {
    for (const [key, value] of store.range(from, to)) {
      yield { partition, key: jsonValue(key), value: jsonValue(value) }
      left -= 1
      if (left === 0) return
    }
    return
  }
  for (const [{ key, startMs }, value] of store.all()) {
    const name = String(key)
    if ((from !== undefined && name < from) || (to !== undefined && name > to)) continue
    yield { partition, key: jsonValue(key), windowStartMs: startMs, value: jsonValue(value) }
    left -= 1
    if (left === 0) return
  }
}
