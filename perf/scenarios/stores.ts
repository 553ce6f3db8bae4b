import { z } from 'zod'
import { median, rounded } from '../measuring/percentiles.ts'
import { runStep } from '../measuring/step.ts'
import { scenario } from '../scenario.ts'
import type { StoresArgument, StoresResult } from '../steps/stores-main.ts'

const STEP_MS_MAX = 10 * 60_000

export const stores = scenario({
  name: 'stores',
  question:
    'What do the stores of a task cost by themselves: first occurrences in a window store, values of known keys read and written?',
  options: {
    records: {
      schema: z.coerce.number().int().min(10_000).max(100_000_000).default(400_000),
      doc: 'Records, each two look-ups in a window store, mostly in vain; the new ones are noted there, and a value is read and written.',
    },
    keys: {
      schema: z.coerce.number().int().min(1).max(100_000_000).default(25_000),
      doc: 'Keys of the values.',
    },
    recordsPerCommit: {
      schema: z.coerce.number().int().min(1).max(100_000).default(500),
      doc: 'Records from commit to commit.',
    },
    cacheMebibytes: {
      schema: z.coerce.number().min(0).max(4_096).optional(),
      doc: 'cacheBytesMax of the backend, in MiB; its default when left out.',
    },
    runs: {
      schema: z.coerce.number().int().min(1).max(100).default(3),
      doc: 'Times that all is measured; figures are medians.',
    },
  },
  run: async ({ runs, ...values }, bench) => {
    const samples: StoresResult[] = []
    for (let run = 0; run < runs; run += 1) {
      bench.progress(`run ${run + 1} of ${runs}`)
      const argument: StoresArgument = { directory: bench.directory(), ...values }
      samples.push(
        await runStep(bench, 'stores', argument, { timeoutMs: STEP_MS_MAX, measured: true }),
      )
    }
    const of = (figure: (sample: StoresResult) => number): number => median(samples.map(figure))
    const faults = samples.flatMap((sample) => sample.faults)
    bench.report({
      configuration: { ...values },
      seed: 1,
      warmUp: 'none: compilation is inside',
      runs,
      samples,
      figures: {
        cpuMicrosPerRecord: rounded((of(({ use }) => use.cpuSeconds) * 1e6) / values.records),
        recordsPerSecond: Math.round(values.records / of(({ use }) => use.seconds)),
        cpuSeconds: rounded(of(({ use }) => use.cpuSeconds)),
        otherCpuSeconds: rounded(of(({ use }) => use.otherCpuSeconds ?? 0)),
        peakRssMiB: of(({ peakRssMiB }) => peakRssMiB),
      },
      outputVerified: faults.length === 0,
      faults,
    })
  },
})
