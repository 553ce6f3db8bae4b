const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93
const digest = Buffer.allocUnsafeSlow(16)

/** MurmurHash3_x86_128 (Austin Appleby, public domain) of the first `length` bytes, seed 0: the 16 bytes as the reference writes them, in hex. */
export function murmur128Hex(bytes: Uint8Array, length: number): string {
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  const whole = length & ~15
  for (let i = 0; i < whole; i += 16) {
    h1 ^= mix(word(bytes, i), C1, 15, C2)
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0
    h2 ^= mix(word(bytes, i + 4), C2, 16, C3)
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0
    h3 ^= mix(word(bytes, i + 8), C3, 17, C4)
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0
    h4 ^= mix(word(bytes, i + 12), C4, 18, C1)
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0
  }
  const left = length - whole
  if (left > 12) h4 ^= mix(partialWord(bytes, whole + 12, length), C4, 18, C1)
  if (left > 8) h3 ^= mix(partialWord(bytes, whole + 8, length), C3, 17, C4)
  if (left > 4) h2 ^= mix(partialWord(bytes, whole + 4, length), C2, 16, C3)
  if (left > 0) h1 ^= mix(partialWord(bytes, whole, length), C1, 15, C2)
  h1 ^= length
  h2 ^= length
  h3 ^= length
  h4 ^= length
  h1 = (h1 + h2 + h3 + h4) | 0
  h2 = (h2 + h1) | 0
  h3 = (h3 + h1) | 0
  h4 = (h4 + h1) | 0
  h1 = finish(h1)
  h2 = finish(h2)
  h3 = finish(h3)
  h4 = finish(h4)
  h1 = (h1 + h2 + h3 + h4) | 0
  digest.writeInt32LE(h1, 0)
  digest.writeInt32LE((h2 + h1) | 0, 4)
  digest.writeInt32LE((h3 + h1) | 0, 8)
  digest.writeInt32LE((h4 + h1) | 0, 12)
  return digest.toString('hex')
}

function mix(k: number, first: number, turn: number, second: number): number {
  return Math.imul(rotate(Math.imul(k, first), turn), second)
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits))
}

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

function word(bytes: Uint8Array, at: number): number {
  const b0 = bytes[at] as number
  const b1 = bytes[at + 1] as number
  const b2 = bytes[at + 2] as number
  const b3 = bytes[at + 3] as number
  return b0 | (b1 << 8) | (b2 << 16) | (b3 << 24)
}

function partialWord(bytes: Uint8Array, at: number, end: number): number {
  let k = 0
  for (let i = Math.min(at + 4, end) - 1; i >= at; i--) k = (k << 8) | (bytes[i] as number)
  return k
}
