/** CRC-32C (Castagnoli) of `buffer` from `start` to `end`, eight bytes a step (slicing by 8). */
export function crc32c(buffer: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff
  let at = start
  for (; at + 8 <= end; at += 8) {
    const low =
      crc ^
      (byteAt(buffer, at) |
        (byteAt(buffer, at + 1) << 8) |
        (byteAt(buffer, at + 2) << 16) |
        (byteAt(buffer, at + 3) << 24))
    crc =
      table(7, low & 0xff) ^
      table(6, (low >>> 8) & 0xff) ^
      table(5, (low >>> 16) & 0xff) ^
      table(4, low >>> 24) ^
      table(3, byteAt(buffer, at + 4)) ^
      table(2, byteAt(buffer, at + 5)) ^
      table(1, byteAt(buffer, at + 6)) ^
      table(0, byteAt(buffer, at + 7))
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ table(0, (crc ^ byteAt(buffer, at)) & 0xff)
  return (crc ^ 0xffffffff) >>> 0
}

const TABLES = buildTables()

function table(slice: number, byte: number): number {
  return TABLES[slice * 256 + byte] ?? 0
}

function byteAt(buffer: Uint8Array, at: number): number {
  return buffer[at] ?? 0
}

function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    tables[byte] = crc
  }
  for (let index = 256; index < tables.length; index += 1) {
    const previous = tables[index - 256] ?? 0
    tables[index] = (previous >>> 8) ^ (tables[previous & 0xff] ?? 0)
  }
  return tables
}
