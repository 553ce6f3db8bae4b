import { uint64Bytes, writeUint64 } from '../bytes.ts'

const SEGMENT_BYTES = 8

/** Key as the engine has it: entries of a time segment lie together, so that an expired one goes as one range. */
export function segmentKey(segment: number, timed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_BYTES + timed.length)
  writeUint64(bytes, 0, segment)
  bytes.set(timed, SEGMENT_BYTES)
  return bytes
}

export function segmentStart(segment: number): Uint8Array {
  return uint64Bytes(segment)
}

export function withoutSegment(engineKey: Uint8Array): Uint8Array {
  return engineKey.subarray(SEGMENT_BYTES)
}
