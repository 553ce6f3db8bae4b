/** The platform's RFQ topologies and everybody around them, all in this process: RFQs at a fixed rate, each quoted five times and accepted. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { wallMs } from '../measuring/aligned-clock.ts'
import { CommitMetrics } from '../measuring/commit-metrics.ts'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { type Distribution, distribution, histogram, rounded } from '../measuring/percentiles.ts'
import { openPlatform, type Place, type RfqTopologyName, streamsOf } from '../measuring/platform.ts'
import { pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'
import { BENCH_LPS, publishBenchMarket } from '../rfq/bench-market.ts'
import { RfqDriver } from '../rfq/rfq-driver.ts'
import { faultsOf, rfqsOnLog } from '../rfq/verify-rfqs.ts'

export interface RfqArgument {
  readonly place: Place
  readonly topologies: readonly RfqTopologyName[]
  readonly rfqsPerSecond: number
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly commitIntervalMs: number
  readonly drainSecondsMax: number
  readonly others: Readonly<Record<string, number>>
}

export interface RfqResult {
  readonly latencyMs: Readonly<Record<string, Distribution>>
  readonly histogramMs: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** By second of the measurement: RFQs due in it that were traded then. */
  readonly tradedBySecond: readonly number[]
  /** RFQs that were traded within the measurement, of those that were due in it. */
  readonly tradedInTime: number
  readonly rfqs: number
  readonly use: CpuUse
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly commits: ReturnType<CommitMetrics['figures']>
  readonly peakRssMiB: number
  readonly faults: readonly string[]
}

const LEAD_MS = 1_000
const SLICE_MS = 4

const argument = stepArgument<RfqArgument>()
const { place, rfqsPerSecond, warmUpSeconds, seconds } = argument
const platform = await openPlatform(place)
const { log, topics } = platform
const metrics = new CommitMetrics()
await publishBenchMarket(log, topics)
const applications = argument.topologies.map((name) =>
  streamsOf(place, platform, name, { commitIntervalMs: argument.commitIntervalMs, metrics }),
)
await Promise.all(applications.map((streams) => streams.start()))
await Promise.all(applications.map((streams) => streams.reached('RUNNING')))

const startMs = wallMs() + LEAD_MS
const fromMs = startMs + warmUpSeconds * 1_000
const toMs = fromMs + seconds * 1_000
const driver = new RfqDriver(log, topics, (dueMs) => dueMs >= fromMs && dueMs < toMs)
await driver.start()

/** The schedule is fixed before: an RFQ is due when it is due, whatever the platform is busy with. */
const total = Math.round((warmUpSeconds + seconds) * rfqsPerSecond)
async function load(): Promise<void> {
  for (let next = 0; next < total; ) {
    const dues: number[] = []
    const nowMs = wallMs()
    for (; next < total; next += 1) {
      const dueMs = startMs + (next * 1_000) / rfqsPerSecond
      if (dueMs > nowMs) break
      dues.push(dueMs)
    }
    if (dues.length > 0) driver.create(dues)
    await pause(SLICE_MS)
  }
}
const loading = load()
await pause(fromMs - wallMs())
const eventLoop = monitorEventLoopDelay({ resolution: 5 })
eventLoop.enable()
metrics.reset()
const meter = new CpuMeter(argument.others)
await pause(toMs - wallMs())
const use = meter.read()
const commits = metrics.figures()
eventLoop.disable()
await loading
const deadlineMs = wallMs() + argument.drainSecondsMax * 1_000
while (driver.traded < total && wallMs() < deadlineMs) await pause(50)
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
await driver.close()
for (const streams of applications) await streams.close()

const faults = [...driver.faults]
const rfqs = await rfqsOnLog(log, topics)
if (rfqs.size !== total) faults.push(`${rfqs.size} RFQs on the log of ${total}`)
faults.push(...faultsOf(rfqs))
for (const [key, { ends, quoted, trades }] of rfqs) {
  if (faults.length > 20) break
  if (ends[0] !== 'RFQTraded' || trades.length !== 1) faults.push(`${key}: not traded once`)
  if (quoted !== BENCH_LPS.length) faults.push(`${key}: ${quoted} quotes`)
}
await platform.close()

const { samples, tradedAtMs } = driver
const steps = Object.entries(samples).filter(([, list]) => list.length > 0)
const tradedBySecond = Array.from(
  { length: seconds },
  (_, second) => tradedAtMs.filter((atMs) => Math.floor((atMs - fromMs) / 1_000) === second).length,
)
endStep({
  latencyMs: Object.fromEntries(steps.map(([step, list]) => [step, distribution(list)])),
  histogramMs: Object.fromEntries(steps.map(([step, list]) => [step, histogram(list)])),
  tradedBySecond,
  tradedInTime: tradedAtMs.filter((atMs) => atMs < toMs).length,
  rfqs: total,
  use,
  eventLoopDelayMs: {
    p50: rounded(eventLoop.percentile(50) / 1e6),
    p99: rounded(eventLoop.percentile(99) / 1e6),
    max: rounded(eventLoop.max / 1e6),
  },
  commits,
  peakRssMiB,
  faults,
} satisfies RfqResult)
