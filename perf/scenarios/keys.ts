import { z } from 'zod'
import { rounded } from '../measuring/percentiles.ts'
import { runStep } from '../measuring/step.ts'
import { scenario } from '../scenario.ts'
import type { KeysArgument, KeysResult } from '../steps/keys-main.ts'

const STEP_MS_MAX = 60 * 60_000

export const keys = scenario({
  name: 'keys',
  question: 'How much memory does a count hold when every record has a key of its own?',
  options: {
    keys: {
      schema: z.coerce.number().int().min(1_000).max(100_000_000).default(10_000_000),
      doc: 'Distinct keys, one record each.',
    },
    partitions: {
      schema: z.coerce.number().int().min(1).max(64).default(4),
      doc: 'Partitions, each a task with a store of its own.',
    },
  },
  run: async (values, bench) => {
    const place = { directory: bench.directory(), ...values }
    bench.progress(`writing ${values.keys} records`)
    await runStep<KeysResult>(bench, 'keys', { ...place, what: 'load' } satisfies KeysArgument, {
      timeoutMs: STEP_MS_MAX,
    })
    bench.progress('counting')
    const { faults, rssMiB, ...result } = await runStep<KeysResult>(
      bench,
      'keys',
      { ...place, what: 'count' } satisfies KeysArgument,
      { timeoutMs: STEP_MS_MAX, measured: true },
    )
    const half = rssMiB[rssMiB.length >> 1]
    bench.report({
      configuration: { log: 'embedded', ...values },
      seed: 0,
      warmUp: 'none',
      runs: 1,
      samples: { ...result, rssMiB },
      figures: {
        recordsPerSecond: Math.round(values.keys / result.seconds),
        cpuSeconds: rounded(result.use?.cpuSeconds ?? 0),
        peakRssMiB: result.peakRssMiB,
        rssMiBHalfWay: half ?? 0,
        rssMiBAtEnd: rssMiB.at(-1) ?? 0,
      },
      outputVerified: faults.length === 0,
      faults,
    })
  },
})
