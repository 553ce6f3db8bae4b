/** Medians of both programs and their ratio, out of what `perf/peer.sh` gathered. Exits 0 only when every output was right. */
import { readFileSync } from 'node:fs'
import { median, rounded } from './measuring/percentiles.ts'

interface Line {
  readonly label: string
  readonly n: number
  readonly recordsPerSec: number
  readonly appCpuSec: number
  readonly brokerCpuSec: number
  readonly otherCpuSec: number
  readonly peakRssMiB: number
  readonly outputs: number
  readonly sumOfLastCounts: number
}

const [file = '', n = ''] = process.argv.slice(2)
const { results } = JSON.parse(readFileSync(file, 'utf8')) as { readonly results: readonly Line[] }
const of = (label: string, figure: (line: Line) => number): number =>
  median(results.filter((line) => line.label === label).map(figure))

const sides = Object.fromEntries(
  ['orion', 'kafka-streams'].map((label) => [
    label,
    {
      recordsPerSec: Math.round(of(label, ({ recordsPerSec }) => recordsPerSec)),
      appCpuSec: of(label, ({ appCpuSec }) => appCpuSec),
      brokerCpuSec: of(label, ({ brokerCpuSec }) => brokerCpuSec),
      otherCpuSec: of(label, ({ otherCpuSec }) => otherCpuSec),
      peakRssMiB: of(label, ({ peakRssMiB }) => peakRssMiB),
    },
  ]),
)
const outputVerified = results.every(
  ({ outputs, sumOfLastCounts }) => outputs === Number(n) && sumOfLastCounts === Number(n),
)
const ratio = (figure: (line: Line) => number): number =>
  rounded(of('orion', figure) / of('kafka-streams', figure))
process.stdout.write(
  `${JSON.stringify({
    scenario: 'peer',
    n: Number(n),
    runs: results.length / 2,
    ...sides,
    timesAsFast: ratio(({ recordsPerSec }) => recordsPerSec),
    timesTheCpu: ratio(({ appCpuSec }) => appCpuSec),
    outputVerified,
  })}\nkept in ${file}\n`,
)
process.exitCode = outputVerified ? 0 : 1
