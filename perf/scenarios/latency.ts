import { z } from 'zod'
import { type LogUnderTest, onEachLog } from '../measuring/logs.ts'
import { runStep } from '../measuring/step.ts'
import { compare } from '../peer/compare.ts'
import { LATENCY_APPS, latencyOf } from '../peer/latency.ts'
import { comparisonOptions, peerOption, roundsOption } from '../peer/peer-options.ts'
import { type Bench, logOptions, scenario, seedOption, type Values } from '../scenario.ts'
import type { LatencyArgument, LatencyResult } from '../steps/latency-main.ts'

const OPTIONS = {
  rate: {
    schema: z
      .string()
      .regex(/^\d+(,\d+)*$/, 'ticks per second, several separated by commas')
      .default('5000,20000'),
    doc: 'Ticks per second over all instruments; several separated by commas, one after the other.',
  },
  seconds: {
    schema: z.coerce.number().int().min(1).max(600).default(30),
    doc: 'Measured time at each rate, in s.',
  },
  warmUp: {
    schema: z.coerce.number().int().min(0).max(600).default(10),
    doc: 'Time at the rate before it, in s.',
  },
  instruments: {
    schema: z.coerce.number().int().min(1).max(5_000).default(500),
    doc: 'Instruments of the simulated market.',
  },
  commitIntervalMs: {
    schema: z.coerce.number().int().min(1).max(60_000).default(100),
    doc: 'Longest time between commits, in ms.',
  },
  drainedCommitSpacingMs: {
    schema: z.coerce.number().int().min(0).max(60_000).optional(),
    doc: "Least time between two commits of a task whose input is drained, in ms; the runtime's default when left out.",
  },
  bars: {
    schema: z.enum(['yes', 'no']).default('yes'),
    doc: 'Whether the bars topology runs beside, as in `orion start`.',
  },
  stages: {
    schema: z.boolean().default(false),
    doc: 'Also measures arrival on raw and on ticks, with two more readers.',
  },
  seed: seedOption,
  ...logOptions,
  peer: {
    ...peerOption,
    doc: 'Measures the comparison instead, beside Kafka Streams and on a broker of its own; the options below are for it.',
  },
  app: {
    schema: z.enum(LATENCY_APPS).default('snapshot'),
    doc: 'With --peer: snapshot, positions or window (every update).',
  },
  rounds: roundsOption(1),
  ...comparisonOptions,
} as const

type LatencyValues = Values<typeof OPTIONS>

export const latency = scenario({
  name: 'latency',
  question:
    'At a fixed rate, how long from the time at which a tick is due to its snapshot in the hand of a read_committed reader?',
  options: OPTIONS,
  run: async (values, bench) => {
    const rates = values.rate.split(',').map(Number)
    if (!values.peer) {
      await onEachLog(values, bench, async (log) => {
        for (const rate of rates) await measure(values, bench, log, rate)
      })
      return
    }
    if (values.log !== undefined || values.brokers !== undefined || values.kafka) {
      throw new Error('--peer has a broker of its own: leave out --log, --brokers and --kafka')
    }
    await compare(
      bench,
      rates.map((rate) => latencyOf(rate, values)),
    )
  },
})

async function measure(
  values: LatencyValues,
  bench: Bench,
  log: LogUnderTest,
  ticksPerSecond: number,
): Promise<void> {
  bench.progress(
    `${ticksPerSecond} ticks/s on the ${log.name} log, ${values.warmUp} + ${values.seconds} s`,
  )
  const run = `bench-${process.pid}-${ticksPerSecond}`
  const argument: LatencyArgument = {
    place: { directory: bench.directory(), brokers: log.brokers, source: run, run },
    topologies:
      values.bars === 'yes' ? ['market-data', 'snapshots', 'bars'] : ['market-data', 'snapshots'],
    seed: values.seed,
    instruments: values.instruments,
    ticksPerSecond,
    warmUpSeconds: values.warmUp,
    seconds: values.seconds,
    commitIntervalMs: values.commitIntervalMs,
    drainedCommitSpacingMs: values.drainedCommitSpacingMs,
    stages: values.stages,
    others: log.processes,
  }
  const result = await runStep<LatencyResult>(bench, 'latency', argument, {
    timeoutMs: (values.warmUp + values.seconds + 150) * 1_000,
    measured: true,
  })
  const { faults, histogramMs, bySecond, ...figures } = result
  bench.report({
    configuration: {
      log: log.name,
      ticksPerSecond,
      instruments: values.instruments,
      topologies: argument.topologies,
      commitIntervalMs: values.commitIntervalMs,
      drainedCommitSpacingMs: values.drainedCommitSpacingMs,
      guarantee: 'exactly_once_v2',
    },
    seed: values.seed,
    warmUp: `${values.warmUp} s at the rate`,
    runs: 1,
    samples: { histogramMs, p50P99MaxMsBySecond: bySecond },
    figures,
    outputVerified: faults.length === 0,
    faults,
  })
}
