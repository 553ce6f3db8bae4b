import { StreamsError } from '../errors.ts'
import type { StoreSpec } from '../store.ts'

export const REBUILT =
  'local stores are damaged: they are deleted and restored from their changelogs'

/**
 * Whether stores with this failure can be deleted and restored: the bytes on disk are damaged, and changelogs have all that was in them. A
 * store without a changelog is nowhere else, so its task stops instead.
 */
export function isRebuildable(error: unknown, specs: readonly StoreSpec[]): boolean {
  const isDamage = error instanceof StreamsError && error.code === 'STORE_CORRUPT'
  return isDamage && specs.every(({ logged, persistent }) => logged || !persistent)
}
