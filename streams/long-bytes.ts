const HIGH = 0x1_0000_0000

/** Eight bytes, big endian, two's complement. `value` is a safe integer: byte by byte is several times cheaper than through a bigint. */
export function writeLong(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / HIGH)
  const low = value - high * HIGH
  bytes[at] = high >>> 24
  bytes[at + 1] = high >>> 16
  bytes[at + 2] = high >>> 8
  bytes[at + 3] = high
  bytes[at + 4] = low >>> 24
  bytes[at + 5] = low >>> 16
  bytes[at + 6] = low >>> 8
  bytes[at + 7] = low
}

/** What `writeLong` wrote; of a larger one, not a safe integer. */
export function readLong(bytes: Uint8Array, at: number): number {
  return word(bytes, at) * HIGH + (word(bytes, at + 4) >>> 0)
}

function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  )
}
