/** FNV-1a over the bytes with a finishing mix (MurmurHash3's): 32 bits, unsigned. For filters, not for keeping. */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < bytes.length; index += 1) {
    hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193)
  }
  return mixed(hash)
}

/** Another hash out of a hash. */
export function mixed(hash: number): number {
  let value = hash ^ (hash >>> 16)
  value = Math.imul(value, 0x85ebca6b)
  value ^= value >>> 13
  value = Math.imul(value, 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
