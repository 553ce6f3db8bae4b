/** Numbers from a seed (sfc32): the same on every machine. Each part of a run draws from a branch of its own, so that one does not shift another. */
export class SeededRandom {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: string) {
    this.#seed = seed
    let hash = 0x811c9dc5
    const word = (salt: number): number => {
      hash ^= salt
      for (let at = 0; at < seed.length; at++) {
        hash = Math.imul(hash ^ seed.charCodeAt(at), 0x01000193)
      }
      hash ^= hash >>> 15
      hash = Math.imul(hash, 0x2c1b3c6d)
      hash ^= hash >>> 12
      return hash | 0
    }
    this.#a = word(1)
    this.#b = word(2)
    this.#c = word(3)
    for (let round = 0; round < 12; round++) this.next()
  }

  branch(name: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${name}`)
  }

  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }

  /** From 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** Whole, both inclusive. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }
}
