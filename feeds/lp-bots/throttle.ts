const BUCKETS_MAX = 10_000

interface Bucket {
  level: number
  atMs: number
}

/** How many RFQs a provider answers: a bucket of one second's worth, filled by the times of the RFQs, so that a repeat decides the same. */
export class RfqThrottle {
  readonly #buckets = new Map<string, Bucket>()

  allows(key: string, perSecond: number, atMs: number): boolean {
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_MAX) this.#buckets.clear()
      bucket = { level: perSecond, atMs }
      this.#buckets.set(key, bucket)
    }
    const elapsedMs = Math.max(0, atMs - bucket.atMs)
    bucket.level = Math.min(perSecond, bucket.level + (elapsedMs / 1_000) * perSecond)
    bucket.atMs = Math.max(bucket.atMs, atMs)
    if (bucket.level < 1) return false
    bucket.level -= 1
    return true
  }
}
