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

/**
 * Entries of one partition as JSON, by key. A window or session store gives every window of the keys; a versioned store, which cannot be
 * scanned, the latest version of one key (`from` equal to `to`).
 */
export function* scanPart({ partition, store }: StorePart, range: ScanRange): Iterable<StoreRow> {
  const { from, to, limit } = range
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
  if ('history' in store) {
    const latest = from !== undefined && from === to ? store.get(from) : undefined
    if (latest !== undefined) yield { partition, key: from, value: jsonValue(latest) }
    return
  }
  for (const [{ key, startMs, endMs }, value] of store.all()) {
    const name = String(key)
    if ((from !== undefined && name < from) || (to !== undefined && name > to)) continue
    const session = 'findSessions' in store ? { sessionEndMs: endMs } : {}
    const window = { windowStartMs: startMs, ...session }
    yield { partition, key: jsonValue(key), ...window, value: jsonValue(value) }
    left -= 1
    if (left === 0) return
  }
}
