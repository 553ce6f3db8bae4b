/** One instance of a counting application, drained at SIGTERM. Tells on stdout, a line each, how much it took and what it restored. */
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import {
  Consumed,
  longSerde,
  noMetrics,
  Streams,
  StreamsBuilder,
  stringSerde,
  systemClock,
} from '#streams'
import { openKafkaLog } from '#streams/log'
import { stderrLogger } from '../measuring/platform.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface RollingArgument {
  readonly directory: string
  readonly brokers: string
  readonly run: string
  /** Of the instance. */
  readonly name: string
  readonly members: 'static' | 'standby'
}

export interface RollingLine {
  /** Records taken by this process. */
  readonly taken: number
  /** Active tasks, once all of them run. */
  readonly runningTasks: number
  readonly standbyTasks: number
  /** Restorations of active tasks that began at the start of a changelog that was not empty. */
  readonly fromZero: number
  /** All that the tasks here have taken is committed, and nothing is left to take. */
  readonly isCaughtUp: boolean
  /** Sum of the counts in active stores; told last. */
  readonly total?: number
}

const TOLD_EVERY_MS = 100

const { directory, brokers, run, name, members } = stepArgument<RollingArgument>()
const ports = { clock: systemClock, logger: stderrLogger(), metrics: noMetrics }
const log = await openKafkaLog({ brokers: brokers.split(','), clientId: name, ...ports })
let taken = 0
let fromZero = 0
const t = new StreamsBuilder()
t.stream(`bench-restart-${run}`, Consumed.with(stringSerde, stringSerde, { as: 'events' }))
  .peek(
    () => {
      taken += 1
    },
    { as: 'taken' },
  )
  .groupByKey()
  .count({ as: 'counts', materialized: { valueSerde: longSerde } })
const streams = new Streams({
  topology: t.build('rolling'),
  applicationId: `bench-rolling-${run}`,
  log,
  stores: createStoreBackend(rocksdbEngine()),
  directory: join(directory, name),
  processId: name,
  probingRebalanceIntervalMs: 1_000,
  sessionTimeoutMs: 30_000,
  ...(members === 'static' ? { groupInstanceId: name } : { numStandbyReplicas: 1 }),
  restoreListener: {
    restoreStarted: ({ from, endOffset }) => {
      if (from === 0 && endOffset > 0) fromZero += 1
    },
  },
  ...ports,
})
process.once('SIGTERM', () => void end())
await streams.start()
const telling = setInterval(() => void tell(), TOLD_EVERY_MS)

async function line(): Promise<RollingLine> {
  const { threads } = streams.metadata()
  const isRunning = streams.state() === 'RUNNING'
  const lags = await streams.lag()
  return {
    taken,
    runningTasks: isRunning ? threads.flatMap(({ tasks }) => tasks).length : 0,
    standbyTasks: threads.flatMap(({ standbyTasks }) => standbyTasks).length,
    fromZero,
    isCaughtUp: isRunning && lags.every(({ lag }) => lag === 0) && streams.isCommitted(),
  }
}

async function tell(): Promise<void> {
  process.stdout.write(`${JSON.stringify(await line())}\n`)
}

async function end(): Promise<void> {
  clearInterval(telling)
  const last = await line()
  let total = 0
  if (last.runningTasks > 0) {
    for (const [, each] of streams.store<string, number | bigint>('counts').all()) {
      total += Number(typeof each === 'object' ? (each as { value: number }).value : each)
    }
  }
  await streams.close()
  await log.close()
  endStep({ ...last, taken, total } satisfies RollingLine)
}
