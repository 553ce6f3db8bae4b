import type { Decimal } from 'decimal.js'

/** Decoded decimals kept at a time; then all are forgotten. */
const KEPT_MAX = 8_192

/**
 * Decimals and their bytes, kept while they are in use: the same prices and sizes go from record to store to record, and coding one costs
 * as much as the rest of a small record. A Decimal never changes, so it is shared.
 */
export class DecimalCodes {
  #byBytes = new Map<string, Decimal>()
  readonly #bytesOf = new WeakMap<Decimal, Buffer>()

  decoded(bytes: Buffer, decode: () => Decimal): Decimal {
    const key = bytes.toString('latin1')
    const known = this.#byBytes.get(key)
    if (known !== undefined) return known
    const value = decode()
    if (this.#byBytes.size >= KEPT_MAX) this.#byBytes = new Map()
    this.#byBytes.set(key, value)
    return value
  }

  /** What `encode` throws is not kept. */
  encoded(value: Decimal, encode: () => Buffer): Buffer {
    const known = this.#bytesOf.get(value)
    if (known !== undefined) return known
    const bytes = encode()
    this.#bytesOf.set(value, bytes)
    return bytes
  }
}

const codes = new Map<string, DecimalCodes>()

/** One for all fields of a precision and scale. */
export function codesOf(precision: number, scale: number): DecimalCodes {
  const name = `${precision},${scale}`
  let known = codes.get(name)
  if (known === undefined) {
    known = new DecimalCodes()
    codes.set(name, known)
  }
  return known
}
