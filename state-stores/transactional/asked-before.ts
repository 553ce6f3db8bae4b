import { hashOf } from './key-hash.ts'

const BITS = 2 ** 17
/** At an eighth of the bits set, one key in eight would pass unasked. */
const MARKS_MAX = BITS / 8

/**
 * Whether a key was asked for before, roughly and not long ago: what is asked for once is not worth a place in a cache (the "doorkeeper" of
 * TinyLFU, Einziger, Friedman and Manes 2017). Forgets everything at once when an eighth of its 16 KiB is set.
 */
export class AskedBefore {
  readonly #words = new Uint32Array(BITS / 32)
  #marks = 0

  /** Notes the key. */
  ask(key: Uint8Array): boolean {
    const bit = hashOf(key) & (BITS - 1)
    const mask = 1 << (bit & 31)
    const word = this.#words[bit >>> 5] as number
    if ((word & mask) !== 0) return true
    if (this.#marks >= MARKS_MAX) {
      this.#words.fill(0)
      this.#marks = 0
    }
    this.#words[bit >>> 5] = (this.#words[bit >>> 5] as number) | mask
    this.#marks += 1
    return false
  }
}
