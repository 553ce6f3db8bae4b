const SLAB_BYTES = 32 * 1024

/**
 * Hands out consecutive pieces of larger buffers, so that a value is encoded in place and not copied. A piece keeps its whole slab
 * alive: for bytes that soon go to a log or a store.
 */
export class ByteSlab {
  #slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  #used = 0

  get buffer(): Buffer {
    return this.#slab
  }

  get position(): number {
    return this.#used
  }

  /** The bytes from the position to `end`; the next piece starts there. */
  take(end: number): Buffer {
    const piece = this.#slab.subarray(this.#used, end)
    this.#used = end
    return piece
  }

  /** After an encoding that did not fit: a fresh slab with room for at least `bytes`. */
  grow(bytes: number): void {
    this.#slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes))
    this.#used = 0
  }
}
