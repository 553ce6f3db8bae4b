import { StreamsError } from '../../errors.ts'

/** Reads Kafka's primitive types, big-endian. Byte strings are views of the buffer, not copies. */
export class ByteReader {
  readonly buffer: Buffer
  position: number
  readonly end: number

  constructor(buffer: Buffer, position = 0, end = buffer.length) {
    this.buffer = buffer
    this.position = position
    this.end = end
  }

  int8(): number {
    return this.buffer.readInt8(this.#advance(1))
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#advance(2))
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#advance(4))
  }

  int64(): number {
    return readInt64(this.buffer, this.#advance(8))
  }

  string(): string {
    return this.nullableString() ?? ''
  }

  nullableString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.raw(length).toString()
  }

  /** Null is read as empty. */
  bytes(): Buffer {
    const length = this.int32()
    return this.raw(Math.max(length, 0))
  }

  raw(length: number): Buffer {
    const start = this.#advance(length)
    return this.buffer.subarray(start, start + length)
  }

  array<T>(read: (reader: this) => T): T[] {
    const items: T[] = []
    for (let left = this.int32(); left > 0; left -= 1) items.push(read(this))
    return items
  }

  compactString(): string | null {
    const length = this.#unsignedVarint() - 1
    return length < 0 ? null : this.raw(length).toString()
  }

  /** Null is read as empty. */
  compactBytes(): Buffer {
    return this.raw(Math.max(this.#unsignedVarint() - 1, 0))
  }

  compactArray<T>(read: (reader: this) => T): T[] {
    const items: T[] = []
    for (let left = this.#unsignedVarint() - 1; left > 0; left -= 1) items.push(read(this))
    return items
  }

  skipTags(): void {
    this.tags(() => {})
  }

  /** Optional fields, each with a reader of its own. */
  tags(read: (tag: number, value: ByteReader) => void): void {
    for (let left = this.#unsignedVarint(); left > 0; left -= 1) {
      const tag = this.#unsignedVarint()
      read(tag, new ByteReader(this.raw(this.#unsignedVarint())))
    }
  }

  /** A zigzag varint or varlong; exact up to 2^53. */
  varint(): number {
    const { buffer } = this
    let value = 0
    let scale = 1
    for (;;) {
      const byte = buffer[this.#advance(1)] ?? 0
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
      scale *= 128
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #unsignedVarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.buffer[this.#advance(1)] ?? 0
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }

  #advance(bytes: number): number {
    const start = this.position
    if (start + bytes > this.end) {
      throw new StreamsError(
        'LOG_RESPONSE_MALFORMED',
        `a response of the broker ends ${start + bytes - this.end} bytes early`,
        {},
        'Check that the broker is Apache Kafka 3.9 or later and that no proxy alters its protocol.',
      )
    }
    this.position = start + bytes
    return start
  }
}

/** @throws {StreamsError} LOG_NUMBER_TOO_LARGE beyond `Number.MAX_SAFE_INTEGER` */
export function readInt64(buffer: Buffer, at: number): number {
  const value = buffer.readInt32BE(at) * 4_294_967_296 + buffer.readUInt32BE(at + 4)
  return safeNumber(value)
}

export function safeNumber(value: number): number {
  if (Number.isSafeInteger(value)) return value
  throw new StreamsError(
    'LOG_NUMBER_TOO_LARGE',
    `the broker sent ${value}, beyond 2^53`,
    {},
    'Offsets and timestamps must stay under 2^53: check the producer of this topic.',
  )
}
