import type { Bar, BarInterval } from '#sdk'

export interface Candle {
  readonly startMs: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
}

export const INTERVAL_MS: Readonly<Record<BarInterval, number>> = {
  '1s': 1_000,
  '1m': 60_000,
  '1h': 3_600_000,
}

/** Candles kept of one instrument; the oldest go. */
export const CANDLES_MAX = 2_000

export function candleOf({ windowStartMs, open, high, low, close }: Bar): Candle {
  return { startMs: windowStartMs, open, high, low, close }
}

/** The candle of a price: the last one widened, a new one after it, or undefined for a price from before it. */
export function candleWith(
  last: Candle | undefined,
  price: { readonly timeMs: number; readonly price: number },
  intervalMs: number,
): Candle | undefined {
  const startMs = price.timeMs - (price.timeMs % intervalMs)
  if (last === undefined || startMs > last.startMs)
    return { startMs, open: price.price, high: price.price, low: price.price, close: price.price }
  if (startMs < last.startMs) return undefined
  return {
    ...last,
    high: Math.max(last.high, price.price),
    low: Math.min(last.low, price.price),
    close: price.price,
  }
}

/**
 * Candles from bars, followed by those that ticks made here and no bar covers yet. Bars are the truth: they saw every tick. A bar of the
 * window that is still open is widened by what was seen here.
 */
export function mergeCandles(
  bars: readonly Candle[],
  fromTicks: readonly Candle[],
): readonly Candle[] {
  const lastBar = bars.at(-1)
  if (lastBar === undefined) return fromTicks.slice(-CANDLES_MAX)
  const open = fromTicks.find((candle) => candle.startMs === lastBar.startMs)
  const closed = open === undefined ? bars : [...bars.slice(0, -1), widened(lastBar, open)]
  const later = fromTicks.filter((candle) => candle.startMs > lastBar.startMs)
  return [...closed, ...later].slice(-CANDLES_MAX)
}

function widened(bar: Candle, seen: Candle): Candle {
  return {
    ...bar,
    high: Math.max(bar.high, seen.high),
    low: Math.min(bar.low, seen.low),
    close: seen.close,
  }
}
