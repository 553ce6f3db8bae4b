import type { EChartsOption } from 'echarts'
import { axisCount, short } from '../formats.ts'
import { axisStyle, bottomOf, svgOf, TOP } from './svg.ts'

export interface Line {
  readonly name: string
  readonly colour: string
  readonly dashed?: boolean
  readonly thin?: boolean
  /** Without marks and labels: many points. */
  readonly bare?: boolean
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface LinePlot {
  readonly title: string
  readonly footer: readonly string[]
  /** With unit. */
  readonly x: string
  readonly y: string
  readonly logX?: boolean
  readonly logY?: boolean
  readonly lines: readonly Line[]
}

/** Further right there are too few samples to draw a line. */
const SHARE_MAX = 0.9999
const GRID = { left: 78, right: 34, top: TOP + 4 } as const

/** Curves over an amount, with a mark at each measurement. */
export function linesSvg({ title, footer, x, y, logX, logY, lines }: LinePlot): string {
  const measured = [...new Set(lines.flatMap(({ points }) => points.map(([at]) => at)))].sort(
    (a, b) => a - b,
  )
  const option: EChartsOption = {
    grid: { ...GRID, bottom: bottomOf(footer) },
    // Measured amounts only, evenly spaced when they grow by factors.
    xAxis: {
      ...axisStyle,
      name: x,
      nameGap: 30,
      splitLine: { show: false },
      ...(logX === true
        ? { type: 'category' as const, data: measured.map(axisCount), boundaryGap: false }
        : {
            type: 'value' as const,
            min: 0,
            axisLabel: { ...axisStyle.axisLabel, formatter: axisCount },
          }),
    },
    yAxis: {
      ...axisStyle,
      type: logY === true ? 'log' : 'value',
      name: y,
      nameGap: 58,
      axisLabel: { ...axisStyle.axisLabel, formatter: axisCount },
    },
    series: lines.map(({ name, colour, dashed, thin, bare, points }) => ({
      type: 'line' as const,
      name,
      showSymbol: bare !== true,
      symbol: 'circle',
      symbolSize: thin === true ? 4 : 7,
      itemStyle: { color: colour },
      lineStyle: {
        color: colour,
        width: thin === true ? 1.2 : 2.4,
        type: dashed === true ? 'dashed' : 'solid',
      },
      labelLayout: { hideOverlap: true },
      label: {
        show: thin !== true && bare !== true,
        position: 'top' as const,
        fontSize: 11,
        color: colour,
        formatter: ({ value }: { readonly value?: unknown }) => labelOf(value),
      },
      data: points.map(([at, value]) =>
        logX === true ? [measured.indexOf(at), value] : [at, value],
      ),
    })),
  }
  return svgOf({ title, footer, height: 340, option })
}

/** Latency by percentile: the x axis gives each further nine the same room. */
export function percentilesSvg({
  title,
  footer,
  y,
  lines,
}: Pick<LinePlot, 'title' | 'footer' | 'y' | 'lines'>): string {
  const shares = lines
    .flatMap(({ points }) => points.map(([share]) => share))
    .filter((share) => share <= SHARE_MAX)
  const option: EChartsOption = {
    grid: { ...GRID, bottom: bottomOf(footer) },
    xAxis: {
      ...axisStyle,
      type: 'value',
      name: 'percentile',
      nameGap: 30,
      min: 0,
      max: Math.ceil(Math.max(1, ...shares.map(nines))),
      interval: 1,
      axisLabel: {
        ...axisStyle.axisLabel,
        formatter: (nines: number) =>
          ['0 %', '90 %', '99 %', '99.9 %', '99.99 %'][Math.round(nines)] ?? '',
      },
    },
    yAxis: {
      ...axisStyle,
      type: 'log',
      name: y,
      nameGap: 58,
      axisLabel: { ...axisStyle.axisLabel, formatter: axisCount },
    },
    series: lines.map(({ name, colour, dashed, thin, points }) => ({
      type: 'line' as const,
      name,
      showSymbol: points.length < 8,
      symbol: 'circle',
      symbolSize: 6,
      clip: true,
      itemStyle: { color: colour },
      lineStyle: {
        color: colour,
        width: thin === true ? 1 : 2.4,
        type: dashed === true ? 'dashed' : 'solid',
      },
      data: points
        .filter(([share]) => share <= SHARE_MAX)
        .map(([share, value]) => [nines(share), value]),
    })),
  }
  return svgOf({ title, footer, height: 340, option })
}

/** Shares and values of a histogram whose keys are lower bounds (`measuring/percentiles.ts`), at each bucket's upper bound. */
export function curveOf(histogram: unknown): readonly (readonly [share: number, value: number])[] {
  const buckets = Object.entries(histogram as Readonly<Record<string, number>>)
    .map(([from, samples]) => [Number(from), samples] as const)
    .sort(([a], [b]) => a - b)
  const total = buckets.reduce((sum, [, samples]) => sum + samples, 0)
  let seen = 0
  const curve: (readonly [number, number])[] = []
  for (const [from, samples] of buckets) {
    seen += samples
    const upper = from + (from < 100 ? 1 : from < 1_000 ? 10 : 100)
    curve.push([Math.min(seen / total, 1 - 0.5 / total), upper])
  }
  return [[0, (buckets[0]?.[0] ?? 0) || 1], ...curve]
}

function nines(share: number): number {
  return Math.round(-1e6 * Math.log10(1 - share)) / 1e6
}

function labelOf(value: unknown): string {
  const y = Array.isArray(value) ? Number(value[1]) : Number(value)
  return y >= 10_000 ? axisCount(Number(y.toPrecision(3))) : short(y)
}
