interface Bucket {
  tokens: number
  atMs: number
}

/** A rate with a burst for each caller. Remembers so many of them and forgets the one silent longest, which then starts afresh. */
export class RateLimiter {
  readonly #perMs: number
  readonly #burst: number
  readonly #callersMax: number
  readonly #buckets = new Map<string, Bucket>()

  constructor(options: {
    readonly perS: number
    readonly burst: number
    readonly callersMax: number
  }) {
    this.#perMs = options.perS / 1_000
    this.#burst = options.burst
    this.#callersMax = options.callersMax
  }

  /** Ms to wait; 0: go on. */
  take(caller: string, nowMs: number): number {
    const bucket = this.#buckets.get(caller) ?? { tokens: this.#burst, atMs: nowMs }
    this.#buckets.delete(caller)
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size < this.#callersMax) break
      this.#buckets.delete(oldest)
    }
    this.#buckets.set(caller, bucket)
    const passedMs = Math.max(0, nowMs - bucket.atMs)
    bucket.tokens = Math.min(this.#burst, bucket.tokens + passedMs * this.#perMs)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return Math.ceil((1 - bucket.tokens) / this.#perMs)
    bucket.tokens -= 1
    return 0
  }
}
