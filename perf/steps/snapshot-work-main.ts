/** SnapshotApp's work in this process, until all that was written before is committed: one stream thread here, further ones in worker threads. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BroadcastChannel } from 'node:worker_threads'
import { type StreamsMetadata, StreamsWorkers } from '#streams'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { type GarbageFigures, GarbageMeter } from '../measuring/garbage.ts'
import { openOwnLog, stderrLogger } from '../measuring/platform.ts'
import { lagOf, pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'
import {
  inputOf,
  openWorkLog,
  outputOf,
  placesOf,
  type SnapshotWork,
  snapshotStreams,
} from '../scaling/snapshot-work.ts'
import type { SnapshotWorkerData } from './snapshot-worker-main.ts'

export interface SnapshotWorkArgument extends SnapshotWork {
  /** Threads with an event loop each: the first is the process's own. */
  readonly workers: number
  /** Processes whose CPU is counted apart: brokers. */
  readonly others: Readonly<Record<string, number>>
}

export interface SnapshotWorkResult {
  readonly use: CpuUse
  readonly peakRssMiB: number
  /** On disk, after closing. */
  readonly storeMiB: number
  /** Of this thread alone. */
  readonly garbage: Readonly<Record<string, GarbageFigures>>
  /** By thread, the process's own first. */
  readonly tasksOf: readonly number[]
}

const LOOK_MS = 20
const SPREAD_MS_MAX = 60_000

const argument = stepArgument<SnapshotWorkArgument>()
const { partitions, place, workers: threads, run } = argument
const directory = join(place.directory, 'state', run)
// An embedded log belongs to this thread, which serves it to the others; of Kafka each opens its own.
const own = place.brokers === undefined ? await openOwnLog(place, stderrLogger()) : undefined
const log = own ?? (await openWorkLog(argument))
await log.admin.createTopics([
  { topic: outputOf(argument), partitions, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 },
])
const streams = snapshotStreams(argument, log, directory)
// Joined, nothing processed: the measurement begins with the first record.
streams.pause()
await streams.start()
let failure: Error | undefined
const data: SnapshotWorkerData = { work: argument, directory, channel: run }
const workers = new StreamsWorkers<SnapshotWorkerData>({
  name: 'bench',
  module: new URL('./snapshot-worker-main.ts', import.meta.url),
  data,
  logger: stderrLogger(),
  ...(own === undefined ? {} : { log: own }),
  onFailure: (error) => {
    failure = error
  },
})
for (let index = 1; index < threads; index += 1) await workers.add()
await streams.reached('RUNNING')
const tasksOf = await spread()

const input = placesOf(inputOf(argument), argument)
const start = new BroadcastChannel(run)
const collector = new GarbageMeter()
const meter = new CpuMeter(argument.others)
start.postMessage('start')
streams.resume()
while ((await lagOf(log, run, input)) > 0) {
  if (streams.state() === 'ERROR') throw streams.error() ?? new Error('it is in ERROR')
  if (failure !== undefined) throw failure
  await pause(LOOK_MS)
}
const use = meter.read()
const garbage = collector.read()
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
start.close()
await workers.close()
await streams.close()
await log.close()
const storeMiB = megabytesUnder(join(place.directory, 'state'), run)
endStep({ use, peakRssMiB, storeMiB, garbage, tasksOf } satisfies SnapshotWorkResult)

/** Waits until every partition has a task that runs, and every thread one as far as they go. */
async function spread(): Promise<readonly number[]> {
  const busy = Math.min(partitions, threads)
  for (const endMs = performance.now() + SPREAD_MS_MAX; performance.now() < endMs; ) {
    if (failure !== undefined) throw failure
    const counts = [streams.metadata(), ...(await workers.metadata())].map(runningTasks)
    const all = counts.reduce((sum, count) => sum + count, 0)
    if (all === partitions && counts.filter((count) => count > 0).length === busy) return counts
    await pause(LOOK_MS)
  }
  throw new Error(`${partitions} partitions were not spread over ${threads} threads in time`)
}

function runningTasks({ threads: all }: StreamsMetadata): number {
  return all.flatMap(({ tasks }) => tasks.filter(({ state }) => state === 'RUNNING')).length
}

/** Of the directories whose names begin so: the worker threads' stand beside the first one's. */
function megabytesUnder(parent: string, prefix: string): number {
  const bytes = readdirSync(parent, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.startsWith(join(parent, prefix)))
    .reduce((sum, path) => sum + statSync(path).size, 0)
  return Math.round(bytes / 2 ** 10) / 1_024
}
