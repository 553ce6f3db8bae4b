import { jsonValue, type StateStore, type StoreSpec, StreamsError } from '#streams'
import { parseKey } from './key-text.ts'
import type { StoreRow } from './operator.ts'

/** One partition of a store, as of its last commit. */
export interface StorePart {
  readonly partition: number
  readonly spec: StoreSpec
  readonly store: StateStore
}

/** One partition, wherever it is kept. */
export interface KeptPart {
  readonly partition: number
  scan(range: ScanRange): Iterable<StoreRow> | Promise<readonly StoreRow[]>
}

export interface ScanRange {
  /** Keys as typed; both inclusive. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  /** Of keys that are text. */
  readonly prefix?: string | undefined
  /** Starts of windows, ends of sessions, times of versions; both inclusive. */
  readonly fromTimeMs?: number | undefined
  readonly toTimeMs?: number | undefined
  readonly limit: number
}

/**
 * Entries of one partition as JSON, in the store's order of keys. A window or session store gives every window of the keys; a versioned store, which
 * cannot be scanned, the latest version of one key (`from` equal to `to`), or with times those that held then.
 * @throws {StreamsError} STORE_KEY_INVALID, STORE_READ_BY_KEY
 */
export function* scanPart(part: StorePart, range: ScanRange): Iterable<StoreRow> {
  let left = range.limit
  if (left <= 0) return
  for (const row of rowsOf(part, range)) {
    yield row
    left -= 1
    if (left === 0) return
  }
}

export const keptPart = (part: StorePart): KeptPart => ({
  partition: part.partition,
  scan: (range) => scanPart(part, range),
})

function* rowsOf({ partition, spec, store }: StorePart, range: ScanRange): Iterable<StoreRow> {
  const { prefix, fromTimeMs, toTimeMs } = range
  const [from, to] = [range.from, range.to].map((text) =>
    text === undefined ? undefined : parseKey(spec, text),
  )
  const timed = fromTimeMs !== undefined || toTimeMs !== undefined
  const [firstMs, lastMs] = [fromTimeMs ?? 0, toTimeMs ?? Number.MAX_SAFE_INTEGER]
  if (prefix !== undefined) requireTextKeys(spec)
  if ('range' in store) {
    if (timed) throw withoutTimes(spec)
    const entries =
      prefix === undefined ? store.range(from, to) : store.prefixScan(Buffer.from(prefix))
    for (const [key, value] of entries)
      yield { partition, key: jsonValue(key), value: jsonValue(value) }
    return
  }
  if ('history' in store) {
    if (from === undefined || range.from !== range.to) throw readByKey(spec)
    const versions = timed ? store.history(from, firstMs, lastMs) : [store.get(from)]
    for (const version of versions)
      if (version !== undefined)
        yield { partition, key: jsonValue(from), value: jsonValue(version) }
    return
  }
  const isSession = 'findSessions' in store
  const windows = isSession
    ? store.fetchKeyRange(from, to)
    : store.fetchKeyRange(from, to, firstMs, lastMs)
  for (const [{ key, startMs, endMs }, value] of windows) {
    if (prefix !== undefined && !String(key).startsWith(prefix)) continue
    if (isSession && (endMs < firstMs || endMs > lastMs)) continue
    const session = isSession ? { sessionEndMs: endMs } : {}
    yield {
      partition,
      key: jsonValue(key),
      windowStartMs: startMs,
      ...session,
      value: jsonValue(value),
    }
  }
}

function requireTextKeys(spec: StoreSpec): void {
  const { format = 'string' } = spec.keySerde as { readonly format?: string }
  if (format === 'string') return
  throw new StreamsError(
    'STORE_KEY_INVALID',
    `keys of this store are ${format}: they have no prefix`,
    { store: spec.name },
    'Use --from and --to.',
  )
}

function withoutTimes({ name }: StoreSpec): StreamsError {
  return new StreamsError(
    'STORE_WITHOUT_TIMES',
    'a key-value store has no windows and no history',
    { store: name },
    'Leave --from-time and --to-time out.',
  )
}

function readByKey({ name }: StoreSpec): StreamsError {
  return new StreamsError(
    'STORE_READ_BY_KEY',
    'a versioned store cannot be scanned',
    { store: name },
    'Ask for one key: orion store get, with --from-time and --to-time for its history.',
  )
}
