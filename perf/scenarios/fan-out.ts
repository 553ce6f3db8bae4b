import { z } from 'zod'
import { descendants, processUse } from '../measuring/cpu.ts'
import { allInstruments, logIn } from '../measuring/gateway-client.ts'
import { startOrion } from '../measuring/orion-process.ts'
import { median, rounded } from '../measuring/percentiles.ts'
import { runStep } from '../measuring/step.ts'
import { type Bench, scenario, seedOption, type Values } from '../scenario.ts'
import type { Phase, SubscribersArgument, SubscribersResult } from '../steps/subscribers-main.ts'

const OPTIONS = {
  subscribers: {
    schema: z.coerce.number().int().min(1).max(5_000).default(1_000),
    doc: 'WebSocket connections.',
  },
  instruments: {
    schema: z.coerce.number().int().min(1).max(5_000).default(500),
    doc: 'Instruments of the simulated market.',
  },
  rate: {
    schema: z.coerce.number().min(1).max(100_000).default(10_000),
    doc: 'Ticks per second over all instruments.',
  },
  instrumentsPerSubscriber: {
    schema: z.coerce.number().int().min(1).max(2_000).default(50),
    doc: 'Instruments that each subscribes to: a list of its own.',
  },
  samples: {
    schema: z.coerce.number().int().min(1).max(5_000).default(20),
    doc: 'Clients that parse every message; latencies are theirs. All others check each seq.',
  },
  seconds: {
    schema: z.coerce.number().int().min(1).max(300).default(15),
    doc: 'Of each phase, in s.',
  },
  pairs: {
    schema: z.coerce.number().int().min(1).max(20).default(3),
    doc: 'Pairs of phases, one without and one with a slow client.',
  },
  warmUp: {
    schema: z.coerce.number().int().min(0).max(300).default(10),
    doc: 'Time after the last subscription, in s.',
  },
  threads: {
    schema: z.coerce.number().int().min(1).max(16).default(2),
    doc: 'Stream threads (--threads of orion start); those beyond the first are worker threads.',
  },
  seed: seedOption,
} as const

type FanOutValues = Values<typeof OPTIONS>

const SLOW_BYTES_PER_S = 1_024
const CONNECTIONS_PER_S = 200
const CONNECTIONS_PER_USER = 1_500
/** Demo users that may see every asset class. */
const USERS = ['trader', 'sales', 'risk', 'quant']

export const fanOut = scenario({
  name: 'fan-out',
  question:
    'With many WebSocket subscribers, how long from a tick to the client, and does a client that hardly reads slow the others?',
  options: OPTIONS,
  run: async (values, bench) => {
    const password = `bench-${process.pid}-password`
    bench.progress(`orion start at ${values.rate} ticks/s of ${values.instruments} instruments`)
    const orion = await startOrion(
      bench,
      [
        ...['--data-dir', bench.directory(), '--host', '127.0.0.1', '--log-level', 'warn'],
        ...['--port', '0', '--sql-port', '0', '--registry-port', '0'],
        ...['--seed', String(values.seed), '--rate', String(values.rate)],
        ...['--instruments', String(values.instruments)],
        ...['--threads', String(values.threads)],
      ],
      { ORION_DEMO_PASSWORD: password },
    )
    try {
      await measure(values, bench, { ...orion, password })
    } finally {
      await orion.close()
    }
  },
})

