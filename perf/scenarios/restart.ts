import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { type LogUnderTest, onEachLog } from '../measuring/logs.ts'
import { median, rounded } from '../measuring/percentiles.ts'
import { runStep } from '../measuring/step.ts'
import { type Bench, logOptions, scenario } from '../scenario.ts'
import type { RestartArgument, RestartResult } from '../steps/restart-main.ts'

const STEP_MS_MAX = 10 * 60_000

export const restart = scenario({
  name: 'restart',
  question:
    'How soon is the first record processed after kill -9, and at what rate does an empty disk come back?',
  options: {
    keys: {
      schema: z.coerce.number().int().min(1_000).max(100_000_000).default(1_000_000),
      doc: 'Distinct keys in the store when it is killed.',
    },
    more: {
      schema: z.coerce.number().int().min(40_000).max(10_000_000).default(400_000),
      doc: 'Records after one of each key; in the middle of the first half it is killed.',
    },
    partitions: {
      schema: z.coerce.number().int().min(1).max(64).default(4),
      doc: 'Partitions, each a task with a store of its own.',
    },
    runs: {
      schema: z.coerce.number().int().min(1).max(20).default(3),
      doc: 'Times, each with a fresh application.',
    },
    ...logOptions,
  },
  run: async (values, bench) => {
    await onEachLog(values, bench, (log) => measure(values, log, bench))
  },
})

interface Sizes {
  readonly keys: number
  readonly more: number
  readonly partitions: number
  readonly runs: number
}

async function measure(sizes: Sizes, log: LogUnderTest, bench: Bench): Promise<void> {
  const { keys, more, partitions } = sizes
  const samples: { readonly kept: RestartResult; readonly wiped: RestartResult }[] = []
  const faults: string[] = []
  for (let index = 0; index < sizes.runs; index += 1) {
    const argument: RestartArgument = {
      directory: bench.directory(),
      brokers: log.brokers,
      run: `${process.pid}-${log.name}-${index}`,
      what: 'load',
      keys,
      more,
      partitions,
      ends: true,
    }
    const options = { timeoutMs: STEP_MS_MAX }
    bench.progress(`writing ${keys + more} records to the ${log.name} log`)
    await runStep(bench, 'restart', argument, options)
    bench.progress('counting until it is killed')
    await killed(bench, { ...argument, what: 'count', ends: false }, keys + more / 4)
    bench.progress('starting again on what it kept')
    const counting: RestartArgument = { ...argument, what: 'count' }
    const kept = await runStep<RestartResult>(bench, 'restart', counting, options)
    bench.progress('starting again on an empty disk')
    rmSync(join(argument.directory, 'state'), { recursive: true })
    const wiped = await runStep<RestartResult>(bench, 'restart', counting, options)
    for (const { total } of [kept, wiped]) {
      if (total !== keys + more) faults.push(`${total} of ${keys + more} records are counted`)
    }
    if (kept.restoredRecords > more)
      faults.push(`${kept.restoredRecords} records were restored after kill -9`)
    samples.push({ kept, wiped })
  }
  const of = (figure: (sample: (typeof samples)[number]) => number): number =>
    rounded(median(samples.map(figure)))
  bench.report({
    configuration: { log: log.name, keys, more, partitions, guarantee: 'exactly_once_v2' },
    seed: 0,
    warmUp: 'none: every start is a new process',
    runs: sizes.runs,
    samples,
    figures: {
      keptRunningMs: of(({ kept }) => kept.runningMs),
      keptFirstRecordMs: of(({ kept }) => kept.firstRecordMs),
      keptRestoredRecords: of(({ kept }) => kept.restoredRecords),
      wipedRunningMs: of(({ wiped }) => wiped.runningMs),
      wipedRestoredRecords: of(({ wiped }) => wiped.restoredRecords),
      restoredRecordsPerSecond: Math.round(
        of(({ wiped }) => (wiped.restoredRecords * 1_000) / wiped.restoreMs),
      ),
    },
    outputVerified: faults.length === 0,
    faults,
  })
}

/** Runs the step until it has taken this many records, then kill -9. */
async function killed(
  bench: Bench,
  argument: RestartArgument,
  afterRecords: number,
): Promise<void> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '..', 'steps', 'restart-main.ts'),
      JSON.stringify(argument),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], signal: bench.signal, killSignal: 'SIGKILL' },
  )
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { taken = 0 } = JSON.parse(line) as { readonly taken?: number }
    if (taken >= afterRecords) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error('the step ended before it was killed')
}
