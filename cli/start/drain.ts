import { sinkGroupId } from '#sink'
import type { Logger } from '#streams'
import type { Log } from '#streams/log'
import { unreadRecords } from '#streams/tools'
import type { Topics } from '#topics'
import { applicationId, type RunningTopology } from './open-topology.ts'
import type { StreamWorkers } from './stream-workers.ts'

const LOOK_MS = 100
const PROGRESS_MS = 5_000

export interface Pipeline {
  readonly log: Log
  readonly topics: Topics
  readonly env: string
  readonly running: readonly RunningTopology[]
  /** Whether no other process works on it. */
  readonly isOwnLog: boolean
  /** They run the same topologies. */
  readonly workers: StreamWorkers | undefined
  /** False where another process sinks. */
  readonly sinking: boolean
  readonly logger: Logger
  /** True once the process closes. */
  readonly closing: () => boolean
}

/** Resolves when everything that is on the log has gone through the topologies, in their order, and is in ClickHouse. */
export async function drained(pipeline: Pipeline): Promise<void> {
  const { log, env, workers, isOwnLog } = pipeline
  for (const { name, topology, streams } of pipeline.running) {
    await until(pipeline, name, async () =>
      // While a task goes from one thread to another, neither tells of it.
      workers !== undefined && isOwnLog
        ? unreadRecords(log, topology, applicationId(env, name))
        : sumOf(await streams.lag()),
    )
  }
  if (workers !== undefined && !isOwnLog) {
    await until(pipeline, 'workers', async () => sumOf(await workers.lag()))
  }
  if (pipeline.sinking) await until(pipeline, 'sink', () => sinkLag(pipeline))
}

const sumOf = (lags: readonly { readonly lag: number }[]): number =>
  lags.reduce((sum, { lag }) => sum + lag, 0)

async function until(
  { logger, closing }: Pipeline,
  entity: string,
  lagNow: () => Promise<number>,
): Promise<void> {
  let looks = 0
  for (let lag = await lagNow(); lag > 0 && !closing(); lag = await lagNow()) {
    looks += 1
    if ((looks * LOOK_MS) % PROGRESS_MS === 0)
      logger.info({ entity, lag }, 'working through what is on the log')
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS)
    })
  }
}

async function sinkLag({ log, topics, env }: Pipeline): Promise<number> {
  const { ticks, snapshots, bars } = topics.marketdata
  const partitions = [ticks, snapshots, bars, ...Object.values(topics.dlq)].flatMap(
    ({ name, entry }) =>
      Array.from({ length: entry.partitions }, (_, partition) => ({ topic: name, partition })),
  )
  const [ends, starts, committed] = await Promise.all([
    log.admin.offsets(partitions, 'stable'),
    log.admin.offsets(partitions, 'earliest'),
    log.admin.groupOffsets(sinkGroupId(env), partitions),
  ])
  return partitions.reduce(
    (sum, _, index) =>
      sum + Math.max(0, (ends[index] ?? 0) - (committed[index]?.offset ?? starts[index] ?? 0)),
    0,
  )
}
