/** Writes Kafka's primitive types, big-endian, into a buffer that grows. */
export class ByteWriter {
  #buffer: Buffer
  #length = 0

  constructor(sizeBytes = 512) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes)
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  int8(value: number): this {
    this.#reserve(1)
    this.#length = this.#buffer.writeInt8(value, this.#length)
    return this
  }

  int16(value: number): this {
    this.#reserve(2)
    this.#length = this.#buffer.writeInt16BE(value, this.#length)
    return this
  }

  int32(value: number): this {
    this.#reserve(4)
    this.#length = this.#buffer.writeInt32BE(value, this.#length)
    return this
  }

  int64(value: number): this {
    this.#reserve(8)
    writeInt64(this.#buffer, value, this.#length)
    this.#length += 8
    return this
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const bytes = Buffer.from(value)
    return this.int16(bytes.length).raw(bytes)
  }

  bytes(value: Buffer): this {
    return this.int32(value.length).raw(value)
  }

  raw(value: Buffer): this {
    this.#reserve(value.length)
    this.#length += value.copy(this.#buffer, this.#length)
    return this
  }

  array<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    this.int32(items.length)
    for (const item of items) write(this, item)
    return this
  }

  /** Flexible versions: lengths are unsigned varints, plus one. */
  compactString(value: string | null): this {
    if (value === null) return this.#unsignedVarint(0)
    const bytes = Buffer.from(value)
    return this.#unsignedVarint(bytes.length + 1).raw(bytes)
  }

  compactBytes(value: Uint8Array): this {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
    return this.#unsignedVarint(value.length + 1).raw(bytes)
  }

  compactArray<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    this.#unsignedVarint(items.length + 1)
    for (const item of items) write(this, item)
    return this
  }

  noTags(): this {
    return this.int8(0)
  }

  #unsignedVarint(value: number): this {
    let rest = value
    while (rest >= 0x80) {
      this.int8(((rest & 0x7f) | 0x80) - 256)
      rest >>>= 7
    }
    return this.int8(rest)
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}

/** Writes a safe integer as int64: two 32-bit halves, without a bigint. */
export function writeInt64(buffer: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 4_294_967_296)
  buffer.writeInt32BE(high, at)
  buffer.writeUInt32BE(value - high * 4_294_967_296, at + 4)
}
