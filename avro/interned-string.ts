import avsc from 'avsc'

const SLOTS = 16_384
/** Below the 32 characters of an event's id: ids do not come again, and must not displace what does. */
const INTERNED_BYTES_MAX = 31

/** Where avsc reads from. */
interface Tap {
  readonly buf: Buffer
  pos: number
  readString(): string
}

// One table for all serdes: they read the same names. Direct-mapped: a newcomer takes the place of what was there.
const table = new Array<string>(SLOTS).fill('')

/**
 * Avro's string. Names that come again and again (event types, producers, instruments) are read as the same string object, which saves
 * the native call that makes a string of bytes, and its hashing each time it is a key. Anything longer than 31 bytes is read as usual.
 */
export class InternedStringType extends avsc.types.StringType {
  // avsc calls `_read` for every value; its declared types leave it out. Resolvers borrow it: no use of `this`.
  _read(tap: Tap): string {
    const { buf, pos } = tap
    const zigzag = buf[pos] as number
    const length = zigzag >> 1
    if (zigzag > INTERNED_BYTES_MAX * 2 || (zigzag & 1) === 1 || pos + 1 + length > buf.length) {
      return tap.readString()
    }
    let hash = length
    for (let i = pos + 1; i <= pos + length; i++) {
      hash = (Math.imul(hash, 31) + (buf[i] as number)) | 0
    }
    const slot = (hash ^ (hash >>> 14)) & (SLOTS - 1)
    const known = table[slot] as string
    if (known.length === length && isSame(known, buf, pos + 1)) {
      tap.pos = pos + 1 + length
      return known
    }
    const text = tap.readString()
    table[slot] = text
    return text
  }
}

/** True for ASCII alone: any other character is no single byte, or stands for bytes that are not UTF-8. */
function isSame(text: string, bytes: Buffer, from: number): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== bytes[from + i]) return false
  }
  return true
}
