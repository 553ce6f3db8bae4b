import { sinkGroupId } from '#sink'
import type { Logger } from '#streams'
import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import type { RunningTopology } from './open-topology.ts'
import type { StreamWorkers } from './stream-workers.ts'

const LOOK_MS = 100
const PROGRESS_MS = 5_000

export interface Pipeline {
  readonly log: Log
  readonly topics: Topics
  readonly env: string
  readonly running: readonly RunningTopology[]
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
  for (const { name, streams } of pipeline.running) {
    await until(pipeline, name, async () =>
      (await streams.lag()).reduce((sum, { lag }) => sum + lag, 0),
    )
  }
  const { workers } = pipeline
  if (workers !== undefined) {
    await until(pipeline, 'workers', async () =>
      (await workers.lag()).reduce((sum, { lag }) => sum + lag, 0),
    )
  }
  if (pipeline.sinking) await until(pipeline, 'sink', () => sinkLag(pipeline))
}

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
