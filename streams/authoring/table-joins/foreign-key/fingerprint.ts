import { hash } from 'node:crypto'

export const FINGERPRINT_BYTES = 16

/** 128 bits of a row as its serde writes it: tells an answer to the row that holds from one to a row that held before. */
export function fingerprintOf(row: Uint8Array): Uint8Array {
  return hash('sha256', row, 'buffer').subarray(0, FINGERPRINT_BYTES)
}

export function fingerprintsEqual(
  one: Uint8Array | undefined,
  other: Uint8Array | undefined,
): boolean {
  if (one === undefined || other === undefined) return one === other
  return Buffer.compare(one, other) === 0
}
