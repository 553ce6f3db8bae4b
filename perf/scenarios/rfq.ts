import { z } from 'zod'
import { type LogUnderTest, onEachLog } from '../measuring/logs.ts'
import { rounded } from '../measuring/percentiles.ts'
import type { RfqTopologyName } from '../measuring/platform.ts'
import { runStep } from '../measuring/step.ts'
import { type Bench, logOptions, scenario, type Values } from '../scenario.ts'
import type { RfqArgument, RfqResult } from '../steps/rfq-main.ts'

const OPTIONS = {
  rate: {
    schema: z
      .string()
      .regex(/^\d+(,\d+)*$/, 'RFQs per second, several separated by commas')
      .default('20,100,500'),
    doc: 'RFQs per second; several separated by commas, one after the other, up to the first that is not kept up with.',
  },
  seconds: {
    schema: z.coerce.number().int().min(1).max(3_600).default(20),
    doc: 'Measured time at each rate, in s.',
  },
  warmUp: {
    schema: z.coerce.number().int().min(0).max(600).default(5),
    doc: 'Time at the rate before it, in s.',
  },
  topologies: {
    schema: z.enum(['all', 'core']).default('all'),
    doc: 'all that RFQs pass through in `orion start`, or core: rfq and execution alone.',
  },
  commitIntervalMs: {
    schema: z.coerce.number().int().min(1).max(60_000).default(100),
    doc: 'Longest time between commits, in ms.',
  },
  ...logOptions,
} as const

type RfqValues = Values<typeof OPTIONS>

const CORE: readonly RfqTopologyName[] = ['rfq', 'execution']
const AFTER: readonly RfqTopologyName[] = ['alerts']
/** A rate is kept up with when so many of the RFQs due in the measurement are traded by its end; the last second's may be under way. */
const KEPT_UP_SHARE = 0.95
const DRAIN_S_MAX = 60

export const rfq = scenario({
  name: 'rfq',
  question:
    'At a fixed rate of RFQs with five quotes each, how long does each step from the create to TRADED take, and which rate is sustained?',
  options: OPTIONS,
  run: (values, bench) =>
    onEachLog(values, bench, async (log) => {
      for (const rate of values.rate.split(','))
        if (!(await measure(values, bench, log, Number(rate)))) return
    }),
})

/** @returns whether the rate was kept up with */
async function measure(
  values: RfqValues,
  bench: Bench,
  log: LogUnderTest,
  rfqsPerSecond: number,
): Promise<boolean> {
  const { seconds, warmUp, commitIntervalMs } = values
  bench.progress(`${rfqsPerSecond} RFQs/s on the ${log.name} log, ${warmUp} + ${seconds} s`)
  const run = `bench-${process.pid}-${rfqsPerSecond}`
  const argument: RfqArgument = {
    place: { directory: bench.directory(), brokers: log.brokers, source: run, run },
    topologies: values.topologies === 'core' ? CORE : [...CORE, ...AFTER],
    rfqsPerSecond,
    warmUpSeconds: warmUp,
    seconds,
    commitIntervalMs,
    drainSecondsMax: DRAIN_S_MAX,
    others: log.processes,
  }
  const result = await runStep<RfqResult>(bench, 'rfq', argument, {
    timeoutMs: (warmUp + seconds + DRAIN_S_MAX + 120) * 1_000,
    measured: true,
  })
  const { faults, histogramMs, tradedBySecond, ...figures } = result
  const due = seconds * rfqsPerSecond
  const keptUp = figures.tradedInTime >= KEPT_UP_SHARE * due && faults.length === 0
  bench.report({
    configuration: {
      log: log.name,
      rfqsPerSecond,
      quotesPerRfq: 5,
      topologies: argument.topologies,
      commitIntervalMs,
      guarantee: 'exactly_once_v2',
      through: 'log',
    },
    seed: 0,
    warmUp: `${warmUp} s at the rate`,
    runs: 1,
    samples: { histogramMs, tradedBySecond },
    figures: { ...figures, keptUp, tradedShare: rounded(figures.tradedInTime / due) },
    outputVerified: faults.length === 0,
    faults,
  })
  return keptUp
}
