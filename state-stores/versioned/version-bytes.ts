import { writeUint32 } from '../bytes.ts'

const LENGTH_BYTES = 4
const TOMBSTONE = 0
const VALUE = 1
const TOMBSTONE_BETWEEN = 2

/** A version as changelog and engine have it. A tombstone is a version like others, so it cannot be null, which deletes one. */
export function versionBytes(encoded: Uint8Array | null, isLatest: boolean): Uint8Array {
  if (encoded === null) return Uint8Array.of(isLatest ? TOMBSTONE : TOMBSTONE_BETWEEN)
  const bytes = new Uint8Array(1 + encoded.length)
  bytes[0] = VALUE
  bytes.set(encoded, 1)
  return bytes
}

export function isTombstone(version: Uint8Array): boolean {
  return version[0] !== VALUE
}

/** It came when there was a later version already, up to which it holds. */
export function isTombstoneBetween(version: Uint8Array): boolean {
  return version[0] === TOMBSTONE_BETWEEN
}

export function versionValue(version: Uint8Array): Uint8Array {
  return version.subarray(1)
}

/** The engine's key of a version: after the key's length, so that versions of one key lie together and alone. */
export function versionEngineKey(timed: Uint8Array, keyBytes: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES + timed.length)
  writeUint32(bytes, 0, keyBytes)
  bytes.set(timed, LENGTH_BYTES)
  return bytes
}

export function withoutLength(engineKey: Uint8Array): Uint8Array {
  return engineKey.subarray(LENGTH_BYTES)
}
