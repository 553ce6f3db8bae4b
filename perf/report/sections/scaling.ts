import { count, short, table } from '../formats.ts'
import { type KeptResult, numberAt, type Rule, valueAt } from '../kept-results.ts'
import { type Line, linesSvg } from '../plot/lines.ts'
import { COLOURS } from '../plot/svg.ts'
import { bench, logOption, type Section } from '../section.ts'
import { SHOWN } from '../shown.ts'

type Point = Readonly<Record<string, number>>

interface Curve {
  readonly id: 'scaling-partitions' | 'scaling-keys' | 'scaling-topologies'
  readonly title: string
  readonly about: string
  readonly rule: Rule
  /** What grows: a name in each point, and the axis. */
  readonly at: 'partitions' | 'keys' | 'topologies'
  readonly x: string
  readonly logX: boolean
  readonly plotted: readonly {
    readonly figure: string
    readonly y: string
    readonly title: string
  }[]
  readonly columns: readonly (readonly [
    figure: string,
    head: string,
    format: (value: number) => string,
  ])[]
}

const HUES = [COLOURS.orion, COLOURS.green, COLOURS.purple, COLOURS.vermilion]

const RATE = { figure: 'recordsPerSecond', y: 'records/s' } as const
const CPU = { figure: 'cpuMicrosPerRecord', y: 'CPU, us a record' } as const
const WORK_COLUMNS: Curve['columns'] = [
  ['recordsPerSecond', 'records/s', count],
  ['cpuMicrosPerRecord', 'CPU us a record', short],
  ['brokerCpuSeconds', 'CPU s of the broker', short],
  ['peakRssMiB', 'peak RSS MiB', count],
  ['storeMiB', 'store MiB', short],
]

const CURVES: readonly Curve[] = [
  {
    id: 'scaling-partitions',
    title: 'As it grows: partitions and workers',
    about:
      "SnapshotApp's work, exactly once, out of a backlog: 500 keys over 1 to 8 partitions, by one thread and by two. Medians of the runs; all points are measured, then all again.",
    rule: SHOWN['scaling-partitions'],
    at: 'partitions',
    x: 'partitions',
    logX: true,
    plotted: [
      { ...RATE, title: 'Rate by partitions and workers' },
      { ...CPU, title: 'CPU of a record by partitions and workers' },
    ],
    columns: WORK_COLUMNS,
  },
  {
    id: 'scaling-keys',
    title: 'As it grows: keys',
    about:
      "SnapshotApp's work with 500 to 1,000,000 keys in one partition, one thread, exactly once: from a store that fits into every cache to one in which hardly a key comes twice.",
    rule: SHOWN['scaling-keys'],
    at: 'keys',
    x: 'keys',
    logX: true,
    plotted: [
      { ...RATE, title: 'Rate by keys' },
      { ...CPU, title: 'CPU of a record by keys' },
    ],
    columns: WORK_COLUMNS,
  },
  {
    id: 'scaling-topologies',
    title: 'As it grows: topologies in a process',
    about:
      'The same ticks a second through one to all topologies of the platform in one process; the first three have work as long as there are ticks, the others wait for RFQs that do not come.',
    rule: SHOWN['scaling-topologies'],
    at: 'topologies',
    x: 'topologies in the process',
    logX: false,
    plotted: [
      { figure: 'cpuMicrosPerTick', y: 'CPU, us a tick', title: 'CPU of a tick by topologies' },
      { figure: 'peakRssMiB', y: 'peak RSS, MiB', title: 'Memory by topologies' },
    ],
    columns: [
      ['cpuMicrosPerTick', 'CPU us a tick', short],
      ['cpuPercentOfCore', 'CPU, % of a core', short],
      ['idleCpuPercentOfCore', 'idle, % of a core', short],
      ['p50Ms', 'p50 ms', short],
      ['p99Ms', 'p99 ms', short],
      ['peakRssMiB', 'peak RSS MiB', count],
    ],
  },
]

export const scaling: readonly Section[] = CURVES.map((curve) => ({
  id: curve.id,
  title: curve.title,
  about: curve.about,
  rule: curve.rule,
  command: (results) =>
    bench('scaling', { curve: curve.at, runs: results[0].runs, ...logOption(results) }),
  table: (results) =>
    table(
      [
        'log',
        curve.x,
        ...(hasWorkers(results) ? ['workers'] : []),
        ...curve.columns.map(([, head]) => head),
      ],
      results.flatMap((result) =>
        pointsOf(result).map((point) => [
          String(result.configuration['log']),
          count(numberAt(point, curve.at)),
          ...(hasWorkers(results) ? [count(point['workers'] ?? 1)] : []),
          ...curve.columns.map(([figure, , format]) => {
            const value = point[figure]
            return value === undefined ? '-' : format(value)
          }),
        ]),
      ),
    ),
  plots: (results, footer) =>
    Object.fromEntries(
      curve.plotted.map(({ figure, y, title }, index) => [
        `${curve.id}-${index === 0 ? 'rate' : 'cost'}`,
        linesSvg({
          title,
          footer: footer(results),
          x: curve.x,
          y,
          logX: curve.logX,
          lines: results
            .flatMap((result) => linesOf(result, curve.at, figure))
            .map((line, at) => ({
              ...line,
              colour: HUES[at % HUES.length] ?? COLOURS.grey,
            })),
        }),
      ]),
    ),
}))

/** One for each number of workers. */
function linesOf(result: KeptResult, at: string, figure: string): readonly Line[] {
  const points = pointsOf(result).filter((point) => point[figure] !== undefined)
  const workers = [...new Set(points.map((point) => point['workers']))]
  return workers.map((some) => ({
    name: `${String(result.configuration['log'])} log${some === undefined ? '' : `, ${some === 1 ? 'one worker' : `${some} workers`}`}`,
    colour: COLOURS.orion,
    points: points
      .filter((point) => point['workers'] === some)
      .map((point) => [numberAt(point, at), numberAt(point, figure)]),
  }))
}

function hasWorkers(results: readonly KeptResult[]): boolean {
  return results.some((result) => pointsOf(result).some((point) => point['workers'] !== undefined))
}

function pointsOf({ figures }: KeptResult): readonly Point[] {
  return valueAt(figures, 'points') as readonly Point[]
}
