/**
 * Runs golden vectors against `quant/`: one line a file, then `N passed, N failed`. Files whose mathematics is not there yet are named.
 *
 *   npm run golden -- [--dir DIR]
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { runVectors, SOLVERS, type VectorFile } from '../quant/golden/run-vectors.ts'

const { values } = parseArgs({
  options: {
    dir: { type: 'string', default: join(import.meta.dirname, '../quant/golden/vectors') },
  },
})
const directory = resolve(values.dir)
const files = existsSync(directory)
  ? readdirSync(directory)
      .filter((name) => name.endsWith('.json'))
      .sort()
  : []
const notRun: string[] = []
let passed = 0
let failed = 0
for (const name of files) {
  const solve = SOLVERS[basename(name, '.json')]
  if (solve === undefined) {
    notRun.push(name)
    continue
  }
  const file = JSON.parse(readFileSync(join(directory, name), 'utf8')) as VectorFile
  const report = runVectors(file, solve)
  passed += report.passed
  failed += report.failed
  const worst =
    report.worst === undefined
      ? 'no numbers'
      : `worst error ${report.worst.error.toExponential(2)} at ${report.worst.at}`
  console.log(`${name}: ${report.passed} passed, ${report.failed} failed, ${worst}`)
  for (const failure of report.failures) console.log(`  failed: ${failure}`)
}
if (notRun.length > 0) console.log(`not run, no mathematics for them yet: ${notRun.join(', ')}`)
console.log(`${passed} passed, ${failed} failed`)
if (passed + failed === 0)
  console.error(`golden: no vectors for quant/ in ${directory}; give their directory with --dir`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
