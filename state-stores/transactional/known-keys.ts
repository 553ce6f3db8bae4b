import { hashOf, mixed } from './key-hash.ts'

/** With five probes about one absent key in 200 is taken for one that may be there. */
const BITS_PER_KEY = 12
const PROBES = 5
const FIRST_KEYS = 4_096
const GROWTH = 4
/** Live ones are the two or three of a retention; more than these are times that jump. */
const SEGMENTS_MAX = 16

/**
 * Which keys overlay and engine may hold, of a store that was empty when it was opened: an engine need not be asked for a key that never came, which a
 * look-up of a first occurrence does for every record. Bloom filters (Bloom 1970) that grow (Almeida et al. 2007), one for each time segment.
 * Deleted keys stay in. At the bound of its memory a segment is given up: all its keys may be there.
 */
export class KnownKeys {
  readonly #bytesMax: number
  readonly #segmentOf: (key: Uint8Array) => number
  /** `undefined`: given up. */
  readonly #segments = new Map<number, Layers | undefined>()
  /** Segments before it were forgotten and may hold anything. */
  #from = Number.NEGATIVE_INFINITY
  #lastSegment = Number.NaN
  #last: Layers | undefined
  #bytes = 0

  /** @param segmentOf a key's time segment; without it all keys are of one */
  constructor(bytesMax: number, segmentOf: (key: Uint8Array) => number = () => 0) {
    this.#bytesMax = bytesMax
    this.#segmentOf = segmentOf
  }

  add(key: Uint8Array): void {
    const segment = this.#segmentOf(key)
    if (segment < this.#from) return
    if (segment !== this.#lastSegment) this.#choose(segment)
    const layers = this.#last
    if (layers === undefined) return
    const grown = layers.add(hashOf(key), this.#bytesMax - this.#bytes)
    if (grown === undefined) this.#giveUp(segment, layers)
    else this.#bytes += grown
  }

  /** False: it was never added. */
  mayHold(key: Uint8Array): boolean {
    const segment = this.#segmentOf(key)
    if (segment < this.#from) return true
    if (segment === this.#lastSegment) return this.#last?.has(hashOf(key)) ?? true
    if (!this.#segments.has(segment)) return false
    return this.#segments.get(segment)?.has(hashOf(key)) ?? true
  }

  #choose(segment: number): void {
    if (!this.#segments.has(segment)) {
      this.#segments.set(segment, new Layers())
      if (this.#segments.size > SEGMENTS_MAX) this.#forgetOldest()
    }
    this.#lastSegment = segment
    this.#last = this.#segments.get(segment)
  }

  #forgetOldest(): void {
    const oldest = Math.min(...this.#segments.keys())
    this.#bytes -= this.#segments.get(oldest)?.bytes ?? 0
    this.#segments.delete(oldest)
    this.#from = oldest + 1
  }

  #giveUp(segment: number, layers: Layers): void {
    this.#bytes -= layers.bytes
    this.#segments.set(segment, undefined)
    this.#last = undefined
  }
}

/** Filters of one segment, each four times as large as the one before. */
class Layers {
  readonly #layers: Uint32Array[] = []
  #keysMax = 0
  /** In the newest. */
  #keys = 0
  bytes = 0

  has(hash: number): boolean {
    for (let index = this.#layers.length - 1; index >= 0; index -= 1) {
      if (holds(this.#layers[index] as Uint32Array, hash)) return true
    }
    return false
  }

  /** @returns by how many bytes it grew; undefined when it may not grow by as much as it has to */
  add(hash: number, bytesLeft: number): number | undefined {
    if (this.has(hash)) return 0
    let grown = 0
    if (this.#keys >= this.#keysMax) {
      const keysMax = this.#keysMax === 0 ? FIRST_KEYS : this.#keysMax * GROWTH
      grown = (keysMax * BITS_PER_KEY) / 8
      if (grown > bytesLeft) return undefined
      this.#layers.push(new Uint32Array(grown / 4))
      this.#keysMax = keysMax
      this.#keys = 0
      this.bytes += grown
    }
    mark(this.#layers.at(-1) as Uint32Array, hash)
    this.#keys += 1
    return grown
  }
}

/** Probes by two hashes (Kirsch and Mitzenmacher 2006); the second is odd. */
function holds(words: Uint32Array, hash: number): boolean {
  const bits = words.length * 32
  const step = mixed(hash) | 1
  let at = hash
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = (at >>> 0) % bits
    if (((words[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false
    at = (at + step) | 0
  }
  return true
}

function mark(words: Uint32Array, hash: number): void {
  const bits = words.length * 32
  const step = mixed(hash) | 1
  let at = hash
  for (let probe = 0; probe < PROBES; probe += 1) {
    const bit = (at >>> 0) % bits
    words[bit >>> 5] = (words[bit >>> 5] as number) | (1 << (bit & 31))
    at = (at + step) | 0
  }
}
