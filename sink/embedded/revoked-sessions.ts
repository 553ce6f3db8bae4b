/** Id of a session that was ended, and when the last of its tokens expires: ms since 1970. */
export type RevokedSession = readonly [sessionId: string, untilMs: number]

/** Log-ins are checked one by one, some 0.1 s each: as many cannot end while tokens are in date. */
const SESSIONS_MAX = 100_000

/** Ended sessions whose tokens are in date still. Bounded: those of expired tokens go, then those that were ended first. */
export class RevokedSessions {
  readonly #untilMs = new Map<string, number>()
  readonly #nowMs: () => number
  readonly #max: number
  #sweepAt: number

  constructor(nowMs: () => number, max = SESSIONS_MAX) {
    this.#nowMs = nowMs
    this.#max = max
    this.#sweepAt = Math.min(max, 1_000)
  }

  add(sessionId: string, untilMs: number): void {
    this.#untilMs.set(sessionId, untilMs)
    if (this.#untilMs.size <= this.#sweepAt) return
    const nowMs = this.#nowMs()
    for (const [other, otherUntilMs] of this.#untilMs)
      if (otherUntilMs <= nowMs) this.#untilMs.delete(other)
    for (const oldest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= this.#max) break
      this.#untilMs.delete(oldest)
    }
    // Twice what is left: a look at all of them costs little a session.
    this.#sweepAt = Math.min(this.#max, Math.max(1_000, 2 * this.#untilMs.size))
  }

  has(sessionId: string): boolean {
    return this.#untilMs.has(sessionId)
  }

  entries(): readonly RevokedSession[] {
    const nowMs = this.#nowMs()
    return [...this.#untilMs].filter(([, untilMs]) => untilMs > nowMs)
  }
}
