import { join } from 'node:path'
import { z } from 'zod'
import { type LogUnderTest, onEachLog } from '../measuring/logs.ts'
import { median, rounded } from '../measuring/percentiles.ts'
import type { TopologyName } from '../measuring/platform.ts'
import { type Processed, processed } from '../measuring/processed.ts'
import { runStep } from '../measuring/step.ts'
import { type Bench, logOptions, scenario, seedOption, type Values } from '../scenario.ts'
import type { LoadArgument, LoadResult } from '../steps/load-main.ts'

const OPTIONS = {
  ticks: {
    schema: z.coerce.number().int().min(1_000).max(50_000_000).default(1_000_000),
    doc: 'Ticks on marketdata.raw before anything is measured.',
  },
  instruments: {
    schema: z.coerce.number().int().min(1).max(5_000).default(500),
    doc: 'Instruments of the simulated market.',
  },
  runs: {
    schema: z.coerce.number().int().min(1).max(100).default(1),
    doc: 'Times that all is measured; figures are medians.',
  },
  apart: {
    schema: z.enum(['yes', 'no']).default('yes'),
    doc: 'yes: also each topology by itself; no: all three at once only.',
  },
  threads: {
    schema: z.coerce.number().int().min(1).max(64).default(1),
    doc: 'Stream threads per topology.',
  },
  commitIntervalMs: {
    schema: z.coerce.number().int().min(1).max(60_000).default(100),
    doc: 'Longest time between commits, in ms.',
  },
  seed: seedOption,
  ...logOptions,
} as const

type PipelineValues = Values<typeof OPTIONS>

const ALL: readonly TopologyName[] = ['market-data', 'snapshots', 'bars']
const EVENT_TICKS_PER_S = 10_000
const STEP_MS_MAX = 20 * 60_000

export const pipeline = scenario({
  name: 'pipeline',
  question:
    'How many ticks a second go through market-data, snapshots and bars, exactly once, in one process, with what CPU and memory?',
  options: OPTIONS,
  run: (values, bench) => onEachLog(values, bench, (log) => measure(values, bench, log)),
})

async function measure(values: PipelineValues, bench: Bench, log: LogUnderTest): Promise<void> {
  const directory = bench.directory()
  const expectation = join(directory, 'expectation.json')
  const source = `bench-${process.pid}`
  bench.progress(`writing ${values.ticks} ticks to marketdata.raw on the ${log.name} log`)
  const place = { directory, brokers: log.brokers, source }
  const loaded = await runStep<LoadResult>(
    bench,
    'load',
    {
      place: { ...place, run: source },
      seed: values.seed,
      ticks: values.ticks,
      instruments: values.instruments,
      ticksPerSecond: EVENT_TICKS_PER_S,
      expectation,
    } satisfies LoadArgument,
    { timeoutMs: STEP_MS_MAX },
  )
  const through = async (run: string, topologies: readonly TopologyName[]): Promise<Processed> => {
    bench.progress(`${topologies.join(', ')} on the ${log.name} log`)
    return processed(
      bench,
      {
        place: { ...place, run },
        topologies,
        threads: values.threads,
        commitIntervalMs: values.commitIntervalMs,
        others: log.processes,
      },
      { expectation, measured: true },
    )
  }

  const samples: Record<string, Processed[]> = {}
  for (let run = 0; run < values.runs; run += 1) {
    const together = await through(`${source}-all-${run}`, ALL)
    samples['all'] = [...(samples['all'] ?? []), together]
    if (values.apart === 'no') continue
    for (const name of ALL) {
      samples[name] = [...(samples[name] ?? []), await through(`${source}-one-${run}`, [name])]
    }
  }
  const results = Object.values(samples).flat()
  const faults = results.flatMap(({ verification }) => verification.faults)
  bench.report({
    configuration: {
      log: log.name,
      ticks: values.ticks,
      instruments: values.instruments,
      threads: values.threads,
      commitIntervalMs: values.commitIntervalMs,
      guarantee: 'exactly_once_v2',
    },
    seed: values.seed,
    warmUp: 'none: compilation is inside, start, join and restore are not',
    runs: values.runs,
    samples: { loaded, ...samples },
    figures: Object.fromEntries(
      Object.entries(samples).map(([name, runs]) => [name, figuresOf(runs, loaded.messages)]),
    ),
    outputVerified: faults.length === 0,
    faults,
  })
}

function figuresOf(runs: readonly Processed[], messages: number): object {
  const of = (figure: (run: Processed) => number): number => median(runs.map(figure))
  const seconds = of(({ use }) => use.seconds)
  return {
    rawRecordsPerSecond: Math.round(messages / seconds),
    seconds,
    cpuSeconds: of(({ use }) => use.cpuSeconds),
    cpuMicrosPerRecord: rounded((of(({ use }) => use.cpuSeconds) * 1e6) / messages),
    brokerCpuSeconds: of(({ use }) => Object.values(use.cpuSecondsOf).reduce((a, b) => a + b, 0)),
    starvedSeconds: of(({ use }) => use.starvedSecondsOf['self'] ?? 0),
    otherCpuSeconds: of(({ use }) => use.otherCpuSeconds ?? 0),
    garbageSeconds: of(({ garbage }) =>
      Object.values(garbage).reduce((sum, { seconds: some }) => sum + some, 0),
    ),
    peakRssMiB: of(({ peakRssMiB }) => peakRssMiB),
    commits: of(({ commits }) => commits.commits),
    commitMsP50: of(({ commits }) => commits.commitMs?.p50 ?? 0),
    commitMsP99: of(({ commits }) => commits.commitMs?.p99 ?? 0),
    recordsPerSecondOf: Object.fromEntries(
      Object.keys(runs[0]?.secondsOf ?? {}).map((name) => [
        name,
        Math.round(of(({ inputsOf, secondsOf }) => (inputsOf[name] ?? 0) / (secondsOf[name] ?? 1))),
      ]),
    ),
  }
}
