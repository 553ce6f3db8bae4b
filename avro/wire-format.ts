/** Confluent's wire format: byte 0x00, schema id as big-endian int32, Avro binary. */
export const WIRE_HEADER_BYTES = 5

/** Id in the wire header; undefined for bytes that are not in the wire format. */
export function writerIdOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < WIRE_HEADER_BYTES || bytes[0] !== 0) return undefined
  const [, a = 0, b = 0, c = 0, d = 0] = bytes
  return a * 0x1000000 + ((b << 16) | (c << 8) | d)
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
