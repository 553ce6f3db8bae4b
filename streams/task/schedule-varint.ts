/** Whole numbers in 7-bit groups, small ones in one byte; texts and lists of them. What the schedule's records are made of. */
export class ScheduleBytes {
  #bytes = new Uint8Array(128)
  #length = 0

  /** From 0 to 2^53 - 1. */
  number(value: number): void {
    let left = value
    while (left >= 128) {
      this.#push((left % 128) + 128)
      left = Math.floor(left / 128)
    }
    this.#push(left)
  }

  /** Of either sign: 0, -1, 1, -2, 2 are 0, 1, 2, 3, 4. */
  signed(value: number): void {
    this.number(value >= 0 ? value * 2 : -value * 2 - 1)
  }

  text(value: string): void {
    const bytes = Buffer.from(value)
    this.number(bytes.byteLength)
    for (const byte of bytes) this.#push(byte)
  }

  /** What was written. Begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length)
    this.#length = 0
    return taken
  }

  #push(byte: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.#bytes[this.#length++] = byte
  }
}

/** Reads what `ScheduleBytes` wrote. Throws a plain `RangeError` that says what is wrong; the caller knows where. */
export class ScheduleByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at
  }

  number(): number {
    let value = 0
    let weight = 1
    for (let groups = 0; groups < 8; groups++) {
      const byte = this.#byte()
      value += (byte & 127) * weight
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) throw new RangeError('a number is too large')
        return value
      }
      weight *= 128
    }
    throw new RangeError('a number does not end')
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** A number of things of at least one byte each: more than bytes are left is refused before anything is made. */
  count(): number {
    const count = this.number()
    if (count > this.left)
      throw new RangeError(`${count} things are announced, ${this.left} bytes are left`)
    return count
  }

  text(): string {
    const length = this.count()
    const start = this.#at
    this.#at += length
    return Buffer.from(this.#bytes.subarray(start, this.#at)).toString()
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw new RangeError('it ends too early')
    this.#at++
    return byte
  }
}
