/** After the key's own bytes: the window's start and a sequence that is always 0. Kafka Streams' layout, byte for byte. */
const SUFFIX_BYTES = 12
const SEGMENT_BYTES = 8
const HIGH = 0x1_0000_0000

/** Key as it is in the changelog. */
export function windowKey(key: Uint8Array, startMs: number): Uint8Array {
  const bytes = new Uint8Array(key.length + SUFFIX_BYTES)
  bytes.set(key)
  writeUint64(bytes, key.length, startMs)
  return bytes
}

export function windowKeyStartMs(windowed: Uint8Array): number {
  return readUint64(windowed, windowed.length - SUFFIX_BYTES)
}

/** The part before the window. */
export function windowKeyKey(windowed: Uint8Array): Uint8Array {
  return windowed.subarray(0, windowed.length - SUFFIX_BYTES)
}

export function isWindowKey(bytes: Uint8Array): boolean {
  return bytes.length >= SUFFIX_BYTES
}

/** Whether a key between two window keys of `key` is one itself, and not of a longer key with the same beginning. */
export function hasLengthOf(windowed: Uint8Array, key: Uint8Array): boolean {
  return windowed.length === key.length + SUFFIX_BYTES
}

/** Key as the engine has it: entries of a time segment lie together, so that an expired one goes as one range. */
export function segmentKey(segment: number, windowed: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_BYTES + windowed.length)
  writeUint64(bytes, 0, segment)
  bytes.set(windowed, SEGMENT_BYTES)
  return bytes
}

export function segmentStart(segment: number): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_BYTES)
  writeUint64(bytes, 0, segment)
  return bytes
}

export function withoutSegment(engineKey: Uint8Array): Uint8Array {
  return engineKey.subarray(SEGMENT_BYTES)
}

export function uint64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  writeUint64(bytes, 0, value)
  return bytes
}

/** Big-endian; `value` is a safe integer of at least 0. */
function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8)
  view.setUint32(0, Math.floor(value / HIGH))
  view.setUint32(4, value % HIGH)
}

export function readUint64(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8)
  return view.getUint32(0) * HIGH + view.getUint32(4)
}
