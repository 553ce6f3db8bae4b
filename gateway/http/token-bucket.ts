/** A rate with a burst; `take` says how long to wait, in ms (0: go on). */
export class TokenBucket {
  readonly #perMs: number
  readonly #burst: number
  #tokens: number
  #atMs: number

  constructor(rate: { readonly perS: number; readonly burst: number }, nowMs: number) {
    this.#perMs = rate.perS / 1000
    this.#burst = rate.burst
    this.#tokens = rate.burst
    this.#atMs = nowMs
  }

  take(nowMs: number): number {
    if (nowMs > this.#atMs) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs)
      this.#atMs = nowMs
    }
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return 0
    }
    return Math.ceil((1 - this.#tokens) / this.#perMs)
  }
}

/** One bucket per name (address, user). Remembers `namesMax` of them and forgets the longest silent one, which then starts with a full bucket. */
export class RateLimiter {
  readonly #rate: { readonly perS: number; readonly burst: number }
  readonly #namesMax: number
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(rate: { readonly perS: number; readonly burst: number }, namesMax: number) {
    this.#rate = rate
    this.#namesMax = namesMax
  }

  /** Ms to wait; 0: go on. */
  take(name: string, nowMs: number): number {
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#namesMax) {
        for (const longestSilent of this.#buckets.keys()) {
          this.#buckets.delete(longestSilent)
          break
        }
      }
      bucket = new TokenBucket(this.#rate, nowMs)
    } else {
      this.#buckets.delete(name)
    }
    this.#buckets.set(name, bucket)
    return bucket.take(nowMs)
  }
}
