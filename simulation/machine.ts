import type { Clock, Timers } from '#streams'
import type { SeededRandom } from './random.ts'
import type { Scheduler } from './scheduler.ts'

/** A virtual wall clock begins here. */
const EPOCH_MS = 1_700_000_000_000
const JITTER_MS = 0.2

/** Of each step of a process: that it dies before it, or stands still from there on. */
export interface Hazards {
  readonly death: number
  readonly pause: number
  readonly pauseMs: number
}

export const SAFE: Hazards = { death: 0, pause: 0, pauseMs: 0 }

/**
 * One process: what happens to it reaches it through here, so that it can die between any two steps, or stand still for a while and find
 * everything that came in the meantime.
 */
export class Machine {
  readonly name: string
  readonly clock: Clock
  readonly timers: Timers
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #tell: (what: string) => void
  readonly #held: (() => void)[] = []
  readonly #deaths: (() => void)[] = []
  #isAlive = true
  #isPaused = false
  #skewMs = 0
  hazards: Hazards = SAFE

  constructor(
    name: string,
    scheduler: Scheduler,
    random: SeededRandom,
    tell: (what: string) => void = () => {},
  ) {
    this.name = name
    this.#tell = tell
    this.#scheduler = scheduler
    this.#random = random
    this.clock = {
      nowMs: () => EPOCH_MS + Math.floor(scheduler.nowMs) + this.#skewMs,
      monotonicMs: () => scheduler.nowMs,
    }
    this.timers = {
      after: (delayMs, callback) => this.#after(delayMs, callback),
      turn: () => new Promise((resolve) => void this.#after(0, resolve)),
    }
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Nothing of it goes on from here. */
  kill(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    this.#tell('dies')
    this.#held.length = 0
    for (const died of this.#deaths) died()
  }

  onDeath(died: () => void): void {
    this.#deaths.push(died)
  }

  pause(): void {
    this.#isPaused = true
  }

  /** What came in the meantime comes at once, in its order. */
  wake(): void {
    if (!this.#isPaused || !this.#isAlive) return
    this.#isPaused = false
    this.#tell('goes on')
    for (const run of this.#held.splice(0)) this.#scheduler.after(0, () => this.deliver(run))
  }

  /** Moves the wall clock; durations do not notice. */
  jump(ms: number): void {
    this.#skewMs += ms
  }

  /** Continues the process with this, unless it is dead; later, while it stands still. */
  deliver(run: () => void): void {
    if (!this.#isAlive) return
    this.endanger()
    if (!this.#isAlive) return
    if (this.#isPaused) this.#held.push(run)
    else run()
  }

  /** Here it may die, or begin to stand still. @returns whether it is dead */
  endanger(factor = 1): boolean {
    const { death, pause, pauseMs } = this.hazards
    if (this.#isAlive && death > 0 && this.#random.chance(death * factor)) this.kill()
    else if (pause > 0 && !this.#isPaused && this.#random.chance(pause * factor)) {
      this.#tell('stands still')
      this.pause()
      this.#scheduler.after(pauseMs * (0.5 + this.#random.next()), () => this.wake())
    }
    return !this.#isAlive
  }

  #after(delayMs: number, callback: () => void): () => void {
    let isCalledOff = false
    const cancel = this.#scheduler.after(delayMs + this.#random.next() * JITTER_MS, () =>
      this.deliver(() => {
        if (!isCalledOff) callback()
      }),
    )
    return () => {
      isCalledOff = true
      cancel()
    }
  }
}
