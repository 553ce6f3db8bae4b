/** Some of the topologies in this process, as `orion start` runs them: first with nothing to do, then with a simulated market at a fixed rate. */
import { writeFileSync } from 'node:fs'
import { createSimulator, publishInstruments, runFeed } from '#feeds'
import { noMetrics } from '#streams'
import { alignedClock, wallMs } from '../measuring/aligned-clock.ts'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { expecting } from '../measuring/expectation.ts'
import { type Distribution, distribution, histogram } from '../measuring/percentiles.ts'
import {
  applicationOf,
  openPlatform,
  type Place,
  type RfqTopologyName,
  stderrLogger,
  streamsOf,
  type TopologyName,
} from '../measuring/platform.ts'
import { lagOf, partitionsOf, pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface TopologiesArgument {
  readonly place: Place
  readonly topologies: readonly (TopologyName | RfqTopologyName)[]
  readonly seed: number
  readonly instruments: number
  readonly ticksPerSecond: number
  readonly idleSeconds: number
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly commitIntervalMs: number
  readonly others: Readonly<Record<string, number>>
  /** File for what must come out. */
  readonly expectation: string
}

export interface TopologiesResult {
  /** With nothing to do. */
  readonly idle: CpuUse
  readonly idleRssMiB: number
  /** Of the measured seconds; feed and reader are inside, the same whatever runs beside them. */
  readonly use: CpuUse
  readonly ticks: number
  readonly rssMiB: number
  readonly peakRssMiB: number
  /** From the time at which a tick is due to the snapshot in a reader's hand; without snapshots there is none. */
  readonly latencyMs: Distribution | undefined
  readonly histogramMs: Readonly<Record<string, number>>
}

const LEAD_MS = 1_500
const SETTLE_MS = 2_000
const DRAIN_MS_MAX = 120_000
const LOOK_MS = 50

const argument = stepArgument<TopologiesArgument>()
const { place, ticksPerSecond, warmUpSeconds, seconds } = argument
const platform = await openPlatform(place)
const { log, topics } = platform
const simulator = (startTimeMs: number) =>
  createSimulator({
    seed: argument.seed,
    startTimeMs,
    ticksPerSecond,
    instruments: argument.instruments,
    ticks: Math.round((warmUpSeconds + seconds) * ticksPerSecond),
    faults: { late: 0, crossed: 0, malformed: 0 },
  })
await publishInstruments(log, topics.admin.instruments, simulator(0).instruments, {
  run: 'bench',
  nowMs: Date.now(),
})
const applications = argument.topologies.map((name) => ({
  name,
  streams: streamsOf(place, platform, name, argument),
}))
await Promise.all(applications.map(({ streams }) => streams.start()))
await Promise.all(applications.map(({ streams }) => streams.reached('RUNNING')))

await pause(SETTLE_MS)
const idleMeter = new CpuMeter(argument.others)
await pause(argument.idleSeconds * 1_000)
const idle = idleMeter.read()
const idleRssMiB = rssMiB()

const startTimeMs = Math.floor(wallMs()) + LEAD_MS
const source = simulator(startTimeMs)
const { expectation, watch } = expecting(source.instruments)
const firstDueMs =
  simulator(startTimeMs).messages()[Symbol.iterator]().next().value?.eventTimeMs ?? startTimeMs
const measureFromMs = startTimeMs + warmUpSeconds * 1_000
const measureToMs = measureFromMs + seconds * 1_000
let isReading = argument.topologies.includes('snapshots')
const reading = isReading ? latencies() : Promise.resolve([])
// Subscribed before the first tick is due.
await pause(LEAD_MS / 3)

const feed = runFeed({
  env: place.source,
  source: { ...source, messages: () => watch(source.messages()) },
  log,
  topic: topics.marketdata.raw,
  speed: 1,
  clock: alignedClock(firstDueMs),
  logger: stderrLogger(),
  metrics: noMetrics,
})
await pause(measureFromMs - wallMs())
const meter = new CpuMeter(argument.others)
await pause(measureToMs - wallMs())
const use = meter.read()
const loadedRssMiB = rssMiB()
await feed.done
await drained()
isReading = false
const samples = await reading
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
for (const { streams } of applications) await streams.close()
await platform.close()
writeFileSync(argument.expectation, JSON.stringify(expectation))

endStep({
  idle,
  idleRssMiB,
  use,
  ticks: Math.round(seconds * ticksPerSecond),
  rssMiB: loadedRssMiB,
  peakRssMiB,
  latencyMs: samples.length === 0 ? undefined : distribution(samples),
  histogramMs: histogram(samples),
} satisfies TopologiesResult)

/** As a gateway reads: all partitions, from the end, in arrival order. */
async function latencies(): Promise<readonly number[]> {
  const found: number[] = []
  const reader = await log.createPartitionReader({
    clientId: 'bench-snapshots',
    isolation: 'read_committed',
  })
  const places = partitionsOf(topics.marketdata.snapshots)
  const ends = await log.admin.offsets(places, 'stable')
  await reader.assign(places.map((at, index) => ({ ...at, offset: ends[index] ?? 0 })))
  while (isReading) {
    for (const { records } of await reader.poll({ maxWaitMs: 100 })) {
      const nowMs = wallMs()
      for (const { timestampMs } of records)
        if (timestampMs >= measureFromMs && timestampMs < measureToMs)
          found.push(nowMs - timestampMs)
    }
  }
  await reader.close()
  return found
}

/** In the order of the data's way: what comes later has all of its input only when what comes before has ended. */
async function drained(): Promise<void> {
  const deadlineMs = wallMs() + DRAIN_MS_MAX
  for (const { name, streams } of applications) {
    const input = inputOf(name)
    if (input === undefined) continue
    while ((await lagOf(log, applicationOf(place, name), partitionsOf(input))) > 0) {
      if (streams.state() !== 'RUNNING')
        throw streams.error() ?? new Error(`${name} is ${streams.state()}`)
      if (wallMs() > deadlineMs) throw new Error(`${name} did not come to the end in time`)
      await pause(LOOK_MS)
    }
  }
}

/** The topic by which the feed's messages reach a topology; the others are not fed. */
function inputOf(name: TopologyName | RfqTopologyName) {
  if (name === 'market-data') return topics.marketdata.raw
  return name === 'snapshots' || name === 'bars' ? topics.marketdata.ticks : undefined
}

function rssMiB(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20)
}
