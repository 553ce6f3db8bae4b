import { join } from 'node:path'
import type { LogUnderTest } from '../measuring/logs.ts'
import type { RfqTopologyName, TopologyName } from '../measuring/platform.ts'
import { runStep } from '../measuring/step.ts'
import type { Verification } from '../measuring/verify.ts'
import type { Bench, Measurement } from '../scenario.ts'
import type { TopologiesArgument, TopologiesResult } from '../steps/topologies-main.ts'
import type { VerifyArgument } from '../steps/verify-main.ts'
import { type CurveSample, numbersOf, pointsOf } from './curve.ts'

export interface TopologyCurveOptions {
  /** Numbers of topologies, separated by commas. */
  readonly topologies: string
  readonly rate: number
  readonly seconds: number
  readonly warmUp: number
  readonly idleSeconds: number
  readonly instruments: number
  readonly runs: number
  readonly commitIntervalMs: number
  readonly seed: number
}

/** As the catalogue has them: in the order of the data's way. The first three have work as long as there are ticks. */
const MARKET: readonly TopologyName[] = ['market-data', 'snapshots', 'bars']
const TRADING: readonly RfqTopologyName[] = [
  'rfq',
  'execution',
  'post-trade',
  'analytics',
  'alerts',
]
const CATALOGUE = [...MARKET, ...TRADING]
const SLACK_SECONDS = 300

interface TopologySample extends CurveSample {
  readonly names: readonly string[]
  readonly measured: TopologiesResult
  readonly verification: Verification
}

/** One to all topologies in a process, the same ticks. */
export async function topologyCurve(
  values: TopologyCurveOptions,
  bench: Bench,
  log: LogUnderTest,
): Promise<void> {
  const samples: TopologySample[] = []
  for (let run = 0; run < values.runs; run += 1)
    for (const count of numbersOf(values.topologies))
      samples.push(await point(values, bench, { log, count, run }))
  const faults = samples.flatMap(({ at, verification }) =>
    verification.faults.map((fault) => `${JSON.stringify(at)}: ${fault}`),
  )
  const { rate, seconds, instruments, commitIntervalMs } = values
  bench.report({
    configuration: {
      curve: 'topologies',
      log: log.name,
      ticksPerSecond: rate,
      ...{ seconds, instruments, commitIntervalMs },
      topologies: CATALOGUE,
      guarantee: 'exactly_once_v2',
    },
    seed: values.seed,
    warmUp: `${values.warmUp} s at the rate, after ${values.idleSeconds} s without ticks`,
    runs: values.runs,
    samples,
    figures: { points: pointsOf(samples) },
    outputVerified: faults.length === 0,
    faults,
  } satisfies Measurement)
}

async function point(
  values: TopologyCurveOptions,
  bench: Bench,
  { log, count, run }: { readonly log: LogUnderTest; readonly count: number; readonly run: number },
): Promise<TopologySample> {
  const directory = bench.directory()
  const name = `bench-${process.pid}-${count}-${run}`
  const names = CATALOGUE.slice(0, count)
  const place = { directory, brokers: log.brokers, source: name, run: name }
  const expectation = join(directory, 'expectation.json')
  const { rate, seed, instruments, idleSeconds, warmUp, seconds, commitIntervalMs } = values
  const timeoutMs = (idleSeconds + 2 * (warmUp + seconds) + SLACK_SECONDS) * 1_000
  bench.progress(`topologies: ${names.join(', ')} at ${rate} ticks/s`)
  const measured = await runStep<TopologiesResult>(
    bench,
    'topologies',
    {
      ...{ place, seed, instruments, idleSeconds, seconds, commitIntervalMs, expectation },
      topologies: names,
      ticksPerSecond: rate,
      warmUpSeconds: warmUp,
      others: log.processes,
    } satisfies TopologiesArgument,
    { timeoutMs, measured: true },
  )
  const verification = await runStep<Verification>(
    bench,
    'verify',
    { place, topologies: MARKET.slice(0, count), expectation } satisfies VerifyArgument,
    { timeoutMs },
  )
  const figures = figuresOf(measured)
  return { at: { topologies: count }, figures, names, measured, verification }
}

function figuresOf(result: TopologiesResult): Readonly<Record<string, number>> {
  const { idle, use, ticks, latencyMs } = result
  return {
    cpuMicrosPerTick: (use.cpuSeconds * 1e6) / ticks,
    cpuPercentOfCore: (use.cpuSeconds / use.seconds) * 100,
    idleCpuPercentOfCore: (idle.cpuSeconds / idle.seconds) * 100,
    idleRssMiB: result.idleRssMiB,
    rssMiB: result.rssMiB,
    peakRssMiB: result.peakRssMiB,
    starvedSeconds: use.starvedSecondsOf['self'] ?? 0,
    ...(use.otherCpuSeconds === undefined ? {} : { otherCpuSeconds: use.otherCpuSeconds }),
    ...(latencyMs === undefined ? {} : { p50Ms: latencyMs.p50, p99Ms: latencyMs.p99 }),
  }
}
