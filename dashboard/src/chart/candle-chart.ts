import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  createChart,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from 'lightweight-charts'
import type { Candle } from './candles.ts'

/** The one place that knows the chart library. Times are shown in UTC. */
export class CandleChart {
  readonly #chart: IChartApi
  readonly #series: ISeriesApi<'Candlestick'>
  #isClosed = false

  constructor(container: HTMLElement, priceDecimals: number) {
    this.#chart = createChart(container, {
      autoSize: true,
      crosshair: { mode: CrosshairMode.Normal },
      timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 4 },
      // The logo with its link is the attribution that the licence asks for.
      layout: { attributionLogo: true, fontSize: 12 },
    })
    this.#series = this.#chart.addSeries(CandlestickSeries, {
      borderVisible: false,
      priceFormat: { type: 'price', precision: priceDecimals, minMove: 10 ** -priceDecimals },
    })
    this.paint()
  }

  /** In the colours of the style sheet as they are now. */
  paint(): void {
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim()
    const [up, down, line] = [colour('up'), colour('down'), colour('line')]
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: colour('panel') },
        textColor: colour('muted'),
        fontFamily: getComputedStyle(document.body).fontFamily,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    })
    this.#series.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    })
  }

  showAll(candles: readonly Candle[]): void {
    if (!this.#isClosed) this.#series.setData(candles.map(toBar))
  }

  showLast(candle: Candle): void {
    if (!this.#isClosed) this.#series.update(toBar(candle))
  }

  /** What comes after it is not shown. */
  close(): void {
    this.#isClosed = true
    this.#chart.remove()
  }
}

function toBar({ startMs, open, high, low, close }: Candle) {
  return { time: (startMs / 1_000) as UTCTimestamp, open, high, low, close }
}
