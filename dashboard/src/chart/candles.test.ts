import { expect, test } from 'vitest'
import { type Candle, candleWith, mergeCandles } from './candles.ts'

const candle = (
  startMs: number,
  open: number,
  high: number,
  low: number,
  close: number,
): Candle => ({
  startMs,
  open,
  high,
  low,
  close,
})

test('a price widens the candle of its window and closes it anew', () => {
  const last = candle(60_000, 10, 12, 9, 11)
  expect(candleWith(last, { timeMs: 119_999, price: 13 }, 60_000)).toEqual(
    candle(60_000, 10, 13, 9, 13),
  )
  expect(candleWith(last, { timeMs: 60_000, price: 8 }, 60_000)).toEqual(
    candle(60_000, 10, 12, 8, 8),
  )
})

test('a price of a later window begins a candle; one from before the last is left to the bars', () => {
  const last = candle(60_000, 10, 12, 9, 11)
  expect(candleWith(last, { timeMs: 120_000, price: 7 }, 60_000)).toEqual(
    candle(120_000, 7, 7, 7, 7),
  )
  expect(candleWith(last, { timeMs: 59_999, price: 7 }, 60_000)).toBeUndefined()
  expect(candleWith(undefined, { timeMs: 59_999, price: 7 }, 60_000)).toEqual(candle(0, 7, 7, 7, 7))
})

test('bars stand where there are some; the last is widened by prices seen here, later candles follow', () => {
  const bars = [candle(0, 1, 2, 1, 2), candle(60_000, 2, 3, 2, 3)]
  const seen = [candle(0, 9, 9, 9, 9), candle(60_000, 3, 5, 3, 4), candle(120_000, 4, 4, 4, 4)]
  expect(mergeCandles(bars, seen)).toEqual([
    candle(0, 1, 2, 1, 2),
    candle(60_000, 2, 5, 2, 4),
    candle(120_000, 4, 4, 4, 4),
  ])
  expect(mergeCandles([], seen)).toEqual(seen)
  expect(mergeCandles(bars, [])).toEqual(bars)
})
