import * as echarts from 'echarts'

export interface Plot {
  readonly title: string
  /** Under the plot, in small letters: where the data come from. */
  readonly footer: readonly string[]
  readonly width?: number
  /** Without title and footer. */
  readonly height: number
  readonly option: echarts.EChartsOption
}

/** Always the same colour for the same thing; Okabe and Ito's palette, which colour-blind people can tell apart. */
export const COLOURS = {
  orion: '#0072b2',
  kafkaStreams: '#e69f00',
  green: '#009e73',
  vermilion: '#d55e00',
  purple: '#cc79a7',
  sky: '#56b4e9',
  grey: '#6b7280',
} as const

export const TEXT = '#1f2937'
export const QUIET = '#6b7280'
/** Without quotes: the renderer would not escape them. */
export const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, sans-serif'
const GRID = '#e5e7eb'
/** Heights of title and legend, and of a line of the footer. */
export const TOP = 78
const FOOTER_LINE = 15

/** An SVG that stands for itself on light and dark pages. The same plot gives the same bytes. */
export function svgOf({ title, footer, width = 860, height, option }: Plot): string {
  const whole = TOP + height + FOOTER_LINE * footer.length + 14
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height: whole })
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      textStyle: { fontFamily: FONT, color: TEXT },
      ...option,
      title: [
        {
          text: title,
          left: 16,
          top: 12,
          textStyle: { fontSize: 15, fontWeight: 600, color: TEXT, fontFamily: FONT },
        },
        {
          text: footer.join('\n'),
          left: 16,
          bottom: 4,
          textStyle: {
            fontSize: 10,
            fontWeight: 400,
            lineHeight: FOOTER_LINE,
            color: QUIET,
            fontFamily: FONT,
          },
        },
        ...[option.title ?? []].flat(),
      ],
      legend: { left: 12, top: 38, itemGap: 26, textStyle: { color: TEXT, fontSize: 12 } },
    })
    return `${stable(chart.renderToSVGString())}\n`
  } finally {
    chart.dispose()
  }
}

/** Where a grid ends, from below. */
export function bottomOf(footer: readonly string[], axisHeight = 48): number {
  return FOOTER_LINE * footer.length + 14 + axisHeight
}

export const axisStyle = {
  nameLocation: 'middle',
  nameTextStyle: { color: QUIET, fontSize: 12 },
  axisLabel: { color: TEXT, fontSize: 12 },
  axisLine: { lineStyle: { color: '#9ca3af' } },
  splitLine: { lineStyle: { color: GRID } },
} as const

/** ECharts numbers charts of a process, and adds rules for a pointer that a picture never meets. */
function stable(svg: string): string {
  return svg
    .replaceAll(/<style ?>.*?<\/style>\n?/gs, '')
    .replaceAll(/ (?:class|ecmeta_\w+)="[^"]*"/g, '')
    .replaceAll(/\bzr\d+-/g, 'zr-')
    .replaceAll(/\d+\.\d{3,}/g, (number) => String(Math.round(Number(number) * 100) / 100))
}
