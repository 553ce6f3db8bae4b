import { compareBytes } from '../bytes.ts'
import type { NativeBatch, NativeDatabase, RocksBinding } from './binding.ts'
import { engineKey } from './keyspaces.ts'

/** A longer range is deleted as a range, a shorter one key by key within the batch. */
const EXPANDED_KEYS_MAX = 1_000

/** Of RocksDB's keys. */
export interface RangeDelete {
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/**
 * The binding has range deletes outside of batches only. So a short range becomes deletes of its keys; a long one
 * becomes an intent written with the batch, carried out right after it, or when the database is opened next.
 * Nobody can look in between: calls are synchronous, and one process holds the database.
 * @returns undefined where the range is long, unless `whatever` asks for its keys at any cost
 */
export function shortRangeKeys(
  binding: RocksBinding,
  native: NativeDatabase,
  range: RangeDelete,
  whatever: boolean,
): readonly Uint8Array[] | undefined {
  const iterator = binding.iterator_init(native, {
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
      if (keys.length > EXPANDED_KEYS_MAX && !whatever) return undefined
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

const INTENT_KEY = engineKey('range-deletes')

export function putIntent(
  binding: RocksBinding,
  batch: NativeBatch,
  ranges: readonly RangeDelete[],
): void {
  const intent = ranges.map(({ from, to }) => [hex(from), hex(to)])
  binding.batch_put(batch, INTENT_KEY, new TextEncoder().encode(JSON.stringify(intent)), {})
}

/** Carries out what the last batch owes, if anything. */
export function finishRangeDeletes(binding: RocksBinding, native: NativeDatabase): void {
  const [found] = binding.db_get_many_sync(native, [INTENT_KEY], {})
  if (found === undefined || found === null) return
  const ranges: readonly (readonly [string, string])[] = JSON.parse(new TextDecoder().decode(found))
  for (const [from, to] of ranges) {
    binding.db_clear(native, { gte: Buffer.from(from, 'hex'), lt: Buffer.from(to, 'hex') })
  }
  const batch = binding.batch_init()
  binding.batch_del(batch, INTENT_KEY, {})
  binding.batch_write(native, batch, {})
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
