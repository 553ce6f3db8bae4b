/**
 * Makes docs/benchmarks out of perf/results, and writes the marked figures of the documents anew.
 *
 *   node bin/node.js perf/report/main.ts report|figures|all [--check]      --check changes nothing and names what is stale
 */
import { parseArgs } from 'node:util'
import { documentsWith } from './documents.ts'
import { leftOver, remove, staleFiles, writeFiles } from './generated-files.ts'
import { KeptResults } from './kept-results.ts'
import { reportFiles } from './page.ts'
import { FLAMES_DIRECTORY, PAGE_DIRECTORY } from './section.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
})
const what = positionals[0] ?? 'all'
if (!['report', 'figures', 'all'].includes(what)) throw new Error(`there is no ${what}`)

const kept = KeptResults.read()
const problems: string[] = []

// First: the report takes up notes, in which figures stand.
if (what !== 'report') {
  const { changed, stale, errors } = documentsWith(kept)
  problems.push(...errors)
  if (values.check) problems.push(...stale)
  else {
    writeFiles(changed)
    process.stdout.write(
      [`${stale.length} figures in ${changed.size} files written`, ...stale, ''].join('\n'),
    )
  }
}

if (what !== 'figures') {
  const files = reportFiles(kept)
  const unused = [PAGE_DIRECTORY, FLAMES_DIRECTORY].flatMap((path) => leftOver(path, '.svg', files))
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
if (values.check && problems.length > 0)
  process.stderr.write('npm run figures && npm run report write anew what is stale\n')
process.exitCode = problems.length === 0 ? 0 : 1
