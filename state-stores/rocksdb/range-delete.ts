import { compareBytes } from '../bytes.ts'
import type { NativeBatch, NativeColumn, NativeDatabase, RocksBinding } from './binding.ts'

/** RocksDB's own first column family; ours to keep the ranges that a written batch still owes. */
export const INTENTS = 'default'

/** A longer range is deleted as a range, a shorter one key by key within the batch. */
const EXPANDED_KEYS_MAX = 1_000

export interface RangeDelete {
  readonly keyspace: string
  readonly column: NativeColumn
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/**
 * The binding has range deletes outside of batches only. So a short range becomes deletes of its keys; a long one
 * becomes an intent written with the batch, carried out right after it, or when the database is opened next.
 * Nobody can look in between: calls are synchronous, and one process holds the database.
 */
export function shortRangeKeys(
  binding: RocksBinding,
  native: NativeDatabase,
  range: RangeDelete,
  whatever: boolean,
): readonly Uint8Array[] | undefined {
  const keysMax = whatever ? 0x7fffffff : EXPANDED_KEYS_MAX
  const iterator = binding.iterator_init(native, {
    column: range.column,
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    values: false,
    gte: range.from,
    lt: range.to,
  })
  try {
    const keys: Uint8Array[] = []
    for (;;) {
      const { rows, finished } = binding.iterator_nextv_sync(iterator, EXPANDED_KEYS_MAX + 1)
      for (let index = 0; index < rows.length; index += 2) {
        const key = rows[index]
        if (key !== undefined) keys.push(key)
      }
      if (keys.length > keysMax) return undefined
      if (finished) return keys
    }
  } finally {
    binding.iterator_close(iterator)
  }
}

/** Keys that the batch has put so far and that lie in the range. */
export function batchKeysInRange(
  binding: RocksBinding,
  native: NativeDatabase,
  batch: NativeBatch,
  range: RangeDelete,
): readonly Uint8Array[] {
  const operations = binding.batch_iterate(native, batch, {
    keys: true,
    values: false,
    data: false,
    column: range.column,
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  })
  const keys: Uint8Array[] = []
  for (let index = 0; index < operations.length; index += 4) {
    const key = operations[index + 1]
    if (operations[index] === 'put' && key instanceof Uint8Array && isInRange(key, range)) {
      keys.push(key)
    }
  }
  return keys
}

export function isInRange(key: Uint8Array, range: RangeDelete): boolean {
  return compareBytes(key, range.from) >= 0 && compareBytes(key, range.to) < 0
}

const encoder = new TextEncoder()

export function putIntent(
  binding: RocksBinding,
  batch: NativeBatch,
  column: NativeColumn,
  ranges: readonly RangeDelete[],
): void {
  const intent = ranges.map(({ keyspace, from, to }) => ({
    keyspace,
    from: hex(from),
    to: hex(to),
  }))
  binding.batch_put(batch, INTENT_KEY, encoder.encode(JSON.stringify(intent)), { column })
}

const INTENT_KEY = encoder.encode('range-deletes')

/** Carries out what the last batch owes, if anything. */
export function finishRangeDeletes(
  binding: RocksBinding,
  native: NativeDatabase,
  columns: ReadonlyMap<string, NativeColumn>,
): void {
  const intents = columns.get(INTENTS)
  if (intents === undefined) return
  const [found] = binding.db_get_many_sync(native, [INTENT_KEY], { column: intents })
  if (found === undefined || found === null) return
  const ranges: { keyspace: string; from: string; to: string }[] = JSON.parse(
    new TextDecoder().decode(found),
  )
  for (const { keyspace, from, to } of ranges) {
    const column = columns.get(keyspace)
    if (column === undefined) continue
    binding.db_clear(native, { column, gte: Buffer.from(from, 'hex'), lt: Buffer.from(to, 'hex') })
  }
  const batch = binding.batch_init()
  binding.batch_del(batch, INTENT_KEY, { column: intents })
  binding.batch_write(native, batch, {})
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
