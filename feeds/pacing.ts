import type { Clock } from '#streams'

/** Silence in a recording that is not waited for. */
const GAP_MS_MAX = 60_000

/**
 * When a message of a feed is due on the wall clock. The feed's own time runs `speed` times as fast as the wall; a gap of more than a minute
 * (a night, the years between two files) takes no time.
 */
export class Pacing {
  readonly #clock: Clock
  readonly #speed: number
  #startMs: number | undefined
  #feedMs = 0
  #lastEventMs: number | undefined

  /** @param speed feed ms per wall ms; `Infinity` for as fast as possible */
  constructor(clock: Clock, speed: number) {
    this.#clock = clock
    this.#speed = speed
  }

  /** Wall ms until the message is due; zero or less when it is. Messages are asked for in feed order; asking again for the same one is free. */
  waitMs(eventTimeMs: number): number {
    if (this.#speed === Number.POSITIVE_INFINITY) return 0
    const nowMs = this.#clock.monotonicMs()
    this.#startMs ??= nowMs
    const gapMs = Math.max(0, eventTimeMs - (this.#lastEventMs ?? eventTimeMs))
    if (gapMs <= GAP_MS_MAX) this.#feedMs += gapMs
    this.#lastEventMs = Math.max(eventTimeMs, this.#lastEventMs ?? eventTimeMs)
    return this.#startMs + this.#feedMs / this.#speed - nowMs
  }
}
