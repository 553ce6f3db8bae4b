/**
 * The partition of a key, as Kafka's default partitioner chooses it: `toPositive(murmur2(key)) % count`. Producers of other
 * languages therefore put the same key into the same partition.
 */
export function partitionFor(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/** Kafka's 32-bit MurmurHash2 of bytes, as a signed integer. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  let hash = SEED ^ length
  const wordsEnd = length & ~3
  for (let at = 0; at < wordsEnd; at += 4) {
    let word = readInt32(bytes, at)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    word = Math.imul(word, MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ word
  }
  const rest = length & 3
  if (rest > 0) {
    if (rest > 2) hash ^= (bytes[wordsEnd + 2] ?? 0) << 16
    if (rest > 1) hash ^= (bytes[wordsEnd + 1] ?? 0) << 8
    hash ^= bytes[wordsEnd] ?? 0
    hash = Math.imul(hash, MULTIPLIER)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, MULTIPLIER)
  return hash ^ (hash >>> 15)
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  )
}
