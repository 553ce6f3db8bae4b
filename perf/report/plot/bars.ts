import type { CustomSeriesRenderItem, EChartsOption } from 'echarts'
import { axisStyle, bottomOf, QUIET, svgOf, TEXT, TOP } from './svg.ts'

export interface Bar {
  readonly value: number
  /** Least and most of the runs. */
  readonly spread?: readonly [least: number, most: number]
  readonly label: string
}

export interface BarPanel {
  /** What is drawn, with its unit. */
  readonly name: string
  readonly tick: (value: number) => string
  /** A bar for each category; undefined where nothing was measured. */
  readonly series: readonly {
    readonly name: string
    readonly colour: string
    readonly bars: readonly (Bar | undefined)[]
  }[]
}

export interface BarPlot {
  readonly title: string
  readonly footer: readonly string[]
  readonly categories: readonly string[]
  /** Beside each other; all have the same categories. */
  readonly panels: readonly BarPanel[]
}

const WIDTH = 860
const ROW = 22
const LEFT = 168

/** Lying bars in groups, with the spread of the runs as a whisker. */
export function barsSvg({ title, footer, categories, panels }: BarPlot): string {
  const perGroup = Math.max(...panels.map(({ series }) => series.length))
  const height = categories.length * (perGroup * ROW + 18) + 62
  const wide = (WIDTH - LEFT - 20) / panels.length
  const option: EChartsOption = {
    grid: panels.map((_, index) => ({
      left: LEFT + index * wide,
      width: wide - 40,
      top: TOP,
      bottom: bottomOf(footer),
    })),
    xAxis: panels.map(({ name, tick, series }, gridIndex) => ({
      ...axisStyle,
      gridIndex,
      type: 'value' as const,
      name,
      nameGap: 30,
      splitNumber: 4,
      // Room for the label behind the longest bar.
      boundaryGap: [0, `${roomFor(series, wide - 40)}%`] as [number, string],
      axisLabel: {
        ...axisStyle.axisLabel,
        formatter: (value: number) => tick(value),
      },
    })),
    yAxis: panels.map((_, gridIndex) => ({
      ...axisStyle,
      gridIndex,
      type: 'category' as const,
      data: [...categories],
      inverse: true,
      axisTick: { show: false },
      axisLabel: {
        ...axisStyle.axisLabel,
        show: gridIndex === 0,
        width: LEFT - 44,
        overflow: 'break' as const,
      },
    })),
    series: panels.flatMap(({ series }, index) =>
      series.flatMap(({ name, colour, bars }, at) => [
        {
          type: 'bar' as const,
          name,
          xAxisIndex: index,
          yAxisIndex: index,
          barWidth: ROW - 6,
          barGap: '30%',
          itemStyle: { color: colour, borderRadius: [0, 2, 2, 0] },
          data: bars.map((bar) => bar?.value ?? null),
        },
        {
          type: 'custom' as const,
          xAxisIndex: index,
          yAxisIndex: index,
          data: bars.flatMap((bar, category) =>
            bar === undefined
              ? []
              : [[category, ...(bar.spread ?? [bar.value, bar.value]), category] as number[]],
          ),
          renderItem: whisker(bars, (at - (series.length - 1) / 2) * (ROW - 6) * 1.3),
          silent: true,
          z: 5,
        },
      ]),
    ),
  }
  return svgOf({ title, footer, width: WIDTH, height, option })
}

/** As a percentage of the longest bar. */
function roomFor(series: BarPanel['series'], width: number): number {
  const characters = Math.max(
    0,
    ...series.flatMap(({ bars }) => bars.map((bar) => bar?.label.length ?? 0)),
  )
  const px = 6.8 * characters + 14
  return Math.ceil((100 * px) / (width - px))
}

function endOf(bar: Bar | undefined): number {
  return Math.max(bar?.value ?? 0, bar?.spread?.[1] ?? 0)
}

/** A line from the least to the most run, and the label behind it. */
function whisker(bars: readonly (Bar | undefined)[], offset: number): CustomSeriesRenderItem {
  return (_, api) => {
    const category = Number(api.value(0))
    const bar = bars[category]
    const [from = 0, middle = 0] = api.coord([Number(api.value(1)), category])
    const [to = 0] = api.coord([Number(api.value(2)), category])
    const [end = 0] = api.coord([endOf(bar), category])
    const y = middle + offset
    const line = (x1: number, y1: number, x2: number, y2: number) => ({
      type: 'line' as const,
      shape: { x1, y1, x2, y2 },
      style: { stroke: TEXT, lineWidth: 1.2 },
    })
    return {
      type: 'group',
      children: [
        ...(to - from < 1
          ? []
          : [line(from, y, to, y), line(from, y - 4, from, y + 4), line(to, y - 4, to, y + 4)]),
        {
          type: 'text' as const,
          style: {
            text: bar?.label ?? '',
            x: end + 6,
            y,
            fill: bar?.label.includes('not') ? QUIET : TEXT,
            fontSize: 12,
            verticalAlign: 'middle' as const,
          },
        },
      ],
    }
  }
}
