import { z } from 'zod'
import { descendants } from '../measuring/cpu.ts'
import { type LogUnderTest, onEachLog } from '../measuring/logs.ts'
import { startOrion } from '../measuring/orion-process.ts'
import { rounded } from '../measuring/percentiles.ts'
import type { RfqTopologyName } from '../measuring/platform.ts'
import { runStep } from '../measuring/step.ts'
import { rfqsOfDataDir } from '../rfq/read-data-dir.ts'
import { faultsOf } from '../rfq/verify-rfqs.ts'
import { type Bench, logOptions, scenario, type Values } from '../scenario.ts'
import type { RfqGatewayArgument, RfqGatewayResult } from '../steps/rfq-gateway-main.ts'
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
  through: {
    schema: z.enum(['log', 'gateway']).default('log'),
    doc: 'log: commands and quotes straight on the log. gateway: `orion start` whole (embedded), HTTP and WebSocket, bots quoting; its limits allow a user 45 RFQs/s.',
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
const AFTER: readonly RfqTopologyName[] = ['post-trade', 'analytics', 'alerts']
/** A rate is kept up with when so many of the RFQs due in the measurement are traded by its end; the last second's may be under way. */
const KEPT_UP_SHARE = 0.95
const DRAIN_S_MAX = 60
const TICKS_PER_S = 100

export const rfq = scenario({
  name: 'rfq',
  question:
    'At a fixed rate of RFQs with five quotes each, how long does each step from the create to TRADED take, and which rate is sustained?',
  options: OPTIONS,
  run: async (values, bench) => {
    const rates = values.rate.split(',').map(Number)
    if (values.through === 'gateway') {
      for (const rate of rates) if (!(await measureGateway(values, bench, rate))) return
      return
    }
    await onEachLog(values, bench, async (log) => {
      for (const rate of rates) if (!(await measure(values, bench, log, rate))) return
    })
  },
})

/** @returns whether the rate was kept up with */
async function measureGateway(
  { seconds, warmUp }: RfqValues,
  bench: Bench,
  rfqsPerSecond: number,
): Promise<boolean> {
  bench.progress(`${rfqsPerSecond} RFQs/s through the gateway, ${warmUp} + ${seconds} s`)
  const password = `bench-${process.pid}-password`
  const directory = bench.directory()
  const flags = [
    ...['--data-dir', directory, '--host', '127.0.0.1', '--log-level', 'warn'],
    ...['--port', '0', '--sql-port', '0', '--registry-port', '0'],
    ...[
      '--disk-max',
      '40GB',
      '--rate',
      String(TICKS_PER_S),
      '--instruments',
      '100',
      '--seed',
      '42',
    ],
  ]
  const orion = await startOrion(bench, flags, { ORION_DEMO_PASSWORD: password })
  let result: RfqGatewayResult
  try {
    const children = descendants(orion.pid).map((pid, n) => [`clickhouse${n || ''}`, pid])
    const argument: RfqGatewayArgument = {
      url: orion.url.href,
      password,
      rfqsPerSecond,
      warmUpSeconds: warmUp,
      seconds,
      others: { orion: orion.pid, ...Object.fromEntries(children) },
    }
    result = await runStep<RfqGatewayResult>(bench, 'rfq-gateway', argument, {
      timeoutMs: (warmUp + seconds + DRAIN_S_MAX + 120) * 1_000,
    })
  } finally {
    await orion.close()
  }
  const rfqs = await rfqsOfDataDir(directory)
  const faults = [...result.faults, ...faultsOf(rfqs)]
  if (rfqs.size !== result.rfqs) faults.push(`${rfqs.size} RFQs on the log of ${result.rfqs}`)
  for (const [key, { ends, quoted, trades }] of rfqs) {
    if (faults.length > 20) break
    if (ends[0] !== 'RFQTraded' || trades.length !== 1) faults.push(`${key}: not traded once`)
    if (quoted < 5) faults.push(`${key}: ${quoted} quotes`)
  }
  const { histogramMs, faults: _, ...figures } = result
  const due = seconds * rfqsPerSecond
  // Bots take up to a second or two to answer, as configured: the last ones are traded after the end.
  const isSound = faults.length === 0
  bench.report({
    configuration: {
      ...{ log: 'embedded', rfqsPerSecond, quotesPerRfq: 5, ticksPerSecond: TICKS_PER_S },
      ...{ guarantee: 'exactly_once_v2', through: 'gateway' },
    },
    seed: 42,
    warmUp: `${warmUp} s at the rate`,
    runs: 1,
    samples: { histogramMs },
    figures: { ...figures, keptUp: isSound, tradedShare: rounded(figures.tradedInTime / due) },
    outputVerified: isSound,
    faults,
  })
  return isSound
}

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
