import { axisCount, count, short, table } from '../formats.ts'
import { type KeptResult, valueAt } from '../kept-results.ts'
import { barsSvg } from '../plot/bars.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, type Section } from '../section.ts'
import { SHOWN } from '../shown.ts'

const STARTS = [
  { figure: 'firstStart', name: 'first start (the dashboard is built)' },
  { figure: 'nextStart', name: 'next start' },
] as const
const TIMES = [
  { figure: 'readySeconds', name: 'ready', colour: COLOURS.sky },
  { figure: 'firstPriceSeconds', name: 'first price in the browser', colour: COLOURS.orion },
] as const
const ROWS = [
  ['first start: ready, s', 'firstStart.readySeconds', short],
  ['first start: first price in the browser, s', 'firstStart.firstPriceSeconds', short],
  ['next start: ready, s', 'nextStart.readySeconds', short],
  ['next start: first price in the browser, s', 'nextStart.firstPriceSeconds', short],
  ['idle, no feed: CPU, % of a core', 'idleWithoutFeed.cpuPercentOfCore', short],
  ['idle, no feed: RSS of Orion, MiB', 'idleWithoutFeed.orionRssMiB', count],
  ['idle, no feed: RSS with ClickHouse, MiB', 'idleWithoutFeed.rssMiB', count],
  ['with the feed, nobody connected: CPU, % of a core', 'idleWithFeed.cpuPercentOfCore', short],
  ['with the feed, nobody connected: RSS with ClickHouse, MiB', 'idleWithFeed.rssMiB', count],
  ['installed: packages', 'install.packages', count],
  ['installed: node_modules, MiB', 'install.nodeModulesMiB', count],
  ['installed: needed to run, MiB', 'install.productionMiB', count],
] as const

export const startUp: Section = {
  id: 'start-up',
  title: 'Start-up and footprint',
  about:
    '`npm start` as a user has it, from the start of npm: until it is ready, and until a price stands in the browser, log-in included; then what it uses with nobody connected, and what `npm ci` puts on the disk. Medians of the starts.',
  rule: SHOWN['start-up'],
  command: ([{ runs, configuration }]) =>
    bench('start-up', { runs, install: configuration['install'] === 'npm ci' ? 'yes' : 'no' }),
  table: ([result]) =>
    table(
      ['what', 'figure'],
      ROWS.flatMap(([name, path, format]) => {
        const value = valueAt(result?.figures, path)
        return typeof value === 'number' ? [[name, format(value)]] : []
      }),
    ),
  plots: (results, footer) => ({
    'start-up': barsSvg({
      title: 'npm start to the first price',
      footer: footer(results.slice(0, 1)),
      categories: STARTS.map(({ name }) => name),
      panels: [
        {
          name: 'time since the start of npm, s (less is better)',
          tick: axisCount,
          series: TIMES.map(({ figure, name, colour }) => ({
            name,
            colour,
            bars: STARTS.map((start) => barOf(results[0], `${start.figure}.${figure}`)),
          })),
        },
      ],
    }),
  }),
}

function barOf(result: KeptResult | undefined, path: string) {
  const value = valueAt(result?.figures, path)
  return typeof value === 'number' ? { value, label: short(value) } : undefined
}
