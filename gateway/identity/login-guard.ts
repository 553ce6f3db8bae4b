import type { Clock } from '#streams'

const FREE_FAILURES = 5
const LOCK_MS_MIN = 1_000
const LOCK_MS_MAX = 300_000
const FORGET_AFTER_MS = 900_000
const NAMES_MAX = 10_000

/**
 * Slows guessing down: after five failures of one user from one address each further one doubles the wait, from 1 s to 5 min. A success, or
 * 15 min of silence, forgets them. Remembers 10,000 names and forgets the longest silent.
 */
export class LoginGuard {
  readonly #clock: Clock
  readonly #failures = new Map<string, { count: number; atMs: number; lockedUntilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Ms to wait before the next attempt; 0: go on. */
  lockedForMs(name: string): number {
    const failure = this.#failures.get(name)
    return failure === undefined ? 0 : Math.max(0, failure.lockedUntilMs - this.#clock.nowMs())
  }

  failed(name: string): void {
    const nowMs = this.#clock.nowMs()
    const before = this.#failures.get(name)
    const count =
      before === undefined || nowMs - before.atMs > FORGET_AFTER_MS ? 1 : before.count + 1
    const lockMs =
      count < FREE_FAILURES ? 0 : Math.min(LOCK_MS_MAX, LOCK_MS_MIN * 2 ** (count - FREE_FAILURES))
    this.#failures.delete(name)
    if (this.#failures.size >= NAMES_MAX) {
      for (const longestSilent of this.#failures.keys()) {
        this.#failures.delete(longestSilent)
        break
      }
    }
    this.#failures.set(name, { count, atMs: nowMs, lockedUntilMs: nowMs + lockMs })
  }

  succeeded(name: string): void {
    this.#failures.delete(name)
  }
}
