/** Order of keys: unsigned bytes, a prefix before what it starts. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** A copy with its own memory: the caller may reuse the original. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  // Not `bytes.slice()`: a Buffer's shares memory.
  return Uint8Array.prototype.slice.call(bytes)
}

/** The smallest key after every key that starts with `prefix`; undefined when there is none (all bytes 0xff). */
export function prefixEnd(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1
  if (length === 0) return undefined
  const end = copyBytes(prefix.subarray(0, length))
  end[length - 1] = (end[length - 1] ?? 0) + 1
  return end
}

/** The smallest key after `key`. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1)
  after.set(key)
  return after
}

/** Bytes as a string of the same order, one character a byte: keys of maps, several times faster than hex. */
export function byteString(bytes: Uint8Array): string {
  return Buffer.prototype.latin1Slice.call(bytes, 0, bytes.length)
}

/** Of a `byteString`. */
export function bytesOf(id: string): Uint8Array {
  return Buffer.from(id, 'latin1')
}

const HIGH = 0x1_0000_0000

export function uint64Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  writeUint64(bytes, 0, value)
  return bytes
}

/** Big-endian; `value` is a safe integer of at least 0. Byte by byte: several times faster than a view made for it. */
export function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / HIGH)
  const low = value % HIGH
  bytes[at] = high >>> 24
  bytes[at + 1] = high >>> 16
  bytes[at + 2] = high >>> 8
  bytes[at + 3] = high
  bytes[at + 4] = low >>> 24
  bytes[at + 5] = low >>> 16
  bytes[at + 6] = low >>> 8
  bytes[at + 7] = low
}

export function readUint64(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * HIGH + readUint32(bytes, at + 4)
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function readUint32(bytes: Uint8Array, at: number): number {
  const rest = ((bytes[at + 1] ?? 0) << 16) + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0)
  return (bytes[at] ?? 0) * 0x100_0000 + rest
}
