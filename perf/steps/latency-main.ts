/** Simulator at a fixed rate, topologies and a read_committed reader on snapshots, all in this process; latency from event time. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createSimulator, publishInstruments, runFeed } from '#feeds'
import { noMetrics } from '#streams'
import type { Topic } from '#topics'
import { alignedClock, wallMs } from '../measuring/aligned-clock.ts'
import { CommitMetrics } from '../measuring/commit-metrics.ts'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { type GarbageFigures, GarbageMeter } from '../measuring/garbage.ts'
import { type Distribution, distribution, histogram, rounded } from '../measuring/percentiles.ts'
import {
  openPlatform,
  type Place,
  stderrLogger,
  streamsOf,
  type TopologyName,
} from '../measuring/platform.ts'
import { partitionsOf, pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface LatencyArgument {
  readonly place: Place
  readonly topologies: readonly TopologyName[]
  readonly seed: number
  readonly instruments: number
  readonly ticksPerSecond: number
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly commitIntervalMs: number
  readonly drainedCommitSpacingMs?: number | undefined
  /** Also time of arrival on raw and ticks; costs two more readers. */
  readonly stages: boolean
  readonly others: Readonly<Record<string, number>>
}

export interface LatencyResult {
  /** From event time to the record in the reader's hand, ms. */
  readonly latencyMs: Distribution
  readonly histogramMs: Readonly<Record<string, number>>
  /** p50, p99 and max of each second of the measurement, by event time. */
  readonly bySecond: readonly (readonly [p50: number, p99: number, max: number])[]
  readonly stagesMs: Readonly<Record<string, Distribution>>
  readonly use: CpuUse
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly commits: ReturnType<CommitMetrics['figures']>
  readonly peakRssMiB: number
  readonly garbage: Readonly<Record<string, GarbageFigures>>
  readonly ticksSent: number
  readonly faults: readonly string[]
}

const LEAD_MS = 1_500
const DRAIN_MS_MAX = 60_000

const argument = stepArgument<LatencyArgument>()
const { place, ticksPerSecond, warmUpSeconds, seconds } = argument
const platform = await openPlatform(place)
const { log, topics } = platform
const metrics = new CommitMetrics()
const ticksTotal = Math.round((warmUpSeconds + seconds) * ticksPerSecond)

const simulator = (startTimeMs: number) =>
  createSimulator({
    seed: argument.seed,
    startTimeMs,
    ticksPerSecond,
    instruments: argument.instruments,
    ticks: ticksTotal,
    faults: { late: 0, crossed: 0, malformed: 0 },
  })
await publishInstruments(log, topics.admin.instruments, simulator(0).instruments, {
  run: 'bench',
  nowMs: Date.now(),
})
const applications = argument.topologies.map((name) =>
  streamsOf(place, platform, name, { ...argument, metrics }),
)
await Promise.all(applications.map((streams) => streams.start()))
await Promise.all(applications.map((streams) => streams.reached('RUNNING')))

const startTimeMs = Math.floor(wallMs()) + LEAD_MS
const source = simulator(startTimeMs)
const firstDueMs =
  simulator(startTimeMs).messages()[Symbol.iterator]().next().value?.eventTimeMs ?? startTimeMs
const measureFromMs = startTimeMs + warmUpSeconds * 1_000
const measureToMs = measureFromMs + seconds * 1_000

/** A reader as a gateway has one: of all partitions, from the end, in arrival order. */
class Arrivals {
  readonly latencies: number[] = []
  readonly bySecond: number[][] = []
  records = 0
  readonly #sequences = new Map<string, number>()
  readonly faults: string[] = []
  #stopped = false

  async read<E>(topic: Topic<E>, sequenceOf?: (event: E) => number): Promise<void> {
    const reader = await log.createPartitionReader({
      clientId: `bench-${topic.name}`,
      isolation: 'read_committed',
    })
    const places = partitionsOf(topic as Topic<unknown>)
    const ends = await log.admin.offsets(places, 'stable')
    await reader.assign(places.map((at, index) => ({ ...at, offset: ends[index] ?? 0 })))
    while (!this.#stopped) {
      for (const { records } of await reader.poll({ maxWaitMs: 100 })) {
        const nowMs = wallMs()
        for (const { key, value, timestampMs } of records) {
          if (key === null || value === null) continue
          this.records += 1
          if (sequenceOf !== undefined) {
            const event = topic.valueSerde.deserialize(topic.name, value)
            this.#follows(topic.keySerde.deserialize(topic.name, key), sequenceOf(event))
          }
          if (timestampMs < measureFromMs || timestampMs >= measureToMs) continue
          this.latencies.push(nowMs - timestampMs)
          const second = Math.floor((timestampMs - measureFromMs) / 1_000)
          const list = this.bySecond[second]
          if (list === undefined) this.bySecond[second] = [nowMs - timestampMs]
          else list.push(nowMs - timestampMs)
        }
      }
    }
    await reader.close()
  }

  stop(): void {
    this.#stopped = true
  }

  #follows(key: string, sequence: number): void {
    const before = this.#sequences.get(key) ?? 0
    this.#sequences.set(key, sequence)
    if (sequence !== before + 1 && this.faults.length < 10)
      this.faults.push(`${key}: snapshot ${sequence} after ${before}`)
  }
}

const arrivals = new Arrivals()
const raw = new Arrivals()
const ticks = new Arrivals()
const readers = [arrivals.read(topics.marketdata.snapshots, ({ payload }) => payload.sequence)]
if (argument.stages)
  readers.push(raw.read(topics.marketdata.raw), ticks.read(topics.marketdata.ticks))
// Subscribed before the first tick is due.
await pause(LEAD_MS / 3)

const feed = runFeed({
  env: place.source,
  source,
  log,
  topic: topics.marketdata.raw,
  speed: 1,
  clock: alignedClock(firstDueMs),
  logger: stderrLogger(),
  metrics: noMetrics,
})
await pause(measureFromMs - wallMs())
const eventLoop = monitorEventLoopDelay({ resolution: 5 })
eventLoop.enable()
metrics.reset()
const collector = new GarbageMeter()
const meter = new CpuMeter(argument.others)
await pause(measureToMs - wallMs())
const use = meter.read()
const commits = metrics.figures()
const garbage = collector.read()
eventLoop.disable()
await feed.done
const deadlineMs = wallMs() + DRAIN_MS_MAX
while (arrivals.records < ticksTotal && wallMs() < deadlineMs) await pause(50)
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
for (const one of [arrivals, raw, ticks]) one.stop()
await Promise.all(readers)
const faults = [...arrivals.faults]
if (arrivals.records !== ticksTotal)
  faults.push(`${arrivals.records} snapshots of ${ticksTotal} ticks`)
for (const streams of applications) await streams.close()
await platform.close()

endStep({
  latencyMs: distribution(arrivals.latencies),
  histogramMs: histogram(arrivals.latencies),
  bySecond: arrivals.bySecond.map((list) => {
    const { p50, p99, max } = distribution(list)
    return [p50, p99, max]
  }),
  stagesMs: argument.stages
    ? { raw: distribution(raw.latencies), ticks: distribution(ticks.latencies) }
    : {},
  use,
  eventLoopDelayMs: {
    p50: rounded(eventLoop.percentile(50) / 1e6),
    p99: rounded(eventLoop.percentile(99) / 1e6),
    max: rounded(eventLoop.max / 1e6),
  },
  commits,
  peakRssMiB,
  garbage,
  ticksSent: ticksTotal,
  faults,
} satisfies LatencyResult)
