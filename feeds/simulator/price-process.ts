import type { Random } from './random.ts'
import { RegimeClock } from './regime.ts'
import type { SimulatedInstrument } from './universe.ts'

const YEAR_MS = 365.25 * 86_400_000

interface Factor {
  value: number
  atMs: number
}

/**
 * Correlated random walks: the log price of an instrument is the sum of a factor that all share, its asset class's factor and its own
 * walk (a three-level factor model; correlation follows from the loadings). Factors move lazily, to the time they are asked for, so that
 * one tick costs a few normal draws however many instruments there are. Volatility is the instrument's, times its class's regime.
 */
export class PriceProcess {
  readonly #random: Random
  readonly #market: Factor
  readonly #classes = new Map<string, { factor: Factor; regime: RegimeClock }>()
  readonly #own: Factor[]
  readonly #mean: number[]
  readonly #instruments: readonly SimulatedInstrument[]

  constructor(instruments: readonly SimulatedInstrument[], random: Random, startMs: number) {
    this.#random = random
    this.#instruments = instruments
    this.#market = { value: 0, atMs: startMs }
    for (const { assetClass } of instruments) {
      if (!this.#classes.has(assetClass)) {
        this.#classes.set(assetClass, {
          factor: { value: 0, atMs: startMs },
          regime: new RegimeClock(random, startMs),
        })
      }
    }
    this.#own = instruments.map(() => ({ value: 0, atMs: startMs }))
    this.#mean = instruments.map(({ startPrice }) => Math.log(startPrice))
  }

  /** Mid of an instrument at a time that never goes back, and the spread multiple of its regime. */
  at(index: number, nowMs: number): { readonly mid: number; readonly spread: number } {
    const instrument = this.#instruments[index] as SimulatedInstrument
    const family = this.#classes.get(instrument.assetClass) as {
      factor: Factor
      regime: RegimeClock
    }
    family.regime.advance(nowMs)
    this.#move(this.#market, nowMs, 1)
    this.#move(family.factor, nowMs, family.regime.volatility)
    const own = this.#own[index] as Factor
    this.#move(own, nowMs, family.regime.volatility)

    const { yearlyVolatility, marketBeta, classBeta } = instrument
    const ownBeta = Math.sqrt(Math.max(0, 1 - marketBeta ** 2 - classBeta ** 2))
    const walk =
      yearlyVolatility *
      (marketBeta * this.#market.value + classBeta * family.factor.value + ownBeta * own.value)
    return { mid: Math.exp((this.#mean[index] as number) + walk), spread: family.regime.spread }
  }

  #move(factor: Factor, nowMs: number, volatility: number): void {
    const elapsedMs = nowMs - factor.atMs
    if (elapsedMs <= 0) return
    factor.value += volatility * Math.sqrt(elapsedMs / YEAR_MS) * this.#random.normal()
    factor.atMs = nowMs
  }
}