async function measure(
  values: FanOutValues,
  bench: Bench,
  orion: { readonly url: URL; readonly pid: number; readonly password: string },
): Promise<void> {
  const tokens: string[] = []
  for (const user of USERS.slice(0, Math.ceil(values.subscribers / CONNECTIONS_PER_USER)))
    tokens.push(await logIn(orion.url, user, orion.password))
  const listed = await allInstruments(orion.url, tokens[0] ?? '')
  const instrumentIds = listed.map(({ instrumentId }) => instrumentId)
  const phases = Array.from({ length: 2 * values.pairs }, (_, index) => index % 2 === 1)
  const argument: SubscribersArgument = {
    port: Number(orion.url.port),
    tokens,
    instrumentIds,
    subscribers: values.subscribers,
    instrumentsPerSubscriber: values.instrumentsPerSubscriber,
    samples: values.samples,
    connectionsPerSecond: CONNECTIONS_PER_S,
    warmUpSeconds: values.warmUp,
    seconds: values.seconds,
    phases,
    slowBytesPerSecond: SLOW_BYTES_PER_S,
    others: {
      orion: orion.pid,
      ...Object.fromEntries(
        descendants(orion.pid).map((pid, index) => [`clickhouse${index || ''}`, pid]),
      ),
    },
  }
  const seconds =
    values.subscribers / CONNECTIONS_PER_S + values.warmUp + phases.length * (values.seconds + 5)
  const result = await runStep<SubscribersResult>(bench, 'subscribers', argument, {
    timeoutMs: (3 * seconds + 60) * 1_000,
  })
  const faults = [...result.faults]
  if (instrumentIds.length !== values.instruments)
    faults.push(`${instrumentIds.length} of ${values.instruments} instruments are listed`)
  const without = figuresOf(result.phases.filter(({ slowClient }) => !slowClient))
  const beside = figuresOf(result.phases.filter(({ slowClient }) => slowClient))
  bench.report({
    configuration: {
      log: 'embedded',
      subscribers: values.subscribers,
      instruments: values.instruments,
      instrumentsPerSubscriber: values.instrumentsPerSubscriber,
      ticksPerSecond: values.rate,
      threads: values.threads,
      samples: values.samples,
      slowBytesPerSecond: SLOW_BYTES_PER_S,
    },
    seed: values.seed,
    warmUp: `${values.warmUp} s after the last subscription, 5 s in each phase`,
    runs: phases.length / 2,
    samples: { connectSeconds: result.connectSeconds, phases: result.phases },
    figures: {
      withoutSlowClient: without,
      withSlowClient: beside,
      p99WithToWithout: rounded(beside.tickToClientMs.p99 / without.tickToClientMs.p99),
      // What a slow client could hold up: ticks come to the gateway without it.
      gatewayP99WithToWithout: rounded(
        beside.gatewayToClientMs.p99 / without.gatewayToClientMs.p99,
      ),
      connectSeconds: rounded(result.connectSeconds),
      orionPeakRssMiB: processUse(orion.pid)?.peakRssMiB,
    },
    outputVerified: faults.length === 0,
    faults,
  })
}

type Percentiles = Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>>

interface PhaseFigures {
  readonly tickToClientMs: Percentiles
  readonly gatewayToClientMs: Percentiles
  readonly [figure: string]: unknown
}

/** Medians of the phases of a kind. */
function figuresOf(phases: readonly Phase[]): PhaseFigures {
  const of = (figure: (phase: Phase) => number): number => rounded(median(phases.map(figure)))
  const percentiles = (distribution: (phase: Phase) => Phase['tickToClientMs']) => ({
    p50: of((phase) => distribution(phase).p50),
    p90: of((phase) => distribution(phase).p90),
    p99: of((phase) => distribution(phase).p99),
    p999: of((phase) => distribution(phase).p999),
    max: of((phase) => distribution(phase).max),
  })
  return {
    tickToClientMs: percentiles(({ tickToClientMs }) => tickToClientMs),
    gatewayToClientMs: percentiles(({ gatewayToClientMs }) => gatewayToClientMs),
    framesPerSecond: of(({ framesPerSecond }) => framesPerSecond),
    megabytesPerSecond: of(({ megabytesPerSecond }) => megabytesPerSecond),
    slowestClientFrames: of(({ framesPerClient }) => framesPerClient[0]),
    orionCpus: of(({ use }) => (use.cpuSecondsOf['orion'] ?? 0) / use.seconds),
    orionStarvedShare: of(({ use }) => (use.starvedSecondsOf['orion'] ?? 0) / use.seconds),
    clientStarvedShare: of(({ use }) => (use.starvedSecondsOf['self'] ?? 0) / use.seconds),
    clickhouseCpus: of(({ use }) => (use.cpuSecondsOf['clickhouse'] ?? 0) / use.seconds),
    clientCpus: of(({ use }) => use.cpuSeconds / use.seconds),
    otherCpus: of(({ use }) => (use.otherCpuSeconds ?? 0) / use.seconds),
  }
}
