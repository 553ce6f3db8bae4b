import { ClickHouseError } from './clickhouse-error.ts'

const OWNERS_MAX = 10_000

/** A token bucket per user: `perSecond` queries, `burst` at once. At 10,000 users all are forgotten. */
export class RateLimit {
  readonly #buckets = new Map<string, { level: number; atMs: number }>()
  readonly #perSecond: number
  readonly #burst: number

  constructor({ perSecond, burst }: { readonly perSecond: number; readonly burst: number }) {
    this.#perSecond = perSecond
    this.#burst = burst
  }

  /** @param nowMs monotonic */
  take(owner: string, nowMs: number): void {
    const bucket = this.#buckets.get(owner) ?? { level: this.#burst, atMs: nowMs }
    const level = Math.min(
      this.#burst,
      bucket.level + ((nowMs - bucket.atMs) / 1_000) * this.#perSecond,
    )
    if (level < 1)
      throw new ClickHouseError(
        202,
        `More than ${this.#perSecond} queries a second. Try again later`,
        429,
      )
    if (this.#buckets.size >= OWNERS_MAX && !this.#buckets.has(owner)) this.#buckets.clear()
    this.#buckets.set(owner, { level: level - 1, atMs: nowMs })
  }
}
