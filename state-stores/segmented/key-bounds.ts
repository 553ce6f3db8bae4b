import { compareBytes, prefixEnd } from '../bytes.ts'
import type { KeyBounds } from './segmented-entries.ts'

/**
 * Bounds, among keys that end in a time, of those whose own part is between `from` and `to`, both inclusive; undefined where
 * nothing can be. Keys that are longer than a bound lie between, so `accepts` looks at the part itself.
 */
export function keyBounds(
  from: Uint8Array | undefined,
  to: Uint8Array | undefined,
): (KeyBounds & { readonly accepts: (key: Uint8Array) => boolean }) | undefined {
  if (from !== undefined && to !== undefined && compareBytes(from, to) > 0) return undefined
  return {
    from,
    to: to === undefined ? undefined : prefixEnd(beforeZero(to)),
    accepts: (key) =>
      (from === undefined || compareBytes(key, from) >= 0) &&
      (to === undefined || compareBytes(key, to) <= 0),
  }
}

/** Times begin with a zero byte: after a shorter key, they could sort behind a bound that goes on with zeros. */
function beforeZero(bound: Uint8Array): Uint8Array {
  const zero = bound.indexOf(0)
  return zero < 0 ? bound : bound.subarray(0, zero)
}
