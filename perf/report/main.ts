/**
 * Makes docs/benchmarks out of perf/results, and writes the marked figures of the documents anew.
 *
 *   node bin/node.js perf/report/main.ts report|figures|all [--check]      --check changes nothing and names what is stale
 */
import { parseArgs } from 'node:util'
import { leftOver, remove, staleFiles, writeFiles } from './generated-files.ts'
import { KeptResults } from './kept-results.ts'
import { reportFiles } from './page.ts'
import { PAGE_DIRECTORY } from './section.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
})
const what = positionals[0] ?? 'all'
if (!['report', 'figures', 'all'].includes(what)) throw new Error(`there is no ${what}`)

const kept = KeptResults.read()
const problems: string[] = []

if (what !== 'figures') {
  const files = reportFiles(kept)
  const unused = leftOver(PAGE_DIRECTORY, '.svg', files)
  if (values.check)
    problems.push(
      ...staleFiles(files),
      ...unused.map((path) => `${path}: no section has it any more`),
    )
  else {
    writeFiles(files)
    remove(unused)
    process.stdout.write(`${files.size} files in ${PAGE_DIRECTORY}\n`)
  }
}

for (const problem of problems) process.stderr.write(`${problem}\n`)
if (problems.length > 0)
  process.stderr.write('npm run report and npm run figures write them anew\n')
process.exitCode = problems.length === 0 ? 0 : 1
