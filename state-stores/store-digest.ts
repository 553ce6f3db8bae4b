import { hash } from 'node:crypto'
import type { StoreDigest, StoreEntry } from '#streams'

const WORDS = 4
const WORD = 0x1_0000_0000

/**
 * Sum, modulo 2^128, of the first 128 bits of SHA-256 over (length of key, key, value): the same entries give the same
 * digest in whatever order they are met. Not a defence against someone who builds colliding sums.
 */
export function digestEntries(stored: Iterable<StoreEntry>): StoreDigest {
  const sum = [0, 0, 0, 0]
  let entries = 0
  let scratch = Buffer.alloc(1024)
  for (const { key, value } of stored) {
    const length = 4 + key.length + value.length
    if (scratch.length < length) scratch = Buffer.alloc(length * 2)
    scratch.writeUInt32BE(key.length, 0)
    scratch.set(key, 4)
    scratch.set(value, 4 + key.length)
    add(sum, hash('sha256', scratch.subarray(0, length), 'buffer'))
    entries += 1
  }
  return { entries, digest: sum.map((word) => word.toString(16).padStart(8, '0')).join('') }
}

function add(sum: number[], hashed: Buffer): void {
  let carry = 0
  for (let word = WORDS - 1; word >= 0; word -= 1) {
    const total = (sum[word] ?? 0) + hashed.readUInt32BE(word * 4) + carry
    carry = total >= WORD ? 1 : 0
    sum[word] = total % WORD
  }
}
