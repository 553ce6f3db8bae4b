import type { Random } from './random.ts'

export type Regime = 'calm' | 'normal' | 'stressed'

interface RegimeShape {
  /** Mean time in the regime, ms. */
  readonly meanMs: number
  readonly volatility: number
  readonly spread: number
  readonly next: readonly (readonly [Regime, probability: number])[]
}

/** A Markov chain in continuous time: how long a regime lasts, what it multiplies, and what may follow. */
const REGIMES: Readonly<Record<Regime, RegimeShape>> = {
  calm: {
    meanMs: 10 * 60_000,
    volatility: 0.5,
    spread: 0.8,
    next: [
      ['normal', 0.97],
      ['stressed', 0.03],
    ],
  },
  normal: {
    meanMs: 15 * 60_000,
    volatility: 1,
    spread: 1,
    next: [
      ['calm', 0.7],
      ['stressed', 0.3],
    ],
  },
  stressed: {
    meanMs: 2 * 60_000,
    volatility: 3.5,
    spread: 3,
    next: [
      ['normal', 0.9],
      ['calm', 0.1],
    ],
  },
}

/** The volatility regime of one asset class as time moves on. */
export class RegimeClock {
  readonly #random: Random
  #regime: Regime = 'normal'
  #leavesAtMs: number

  constructor(random: Random, startMs: number) {
    this.#random = random
    this.#leavesAtMs = startMs + REGIMES.normal.meanMs * random.exponential()
  }

  get regime(): Regime {
    return this.#regime
  }

  get volatility(): number {
    return REGIMES[this.#regime].volatility
  }

  get spread(): number {
    return REGIMES[this.#regime].spread
  }

  advance(nowMs: number): void {
    while (nowMs >= this.#leavesAtMs) {
      let draw = this.#random.uniform()
      const follows = REGIMES[this.#regime].next.find(([, probability]) => {
        draw -= probability
        return draw < 0
      })
      this.#regime = follows?.[0] ?? 'normal'
      this.#leavesAtMs += REGIMES[this.#regime].meanMs * this.#random.exponential()
    }
  }
}
