import { join } from 'node:path'
import { z } from 'zod'
import { processed } from '../measuring/processed.ts'
import { runStep } from '../measuring/step.ts'
import { scenario, seedOption } from '../scenario.ts'
import type { LoadArgument, LoadResult } from '../steps/load-main.ts'
import type { SinkArgument, SinkResult } from '../steps/sink-main.ts'

const STEP_MS_MAX = 20 * 60_000

export const sink = scenario({
  name: 'sink',
  question:
    'How many rows a second does the sink write to ClickHouse, exactly once, when it has a backlog?',
  options: {
    ticks: {
      schema: z.coerce.number().int().min(1_000).max(20_000_000).default(500_000),
      doc: 'Ticks that are on the log before the sink starts.',
    },
    snapshots: {
      schema: z.boolean().default(false),
      doc: 'Snapshots and bars are on the log, too.',
    },
    instruments: {
      schema: z.coerce.number().int().min(1).max(5_000).default(500),
      doc: 'Instruments of the simulated market.',
    },
    clickhouse: {
      schema: z.url({ protocol: /^https?$/ }).optional(),
      doc: 'ClickHouse server; the embedded engine when left out.',
    },
    seed: seedOption,
  },
  run: async (values, bench) => {
    const directory = bench.directory()
    const expectation = join(directory, 'expectation.json')
    const run = `bench-${process.pid}`
    const place = { directory, source: run, run }
    bench.progress(`making ${values.ticks} ticks on the embedded log`)
    const { seed, ticks, instruments } = values
    await runStep<LoadResult>(
      bench,
      'load',
      {
        place,
        seed,
        ticks,
        instruments,
        ticksPerSecond: 10_000,
        expectation,
      } satisfies LoadArgument,
      { timeoutMs: STEP_MS_MAX },
    )
    const made = await processed(
      bench,
      {
        place,
        topologies: values.snapshots ? ['market-data', 'snapshots', 'bars'] : ['market-data'],
        threads: 1,
        commitIntervalMs: 100,
        others: {},
      },
      { expectation, measured: false },
    )
    bench.progress('sinking')
    const { faults, ...figures } = await runStep<SinkResult>(
      bench,
      'sink',
      { place, clickhouse: values.clickhouse } satisfies SinkArgument,
      { timeoutMs: STEP_MS_MAX, measured: true },
    )
    const all = [...made.verification.faults, ...faults]
    bench.report({
      configuration: {
        log: 'embedded',
        clickhouse: values.clickhouse === undefined ? 'embedded' : 'server',
        ticks,
        instruments,
        snapshots: values.snapshots,
      },
      seed,
      warmUp: 'none: migrations and the first connection are inside',
      runs: 1,
      samples: figures,
      figures,
      outputVerified: all.length === 0,
      faults: all,
    })
  },
})
