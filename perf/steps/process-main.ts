/** Runs topologies in this process until they have committed everything that is on their inputs. */
import { CommitMetrics } from '../measuring/commit-metrics.ts'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { type GarbageFigures, GarbageMeter } from '../measuring/garbage.ts'
import {
  applicationOf,
  openPlatform,
  type Place,
  streamsOf,
  type TopologyName,
} from '../measuring/platform.ts'
import { lagOf, partitionsOf, pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'
import { bytesOn, type TopicBytes } from '../measuring/topic-bytes.ts'

export interface ProcessArgument {
  readonly place: Place
  readonly topologies: readonly TopologyName[]
  readonly threads: number
  readonly commitIntervalMs: number
  readonly exactReplay?: boolean
  /** Processes whose CPU is counted apart: brokers. */
  readonly others: Readonly<Record<string, number>>
}

export interface ProcessResult {
  readonly use: CpuUse
  /** From the start to the last commit of each. */
  readonly secondsOf: Readonly<Record<string, number>>
  /** Records of its input. */
  readonly inputsOf: Readonly<Record<string, number>>
  readonly commits: ReturnType<CommitMetrics['figures']>
  readonly peakRssMiB: number
  readonly garbage: Readonly<Record<string, GarbageFigures>>
  /** Keys and values on the topics that the applications wrote, by kind. */
  readonly written: Readonly<Record<'outputs' | 'changelogs' | 'schedules', TopicBytes>>
}

/** How exactly the end is seen. */
const LOOK_MS = 20

const argument = stepArgument<ProcessArgument>()
const { place } = argument
const platform = await openPlatform(place)
const { log, topics } = platform
const metrics = new CommitMetrics()

const applications = argument.topologies.map((name) => {
  const input = name === 'market-data' ? topics.marketdata.raw : topics.marketdata.ticks
  return {
    name,
    group: applicationOf(place, name),
    input: partitionsOf(input),
    streams: streamsOf(place, platform, name, { ...argument, metrics }),
  }
})
// Joined and restored, nothing processed: the measurement begins with the first record.
for (const { streams } of applications) {
  streams.pause()
  await streams.start()
}
await Promise.all(applications.map(({ streams }) => streams.reached('RUNNING')))

const collector = new GarbageMeter()
const meter = new CpuMeter(argument.others)
const startMs = performance.now()
for (const { streams } of applications) streams.resume()
const secondsOf: Record<string, number> = {}
// In the order of the data's way: what comes later has all of its input only when what comes before has ended.
for (const { name, group, input, streams } of applications) {
  while ((await lagOf(log, group, input)) > 0) {
    if (streams.state() !== 'RUNNING')
      throw streams.error() ?? new Error(`${name} is ${streams.state()}`)
    await pause(LOOK_MS)
  }
  secondsOf[name] = (performance.now() - startMs) / 1_000
}
const use = meter.read()
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
const commits = metrics.figures()
const garbage = collector.read()

const inputsOf: Record<string, number> = {}
for (const { name, input, streams } of applications) {
  await streams.close()
  inputsOf[name] = await recordsOf(input)
}
const mine = (await log.admin.listTopics()).filter((topic) =>
  applications.some(({ group }) => topic.startsWith(`${group}-`)),
)
const written = {
  outputs: await bytesOn(
    log,
    [topics.marketdata.ticks, topics.marketdata.snapshots, topics.marketdata.bars].map(
      ({ name }) => name,
    ),
  ),
  changelogs: await bytesOn(
    log,
    mine.filter((topic) => topic.endsWith('-changelog')),
  ),
  schedules: await bytesOn(
    log,
    mine.filter((topic) => topic.endsWith('-schedule')),
  ),
}
await platform.close()
endStep({
  use,
  secondsOf,
  inputsOf,
  commits,
  peakRssMiB,
  garbage,
  written,
} satisfies ProcessResult)

/** Kafka's transaction markers count as offsets: thousands among millions. */
async function recordsOf(places: ReturnType<typeof partitionsOf>): Promise<number> {
  const [starts, ends] = await Promise.all([
    log.admin.offsets(places, 'earliest'),
    log.admin.offsets(places, 'stable'),
  ])
  return ends.reduce((sum, end, index) => sum + end - (starts[index] ?? 0), 0)
}
