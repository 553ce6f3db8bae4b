/**
 * Fresh random cases, made and recorded on the real Kafka Streams by the oracle, run on Orion: every difference fails and is kept.
 *
 *   npm run conformance:differential -- --seed S --count N
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findOracle, GENERATED_CATEGORIES, type Oracle } from './differential/oracle.ts'
import { type Part, partsOf, runPart } from './differential/part.ts'
import { type PartResult, RunResults } from './differential/results.ts'
import { failureText } from './report/text.ts'
import { ENGINES, type EngineName } from './run/case-driver.ts'

const SHARED = process.env['ORION_SHARED'] ?? join(import.meta.dirname, '..', '..', 'shared')

const HELP = `Usage: npm run conformance:differential -- [options]

Makes fresh random cases on the real Kafka Streams (the oracle in $ORION_SHARED/oracle, default ../shared/oracle; needs Java 17 and
Maven), runs them here and compares. Every difference fails.

  --seed S          of the whole run (default: seconds since 1970; always printed)
  --count N         cases per category (default 40)
  --category NAME   only this one; may be repeated (default: all ${GENERATED_CATEGORIES.length})
  --part-size N     cases a part (default 250)
  --engine NAME     stores in memory (memory, default) or on disk (rocksdb)
  --results DIR     where results go (default: conformance/results/seed-<seed>)
  --minutes N       begin no part after so many minutes
  --help            this text

The oracle makes about 10 cases a second. A run goes part by part, the categories in turn, and can be stopped at any time: the same
seed and count go on where it ended, and parts that had differences run again. Each part leaves a JSON file with its figures, each
difference a case file in DIR/differences, which "npm run conformance -- --cases DIR/differences" runs again. The last line is
"N passed, N failed". Exit status: 0 when nothing differed and every part is done, 1 else, 2 for wrong options or no oracle.`

const SEED_MAX = 10_000_000_000

interface Options {
  readonly seed: number
  readonly count: number
  readonly partSize: number
  readonly categories: readonly string[]
  readonly engine: EngineName
  readonly results: string
  readonly minutes: number
}

process.exitCode = await main()

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2))
  if (typeof options === 'number') return options
  const oracle = findOracle(SHARED)
  if ('missing' in oracle) return usageError(`no oracle: ${oracle.missing}`)
  const { seed, count, categories, results } = options
  console.log(
    `seed ${seed}, ${count} cases of each of ${categories.length} categories, results in ${results}`,
  )
  const directory = mkdtempSync(join(tmpdir(), 'orion-differential-'))
  try {
    const parts = partsOf(options)
    const done = await runParts(oracle, parts, options, directory)
    return summary(done, parts.length)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function runParts(
  oracle: Oracle,
  parts: readonly Part[],
  { results, engine, minutes }: Options,
  directory: string,
): Promise<PartResult[]> {
  const kept = new RunResults(results)
  const commit = headCommit()
  const nowMs = () => performance.now()
  const endMs = nowMs() + minutes * 60_000
  const finished: PartResult[] = []
  for (const [index, part] of parts.entries()) {
    const before = kept.done(part, engine)
    if (before !== undefined) {
      finished.push(before)
      continue
    }
    if (nowMs() > endMs) continue
    const run = await runPart(oracle, part, {
      setup: { engine, restart: 'never' },
      directory,
      nowMs,
    })
    const result = kept.save(run, { engine, commit })
    finished.push(result)
    for (const report of run.reports) {
      if (report.outcome === 'failed') console.log(failureText(report))
    }
    const { passed, failed, quirk, generateMs, runMs } = result
    console.log(
      `part ${index + 1} of ${parts.length}, ${part.category} seed ${part.seed}: ${passed} passed, ${failed} failed` +
        `${quirk === 0 ? '' : `, ${quirk} with a quirk`} (Kafka Streams ${seconds(generateMs)}, Orion ${seconds(runMs)})`,
    )
  }
  return finished
}

function summary(done: readonly PartResult[], partCount: number): number {
  const sum = (results: readonly PartResult[], property: 'passed' | 'failed' | 'quirk') =>
    results.reduce((total, result) => total + result[property], 0)
  for (const category of new Set(done.map((result) => result.category))) {
    const found = done.filter((result) => result.category === category)
    const quirks = sum(found, 'quirk')
    console.log(
      `${category}: ${sum(found, 'passed')} passed, ${sum(found, 'failed')} failed${quirks === 0 ? '' : `, ${quirks} with a quirk, not counted`}`,
    )
  }
  const undone = partCount - done.length
  if (undone > 0) console.log(`${undone} of ${partCount} parts are not done yet`)
  const failed = sum(done, 'failed')
  console.log(`${sum(done, 'passed')} passed, ${failed} failed`)
  return failed === 0 && undone === 0 ? 0 : 1
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
  const categories = values.category ?? GENERATED_CATEGORIES
  const known: readonly string[] = GENERATED_CATEGORIES
  const unknown = categories.find((category) => !known.includes(category))
  if (unknown !== undefined) {
    return usageError(`the oracle makes no ${unknown}, only ${known.join(', ')}`)
  }
  const seed = Number(values.seed ?? Math.floor(Date.now() / 1000))
  const [count, partSize] = [Number(values.count), Number(values['part-size'])]
  const minutes = Number(values.minutes ?? Number.POSITIVE_INFINITY)
  if (!isWhole(seed, 0) || !isWhole(count, 1) || !isWhole(partSize, 1) || !(minutes > 0)) {
    return usageError('--seed, --count, --part-size and --minutes are whole numbers above 0')
  }
  const results = values.results ?? join(import.meta.dirname, 'results', `seed-${seed}`)
  return { seed, count, partSize, categories, engine, results, minutes }
}

function parsed(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      count: { type: 'string', default: '40' },
      category: { type: 'string', multiple: true },
      'part-size': { type: 'string', default: '250' },
      engine: { type: 'string', default: 'memory' },
      results: { type: 'string' },
      minutes: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values
}

function isWhole(value: number, min: number): boolean {
  return Number.isSafeInteger(value) && value >= min && value <= SEED_MAX
}

function usageError(what: string): number {
  console.error(`conformance: ${what}. See --help.`)
  return 2
}

function headCommit(): string {
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  return git.status === 0 ? git.stdout.trim() : 'unknown'
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
