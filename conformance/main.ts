/**
 * Runs conformance cases on the public API and compares what comes out with what Kafka Streams recorded.
 *
 *   npm run conformance -- --cases DIR
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type CasesRead, readCases } from './grammar/case-files.ts'
import { reportJson } from './report/json.ts'
import { countsText, failureText, quirkText, summaryText } from './report/text.ts'
import {
  ENGINES,
  type EngineName,
  isRestartable,
  RESTARTS,
  type Restart,
} from './run/case-driver.ts'
import { type CaseReport, reportOfFault, runCases } from './run/run-cases.ts'

const HELP = `Usage: npm run conformance -- [options]

Runs recorded cases through the test driver and compares every output, record by record, with what Kafka Streams emitted.
The grammar of the files is in conformance/cases/README.md.

  --cases PATH      a case file, or a folder with case files (default: conformance/cases)
  --category NAME   only cases of this category; may be repeated
  --case ID         only this case; a star stands for anything; may be repeated
  --engine NAME     stores in memory (memory, default) or on disk (rocksdb)
  --restart HOW     restart the application before each input: from its local state (clean), or from its changelogs alone (wipe);
                    default never. Cases with wall-clock punctuations are left out then: their timers begin anew
  --list            print the ids of the cases that would run, and run nothing
  --json FILE       write every result to FILE as JSON, too
  --quiet           no progress and no cases with a quirk, only failures and sums
  --help            this text

Every failed case is printed with its id, the step (counted from 0) and the first differing record. A case or file that
does not follow the grammar fails. Cases marked with a quirk are run, printed apart and not counted. The last line is
"N passed, N failed". Exit status: 0 when nothing failed, 1 when something did or no case was found, 2 for wrong options.`

const PROGRESS_EVERY_MS = 2_000

interface Options {
  readonly cases: string
  readonly categories: readonly string[]
  readonly ids: readonly string[]
  readonly engine: EngineName
  readonly restart: Restart
  readonly list: boolean
  readonly json: string | undefined
  readonly quiet: boolean
}

process.exitCode = await main()

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2))
  if (typeof options === 'number') return options
  if (!existsSync(options.cases)) return usageError(`there is no ${options.cases}`)
  const read = select(readCases(options.cases), options)
  if (options.list) {
    for (const { conformanceCase } of read.cases) console.log(conformanceCase.id)
    return 0
  }
  const startMs = performance.now()
  const faults = read.faults.map(reportOfFault)
  for (const report of faults) console.log(failureText(report))
  const reports = [...faults, ...(await runShown(read, options))]
  if (options.json !== undefined) {
    const durationMs = Math.round(performance.now() - startMs)
    writeFileSync(
      options.json,
      reportJson(reports, { engine: options.engine, restart: options.restart, durationMs }),
    )
  }
  if (reports.length === 0) {
    console.error(`conformance: no case found in ${options.cases}`)
    console.log(countsText(reports))
    return 1
  }
  console.log(summaryText(reports))
  return reports.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

function optionsOf(args: readonly string[]): Options | number {
  let values: ReturnType<typeof parsed>
  try {
    values = parsed(args)
  } catch (error) {
    return usageError(error instanceof Error ? error.message : String(error))
  }
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const engine = ENGINES.find((name) => name === values.engine)
  if (engine === undefined) return usageError(`--engine is one of ${ENGINES.join(', ')}`)
  const restart = RESTARTS.find((how) => how === values.restart)
  if (restart === undefined) return usageError(`--restart is one of ${RESTARTS.join(', ')}`)
  const { cases, category = [], case: ids = [], list, json, quiet } = values
  return { cases, categories: category, ids, engine, restart, list, json, quiet }
}

function parsed(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      cases: { type: 'string', default: join(import.meta.dirname, 'cases') },
      category: { type: 'string', multiple: true },
      case: { type: 'string', multiple: true },
      engine: { type: 'string', default: 'memory' },
      restart: { type: 'string', default: 'never' },
      list: { type: 'boolean', default: false },
      json: { type: 'string' },
      quiet: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values
}

function usageError(what: string): number {
  console.error(`conformance: ${what}. See --help.`)
  return 2
}

/** Faults have no category or id for certain: they stay unless one is known and not wanted. */
function select(read: CasesRead, { categories, ids, restart }: Options): CasesRead {
  const isWanted = (category: string | undefined, id: string | undefined) =>
    (categories.length === 0 || category === undefined || categories.includes(category)) &&
    (ids.length === 0 || id === undefined || ids.some((wanted) => matches(wanted, id)))
  return {
    ...read,
    cases: read.cases
      .filter(({ conformanceCase: { category, id } }) => isWanted(category, id))
      .filter(({ conformanceCase }) => restart === 'never' || isRestartable(conformanceCase)),
    faults: read.faults.filter(({ category, caseId }) => isWanted(category, caseId)),
  }
}

/** A star stands for anything. */
function matches(wanted: string, id: string): boolean {
  const parts = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(id)
}

function runShown(
  { cases }: CasesRead,
  { engine, restart, quiet }: Options,
): Promise<CaseReport[]> {
  let done = 0
  let failed = 0
  let shownAtMs = performance.now()
  const onReport = (report: CaseReport) => {
    done++
    if (report.outcome === 'failed') {
      failed++
      console.log(failureText(report))
    }
    if (quiet) return
    if (report.outcome === 'quirk') console.log(quirkText(report))
    if (performance.now() - shownAtMs < PROGRESS_EVERY_MS) return
    shownAtMs = performance.now()
    console.error(`${done} of ${cases.length} cases, ${failed} failed`)
  }
  return runCases(cases, { engine, restart, onReport })
}
