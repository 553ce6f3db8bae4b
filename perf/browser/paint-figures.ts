import { type Distribution, distribution, histogram, rounded } from '../measuring/percentiles.ts'
import type { Paint, ProbeResult, ShownValue } from './page-probe.ts'

const FAULTS_MAX = 10

const SPANS = {
  /** From the time at which the tick was due. */
  tickToPaintMs: ({ eventTimeMs, paintMs }: Paint) => paintMs - eventTimeMs,
  tickToDomMs: ({ eventTimeMs, domMs }: Paint) => domMs - eventTimeMs,
  /** From when the gateway took it from its topic. */
  gatewayToDomMs: ({ publishedAtMs, domMs }: Paint) => domMs - publishedAtMs,
  /** In the page alone. */
  receivedToPaintMs: ({ receivedMs, paintMs }: Paint) => paintMs - receivedMs,
} as const

type SpanName = keyof typeof SPANS

export interface PaintFigures {
  readonly spans: Readonly<Record<SpanName, Distribution>>
  readonly histogramsMs: Readonly<Record<SpanName, Readonly<Record<string, number>>>>
  readonly paintsPerSecond: number
  /** That the browser made, and those that had a new price. */
  readonly framesPerSecond: number
  readonly paintedFramesPerSecond: number
  /** Changes that came and were replaced by later ones before a frame was made. */
  readonly replacedShare: number
  readonly longTasks: number
  readonly longTaskMsTotal: number
  readonly longTaskMsMax: number
}

/** @throws {RangeError} when nothing was painted */
export function paintFigures(result: ProbeResult): PaintFigures {
  const { paints, seconds, longTasks, receivedChanges } = result
  const each = <T>(make: (samples: readonly number[]) => T) =>
    Object.fromEntries(
      Object.entries(SPANS).map(([name, span]) => [name, make(paints.map(span))]),
    ) as Record<SpanName, T>
  return {
    spans: each(distribution),
    histogramsMs: each(histogram),
    paintsPerSecond: rounded(paints.length / seconds),
    framesPerSecond: rounded(result.frames / seconds),
    paintedFramesPerSecond: rounded(result.paintedFrames / seconds),
    replacedShare: rounded(Math.max(0, 1 - paints.length / Math.max(1, receivedChanges))),
    longTasks: longTasks.length,
    longTaskMsTotal: rounded(longTasks.reduce((sum, ms) => sum + ms, 0)),
    longTaskMsMax: rounded(Math.max(0, ...longTasks)),
  }
}

/** Whether what stood on the screen is what came, to the last digit, and never older than what stood there before. */
export function paintFaults(
  { paints, shown }: Pick<ProbeResult, 'paints' | 'shown'>,
  decimalsOf: ReadonlyMap<string, number>,
): readonly string[] {
  const faults: string[] = []
  const last = new Map<string, number>()
  const check = (value: ShownValue): void => {
    const { instrumentId, bid, ask, bidText, askText } = value
    const decimals = decimalsOf.get(instrumentId)
    if (decimals === undefined) faults.push(`${instrumentId} is no instrument`)
    else
      for (const [side, price, text] of [
        ['bid', bid, bidText],
        ['ask', ask, askText],
      ] as const) {
        const expected = textOf(price, decimals)
        if (text !== expected)
          faults.push(`${instrumentId} shows ${text} as ${side} and got ${expected}`)
      }
  }
  for (const paint of paints) {
    check(paint)
    const { instrumentId, sequence } = paint
    const before = last.get(instrumentId) ?? 0
    if (sequence <= before) faults.push(`${instrumentId} went back from ${before} to ${sequence}`)
    last.set(instrumentId, sequence)
  }
  for (const value of shown) check(value)
  return faults.slice(0, FAULTS_MAX)
}

/** As the market watch writes prices: thousands separated, the decimals of the instrument. */
function textOf(price: number | null, decimals: number): string {
  if (price === null) return '–'
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
  return price.toLocaleString('en-US', options)
}
