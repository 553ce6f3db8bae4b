import type { BarInterval, MarketItem, OrionClient } from '#sdk'
import {
  CANDLES_MAX,
  type Candle,
  candleOf,
  candleWith,
  INTERVAL_MS,
  mergeCandles,
} from './candles.ts'

export interface CandleHandlers {
  /** All candles, when bars were loaded. */
  readonly onAll: (candles: readonly Candle[]) => void
  /** The last candle, when a price moved it. */
  readonly onLast: (candle: Candle) => void
  readonly onFailed: (error: unknown) => void
}

const BARS = 500
/** Bars are asked for again this often: they saw every tick, the stream shows ten a second. */
const RELOAD_MS = 15_000

/** Candles of one instrument and interval: bars of the database, and the last ones made from prices as they come. */
export class CandleFeed {
  readonly #client: OrionClient
  readonly #instrumentId: string
  readonly #interval: BarInterval
  readonly #handlers: CandleHandlers
  readonly #reloader: ReturnType<typeof setInterval>
  #bars: readonly Candle[] = []
  #fromTicks: readonly Candle[] = []
  #last: Candle | undefined
  #closed = false

  constructor(
    client: OrionClient,
    instrumentId: string,
    interval: BarInterval,
    handlers: CandleHandlers,
  ) {
    this.#client = client
    this.#instrumentId = instrumentId
    this.#interval = interval
    this.#handlers = handlers
    this.#reloader = setInterval(() => void this.load(), RELOAD_MS)
  }

  async load(): Promise<void> {
    try {
      const { items } = await this.#client.bars({
        instrumentId: this.#instrumentId,
        interval: this.#interval,
        limit: BARS,
      })
      if (this.#closed) return
      this.#bars = items.map(candleOf)
      const all = mergeCandles(this.#bars, this.#fromTicks)
      this.#last = all.at(-1)
      this.#handlers.onAll(all)
    } catch (error) {
      if (!this.#closed) this.#handlers.onFailed(error)
    }
  }

  /** Widens the last candle, or begins the next. */
  take(item: MarketItem): void {
    if (item.instrumentId !== this.#instrumentId || item.mid === null || item.stale) return
    const price = { timeMs: item.eventTimeMs, price: item.mid }
    const intervalMs = INTERVAL_MS[this.#interval]
    const before = this.#fromTicks.at(-1)
    const seen = candleWith(before, price, intervalMs)
    if (seen === undefined) return
    this.#fromTicks =
      before?.startMs === seen.startMs
        ? this.#fromTicks.with(-1, seen)
        : [...this.#fromTicks, seen].slice(-CANDLES_MAX)
    const last = candleWith(this.#last, price, intervalMs)
    if (last === undefined) return
    this.#last = last
    this.#handlers.onLast(last)
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#reloader)
  }
}
