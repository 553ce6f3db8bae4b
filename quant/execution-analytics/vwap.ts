import { CompensatedSum } from './compensated-sum.ts'

export interface TradePrint {
  /** Ms since the epoch; not falling from one to the next. */
  readonly t: number
  readonly price: number
  readonly quantity: number
}

/** Of all trades; null without quantity. */
export function vwap(trades: readonly TradePrint[]): number | null {
  const window = new Window()
  for (const trade of trades) window.add(trade, 1)
  return window.vwap()
}

/** One value a trade: of the trades up to it with t in (its t - windowMs, its t]. */
export function timeWindowVwaps(
  trades: readonly TradePrint[],
  windowMs: number,
): readonly (number | null)[] {
  return rolling(trades, (first, last) => first.t > last.t - windowMs)
}

/** One value a trade: of the last `windowTrades` up to it. */
export function tradeWindowVwaps(
  trades: readonly TradePrint[],
  windowTrades: number,
): readonly (number | null)[] {
  return rolling(trades, (_first, _last, length) => length <= windowTrades)
}

function rolling(
  trades: readonly TradePrint[],
  belongs: (first: TradePrint, last: TradePrint, length: number) => boolean,
): readonly (number | null)[] {
  const window = new Window()
  let start = 0
  return trades.map((trade, index) => {
    window.add(trade, 1)
    for (let first = trades[start]; first !== undefined && start < index; first = trades[start]) {
      if (belongs(first, trade, index - start + 1)) break
      window.add(first, -1)
      start += 1
    }
    return window.vwap()
  })
}

class Window {
  readonly #notional = new CompensatedSum()
  readonly #quantity = new CompensatedSum()

  add({ price, quantity }: TradePrint, sign: 1 | -1): void {
    this.#notional.add(sign * price * quantity)
    this.#quantity.add(sign * quantity)
  }

  vwap(): number | null {
    const quantity = this.#quantity.value()
    return quantity === 0 ? null : this.#notional.value() / quantity
  }
}
