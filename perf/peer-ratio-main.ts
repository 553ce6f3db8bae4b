/** Medians of both sides and their ratio for each program, out of what `perf/peer.sh` gathered. Exits 0 only when every output was right. */
import { readFileSync } from 'node:fs'
import { median, rounded } from './measuring/percentiles.ts'

type Line = Readonly<Record<string, number>> & {
  readonly label: string
  readonly app: string
  readonly restoredCountsRight?: boolean
}

/** Figures of a line, and whether its output was what it must be. `more` of them is better where the name says so. */
interface Comparison {
  readonly figures: readonly string[]
  readonly ratios: Readonly<Record<string, string>>
  /** Beside the other lines of the same program: all had the same input. */
  readonly isRight: (line: Line, others: readonly Line[], n: number) => boolean
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  throughput: {
    figures: ['recordsPerSec', 'appCpuSec', 'brokerCpuSec', 'otherCpuSec', 'peakRssMiB'],
    ratios: { timesAsFast: 'recordsPerSec', timesTheCpu: 'appCpuSec' },
    isRight: ({ app, outputs, sumOfLastCounts }, others, n) =>
      others.every((other) => other['sumOfLastCounts'] === sumOfLastCounts) &&
      (app === 'snapshot' ? outputs === n : (outputs ?? 0) > 0) &&
      (app === 'snapshot' || app === 'window' ? sumOfLastCounts === n : true),
  },
  restore: {
    figures: [
      'buildRecordsPerSec',
      'keptStateRunningSec',
      'keptStateCaughtUpSec',
      'keptStateCpuSec',
      'wipedRunningSec',
      'wipedCaughtUpSec',
      'wipedCpuSec',
      'peakRssMiB',
    ],
    ratios: {
      timesTheKeptStart: 'keptStateCaughtUpSec',
      timesTheWipedStart: 'wipedCaughtUpSec',
      timesTheWipedCpu: 'wipedCpuSec',
    },
    isRight: ({ restoredCountsRight }) => restoredCountsRight === true,
  },
}

const [file = '', count = '', what = 'throughput'] = process.argv.slice(2)
const comparison = COMPARISONS[what]
if (comparison === undefined) throw new Error(`${what} is not compared`)
const n = Number(count)
const { results } = JSON.parse(readFileSync(file, 'utf8')) as { readonly results: readonly Line[] }

let outputVerified = true
for (const app of new Set(results.map((line) => line.app))) {
  const lines = results.filter((line) => line.app === app)
  const of = (label: string, figure: string): number =>
    median(lines.filter((line) => line.label === label).map((line) => line[figure] ?? Number.NaN))
  const sides = Object.fromEntries(
    ['orion', 'kafka-streams'].map((label) => [
      label,
      Object.fromEntries(comparison.figures.map((figure) => [figure, of(label, figure)])),
    ]),
  )
  const ratios = Object.fromEntries(
    Object.entries(comparison.ratios).map(([name, figure]) => [
      name,
      rounded(of('orion', figure) / of('kafka-streams', figure)),
    ]),
  )
  const isRight = lines.every((line) => comparison.isRight(line, lines, n))
  outputVerified &&= isRight
  process.stdout.write(
    `${JSON.stringify({ scenario: `peer ${what}`, app, n, runs: lines.length / 2, ...sides, ...ratios, outputVerified: isRight })}\n`,
  )
}
process.stdout.write(`kept in ${file}\n`)
process.exitCode = outputVerified ? 0 : 1
