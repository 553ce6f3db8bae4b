/** Medians of both programs and their ratio, out of what `perf/peer.sh` gathered. Exits 0 only when every output was right. */
import { readFileSync } from 'node:fs'
import { median, rounded } from './measuring/percentiles.ts'

type Line = Readonly<Record<string, number>> & {
  readonly label: string
  readonly restoredCountsRight?: boolean
}

/** Figures of a line, and whether its output was what it must be. `more` of them is better where the name says so. */
interface Comparison {
  readonly figures: readonly string[]
  readonly ratios: Readonly<Record<string, string>>
  readonly isRight: (line: Line, n: number) => boolean
}

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  throughput: {
    figures: ['recordsPerSec', 'appCpuSec', 'brokerCpuSec', 'otherCpuSec', 'peakRssMiB'],
    ratios: { timesAsFast: 'recordsPerSec', timesTheCpu: 'appCpuSec' },
    isRight: ({ outputs, sumOfLastCounts }, n) => outputs === n && sumOfLastCounts === n,
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
const of = (label: string, figure: string): number =>
  median(results.filter((line) => line.label === label).map((line) => line[figure] ?? Number.NaN))

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
const outputVerified = results.every((line) => comparison.isRight(line, n))
process.stdout.write(
  `${JSON.stringify({ scenario: `peer ${what}`, n, runs: results.length / 2, ...sides, ...ratios, outputVerified })}\nkept in ${file}\n`,
)
process.exitCode = outputVerified ? 0 : 1
