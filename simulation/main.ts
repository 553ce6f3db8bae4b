/**
 * Runs the runtime on a simulated log, seed by seed.
 *
 *   npm run simulate -- --seeds 1..1000
 */
import type { Bug } from './bugs/bugs.ts'
import { runParts } from './command/jobs.ts'
import { type CommandOptions, commandOptions, HELP } from './command/options.ts'
import { ResultsFile } from './command/results-file.ts'
import type { PartRequest } from './command/run-part.ts'
import { runSeed, type SeedReport } from './command/run-seed.ts'

const PART_SEEDS = 50
const PROGRESS_EVERY_MS = 5_000

process.exitCode = await main()

async function main(): Promise<number> {
  let options: CommandOptions | undefined
  try {
    options = commandOptions(process.argv.slice(2))
    if (options === undefined) {
      console.log(HELP)
      return 0
    }
    if (options.trace) return await printTraces(options)
    return options.bugs.length > 0 ? await findBugs(options) : await runAll(options)
  } catch (error) {
    if (!(error instanceof RangeError || isArgumentError(error))) throw error
    console.error(`simulate: ${error.message}. See --help.`)
    return 2
  }
}

async function runAll(options: CommandOptions): Promise<number> {
  const { resume, scenario = null, jobs, from, to } = options
  const file = new ResultsFile(resume, { bug: null, scenario })
  const requests = partsOf(options, undefined).filter((part) => !file.has(part.from, part.to))
  const isWanted = (part: { readonly from: number; readonly to: number }) =>
    part.from >= from && part.to <= to
  const sums = () => {
    const parts = file.parts.filter(isWanted)
    const failed = parts.reduce((sum, part) => sum + part.failed.length, 0)
    return { passed: parts.reduce((sum, part) => sum + part.passed, 0), failed }
  }
  const startMs = performance.now()
  let shownMs = startMs
  let ran = 0
  await runParts(
    requests,
    jobs,
    (part) => {
      file.add(part)
      ran += part.to - part.from + 1
      for (const report of part.failed) console.log(failureText(report, undefined))
      if (performance.now() - shownMs < PROGRESS_EVERY_MS) return
      shownMs = performance.now()
      const { passed, failed } = sums()
      const eachMs = ((shownMs - startMs) / ran).toFixed(0)
      console.error(
        `${passed + failed} of ${to - from + 1} seeds, ${failed} failed, ${eachMs} ms each`,
      )
    },
    () => true,
  )
  const { passed, failed } = sums()
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

async function findBugs(options: CommandOptions): Promise<number> {
  let found = 0
  for (const bug of options.bugs) {
    const by = await firstFailure(options, bug)
    if (by === undefined) {
      console.log(`${bug}: not found in ${options.to - options.from + 1} seeds`)
      continue
    }
    found++
    const { seed, scenario, broken } = by
    console.log(
      `${bug}: found by seed ${seed}, after ${seed - options.from + 1}, in ${scenario}: ${broken?.invariant}`,
    )
    if (options.bugs.length === 1) console.log(failureText(by, bug))
  }
  console.log(`${found} passed, ${options.bugs.length - found} failed`)
  return found === options.bugs.length ? 0 : 1
}

/** The smallest seed that finds the bug. */
async function firstFailure(options: CommandOptions, bug: Bug): Promise<SeedReport | undefined> {
  const failures: SeedReport[] = []
  await runParts(
    partsOf(options, bug),
    options.jobs,
    (part) => void failures.push(...part.failed),
    () => failures.length === 0,
  )
  return failures.sort((a, b) => a.seed - b.seed)[0]
}

async function printTraces({ from, to, bugs, scenario }: CommandOptions): Promise<number> {
  let failed = 0
  for (let seed = from; seed <= to; seed++) {
    const outcome = await runSeed(seed, { bug: bugs[0], scenario })
    for (const line of outcome.trace.lines) console.log(line)
    console.log(`seed ${seed}: ${outcome.scenario}, ${outcome.steps} steps, trace ${outcome.hash}`)
    if (outcome.broken === undefined) continue
    failed++
    console.log(`broke "${outcome.broken.invariant}": ${outcome.broken.what}`)
  }
  console.log(`${to - from + 1 - failed} passed, ${failed} failed`)
  return failed > 0 ? 1 : 0
}

function partsOf({ from, to, scenario }: CommandOptions, bug: Bug | undefined): PartRequest[] {
  const parts: PartRequest[] = []
  for (let first = from; first <= to; first += PART_SEEDS) {
    const last = Math.min(to, first + PART_SEEDS - 1)
    parts.push({ from: first, to: last, bug, scenario, untilFailure: bug !== undefined })
  }
  return parts
}

function failureText(report: SeedReport, bug: Bug | undefined): string {
  const { seed, scenario, broken, lastSteps = [] } = report
  const steps = lastSteps.map((line) => `    ${line}`).join('\n')
  const replay = `npm run simulate -- --seeds ${seed}${bug === undefined ? '' : ` --bug ${bug}`} --trace`
  return `seed ${seed} (${scenario}) broke "${broken?.invariant}":\n  ${broken?.what}\n  last steps:\n${steps}\n  again: ${replay}`
}

function isArgumentError(error: unknown): error is Error {
  return (
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  )
}
