import { z } from 'zod'
import { median, rounded } from '../measuring/percentiles.ts'
import { runStep } from '../measuring/step.ts'
import { type Bench, scenario, type Values } from '../scenario.ts'
import type { Emission, HoppingArgument, HoppingResult } from '../steps/hopping-main.ts'

const OPTIONS = {
  records: {
    schema: z.coerce.number().int().min(1_000).max(10_000_000).default(20_000),
    doc: 'Records before anything is measured; the tumbling windows get ten times as many, so that compilation weighs as little.',
  },
  keys: {
    schema: z.coerce.number().int().min(1).max(100_000).default(50),
    doc: 'Keys of the records.',
  },
  rate: {
    schema: z.coerce.number().int().min(1).max(1_000_000).default(50),
    doc: 'Records in a second of event time.',
  },
  overlap: {
    schema: z.coerce.number().int().min(1).max(1_000).default(60),
    doc: 'Size / advance of the hopping windows; the advance is one minute.',
  },
  emission: {
    schema: z.enum(['each', 'cached', 'close', 'sliced', 'all']).default('all'),
    doc: 'Each update, updates once a commit, windows on close, the same from slices, or all in turn.',
  },
  runs: {
    schema: z.coerce.number().int().min(1).max(100).default(1),
    doc: 'Times that all is measured; figures are medians.',
  },
  commitIntervalMs: {
    schema: z.coerce.number().int().min(1).max(60_000).default(100),
    doc: 'Longest time between commits, in ms.',
  },
} as const

type HoppingValues = Values<typeof OPTIONS>

const ADVANCE_MS = 60_000
const STEP_MS_MAX = 30 * 60_000
const TUMBLING_RECORDS = 10
const ALL: readonly Emission[] = ['each', 'cached', 'close', 'sliced']

export const hopping = scenario({
  name: 'hopping',
  question:
    'How much more than a tumbling window of a minute do hopping windows cost that overlap, exactly once on the embedded log?',
  options: OPTIONS,
  run: measure,
})

interface Pair {
  readonly tumbling: HoppingResult
  readonly hopping: HoppingResult
}

async function measure(values: HoppingValues, bench: Bench): Promise<void> {
  const samples: Record<string, Pair[]> = {}
  for (let run = 0; run < values.runs; run += 1) {
    for (const emission of values.emission === 'all' ? ALL : [values.emission]) {
      const pair = await measurePair(values, bench, emission)
      samples[emission] = [...(samples[emission] ?? []), pair]
    }
  }
  const pairs = Object.values(samples).flat()
  const faults = pairs.flatMap(({ tumbling, hopping }) => [
    ...faultsOf('tumbling', tumbling, 1),
    ...faultsOf('hopping', hopping, values.overlap),
  ])
  const { records, keys, rate, overlap, commitIntervalMs } = values
  bench.report({
    configuration: { records, keys, rate, overlap, commitIntervalMs, guarantee: 'exactly_once_v2' },
    seed: 0,
    warmUp: 'none: compilation is inside, start and join are not',
    runs: values.runs,
    samples,
    figures: Object.fromEntries(
      Object.entries(samples).map(([emission, some]) => [emission, figuresOf(some, values)]),
    ),
    outputVerified: faults.length === 0,
    faults,
  })
}

async function measurePair(
  { records, keys, rate, overlap, commitIntervalMs }: HoppingValues,
  bench: Bench,
  emission: Emission,
): Promise<Pair> {
  const through = (count: number, sizeMs: number, how: Emission): Promise<HoppingResult> => {
    bench.progress(`${count} records, ${how}, windows of ${sizeMs / ADVANCE_MS} min`)
    const argument: HoppingArgument = {
      directory: bench.directory(),
      records: count,
      keys,
      recordsPerEventSecond: rate,
      sizeMs,
      advanceMs: ADVANCE_MS,
      emission: how,
      commitIntervalMs,
    }
    return runStep(bench, 'hopping', argument, { timeoutMs: STEP_MS_MAX, measured: true })
  }
  const apart = emission === 'sliced' ? 'close' : emission
  return {
    tumbling: await through(records * TUMBLING_RECORDS, ADVANCE_MS, apart),
    hopping: await through(records, overlap * ADVANCE_MS, emission),
  }
}

function faultsOf(name: string, result: HoppingResult, windowsOfRecord: number): string[] {
  const expected = result.lots * windowsOfRecord
  return result.lotsInWindows === expected
    ? []
    : [`${name}: ${result.lotsInWindows} lots in windows, ${expected} expected`]
}

function figuresOf(pairs: readonly Pair[], { records }: HoppingValues): object {
  const of = (figure: (pair: Pair) => number): number => median(pairs.map(figure))
  const tumblingMicros = of(({ tumbling }) => microsOf(tumbling, records * TUMBLING_RECORDS))
  const hoppingMicros = of(({ hopping }) => microsOf(hopping, records))
  return {
    tumblingCpuMicrosPerRecord: rounded(tumblingMicros),
    hoppingCpuMicrosPerRecord: rounded(hoppingMicros),
    hoppingToTumbling: rounded(hoppingMicros / tumblingMicros),
    tumblingRecordsPerSecond: of(({ tumbling }) =>
      Math.round((records * TUMBLING_RECORDS) / tumbling.use.seconds),
    ),
    hoppingRecordsPerSecond: of(({ hopping }) => Math.round(records / hopping.use.seconds)),
    hoppingOutputs: of(({ hopping }) => hopping.outputs),
    starvedSeconds: of(({ hopping }) => hopping.use.starvedSecondsOf['self'] ?? 0),
    peakRssMiB: of(({ hopping }) => hopping.peakRssMiB),
  }
}

function microsOf({ use }: HoppingResult, records: number): number {
  return (use.cpuSeconds * 1e6) / records
}
