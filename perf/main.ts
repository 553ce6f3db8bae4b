/**
 * Runs one scenario and keeps its results under perf/results/, or elsewhere. Exits 0 only when the output of all of it was verified.
 *
 *   npm run bench -- NAME [--json] [--results DIRECTORY] [--cpu-prof DIRECTORY] [options]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { printTable } from './measuring/print.ts'
import { RESULTS, type Result, surroundings, writeResults } from './measuring/result-file.ts'
import type { Bench, Scenario } from './scenario.ts'
import { endToEnd } from './scenarios/end-to-end.ts'
import { fanOut } from './scenarios/fan-out.ts'
import { hopping } from './scenarios/hopping.ts'
import { keys } from './scenarios/keys.ts'
import { latency } from './scenarios/latency.ts'
import { pipeline } from './scenarios/pipeline.ts'
import { positions } from './scenarios/positions.ts'
import { restart } from './scenarios/restart.ts'
import { restore } from './scenarios/restore.ts'
import { rfq } from './scenarios/rfq.ts'
import { rolling } from './scenarios/rolling.ts'
import { scaling } from './scenarios/scaling.ts'
import { schedule } from './scenarios/schedule.ts'
import { sink } from './scenarios/sink.ts'
import { startUp } from './scenarios/start-up.ts'
import { stores } from './scenarios/stores.ts'
import { ticks } from './scenarios/ticks.ts'
import { windows } from './scenarios/windows.ts'

const SCENARIOS: readonly Scenario[] = [
  ticks,
  positions,
  windows,
  restore,
  pipeline,
  latency,
  fanOut,
  sink,
  stores,
  keys,
  hopping,
  schedule,
  restart,
  rolling,
  rfq,
  scaling,
  startUp,
  endToEnd,
]

const [name, ...rest] = process.argv.slice(2)
const chosen = SCENARIOS.find((scenario) => scenario.name === name)
if (chosen === undefined || rest.includes('--help') || rest.includes('-h')) {
  const isHelp = name === undefined || name === '--help' || name === '-h' || chosen !== undefined
  process.stdout.write(isHelp ? help() : '')
  if (!isHelp)
    process.stderr.write(
      `there is no scenario ${name}: choose ${SCENARIOS.map((one) => one.name).join(', ')}\n`,
    )
  process.exit(isHelp ? 0 : 1)
}
process.exitCode = await run(chosen, rest)

async function run(scenario: Scenario, args: readonly string[]): Promise<number> {
  const results: Result[] = []
  const directories: string[] = []
  const stopped = new AbortController()
  let kept = RESULTS
  // Ctrl-C comes more than once, from the terminal and from each launcher: what was started is ended first all the same.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort())
  try {
    const { json, cpuProf, resultsIn, given } = parsed(scenario, args)
    kept = resultsIn
    const around = surroundings()
    const bench: Bench = {
      directory: () => {
        const directory = mkdtempSync(join(tmpdir(), `orion-bench-${scenario.name}-`))
        directories.push(directory)
        return directory
      },
      progress: (message) => {
        process.stderr.write(`${scenario.name}: ${message}\n`)
      },
      report: (measurement) => {
        const result: Result = { scenario: scenario.name, ...around, ...measurement }
        results.push(result)
        process.stdout.write(json ? `${JSON.stringify(result)}\n` : printTable(result))
      },
      nodeArguments: cpuProf === undefined ? [] : profiling(cpuProf),
      signal: stopped.signal,
    }
    await scenario.run(given, bench)
  } catch (error) {
    process.stderr.write(
      `${scenario.name}: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}\n`,
    )
    return 1
  } finally {
    for (const directory of directories) rmSync(directory, { recursive: true, force: true })
    if (results.length > 0)
      process.stderr.write(`kept in ${writeResults(scenario.name, results, kept)}\n`)
  }
  return results.length > 0 && results.every(({ outputVerified }) => outputVerified) ? 0 : 1
}

function parsed(
  { options }: Scenario,
  args: readonly string[],
): {
  readonly json: boolean
  readonly cpuProf: string | undefined
  readonly resultsIn: string
  readonly given: Record<string, unknown>
} {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      'cpu-prof': { type: 'string' },
      results: { type: 'string' },
      ...Object.fromEntries(
        Object.entries(options).map(([option, { schema }]) => [
          dashed(option),
          { type: isFlag(schema) ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
    },
  })
  const all = values as Record<string, unknown>
  return {
    json: values.json === true,
    cpuProf: typeof all['cpu-prof'] === 'string' ? all['cpu-prof'] : undefined,
    resultsIn: typeof all['results'] === 'string' ? resolve(all['results']) : RESULTS,
    given: Object.fromEntries(Object.keys(options).map((option) => [option, all[dashed(option)]])),
  }
}

function profiling(directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true })
  return ['--cpu-prof', `--cpu-prof-dir=${resolve(directory)}`]
}

function help(): string {
  const lines = [
    'npm run bench -- NAME [--json] [--results DIRECTORY] [--cpu-prof DIRECTORY] [options]',
    '',
  ]
  for (const { name: scenarioName, question, options } of SCENARIOS) {
    lines.push(`${scenarioName}: ${question}`)
    for (const [option, { schema, doc }] of Object.entries(options)) {
      const fallback = schema.safeParse(undefined).data
      lines.push(
        `  --${dashed(option)}${isFlag(schema) ? '' : ' <value>'}  ${doc}${fallback === undefined || isFlag(schema) ? '' : ` (${fallback})`}`,
      )
    }
    lines.push('')
  }
  return `${lines.join('\n')}\n`
}

function isFlag(schema: z.ZodType): boolean {
  return typeof schema.safeParse(undefined).data === 'boolean'
}

function dashed(option: string): string {
  return option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
