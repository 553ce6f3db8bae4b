import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import {
  type FailureHandlers,
  type Logger,
  type Metrics,
  type QueryServer,
  Streams,
  StreamsError,
  systemClock,
  type Topology,
} from '#streams'
import type { Log } from '#streams/log'
import { prepareDeployment, recordDeployment } from '#streams/tools'
import type { Topics } from '#topics'
import { topologies } from '#topologies'
import type { Config } from '../config/options.ts'
import { namingTenants } from '../logging.ts'
import { VERSION } from '../version.ts'
import type { Closers } from './closers.ts'
import { deadLetterEncoder } from './dead-letters.ts'

/** Of every topology; a replay decides as the run did. */
export const FAILURE_HANDLERS: FailureHandlers = {
  deserialization: 'dead-letter',
  processing: 'retry',
  production: 'retry',
}

export interface RunningTopology {
  readonly name: string
  readonly topology: Topology
  readonly streams: Streams
}

export function applicationId(env: string, topology: string): string {
  return `orion-${env}-${topology}`
}

export function streamsDirectory(dataDir: string): string {
  return join(dataDir, 'streams')
}

const STORE_MEMORY_BYTES = { min: 4 * 1024 * 1024, max: 16 * 1024 * 1024 }

/**
 * Write buffers and blocks of one task's stores. Its write-ahead log is nearly as long as this, whatever the state: a dozen tasks are part of
 * a small disk bound.
 */
function storeMemoryBytes(diskMax: number): number {
  const share = Math.floor(diskMax / 125)
  return Math.min(STORE_MEMORY_BYTES.max, Math.max(STORE_MEMORY_BYTES.min, share))
}

const SCHEDULE_SHARE = 0.02
/** Of a schedule; on the embedded log the disk guard then shares out what there really are. */
const PARTITIONS_MAX = 8

/** What the schedules of exact replays, of all topologies together, may take. */
export function scheduleBytesMax(diskMax: number): number {
  return Math.floor(diskMax * SCHEDULE_SHARE)
}

/** Starts the chosen topologies; resolves when each is running. @throws {StreamsError} TOPOLOGY_UNKNOWN */
export async function runTopologies(
  config: Config,
  parts: {
    readonly log: Log
    readonly topics: Topics
    readonly logger: Logger
    readonly metrics: Metrics
    readonly closers: Closers
    readonly onFailure: (topology: string) => void
    /** Answers queries of the topologies' stores. */
    readonly queries: QueryServer | undefined
  },
): Promise<readonly RunningTopology[]> {
  const { log, topics, logger, metrics, queries } = parts
  for (const name of config.topology) {
    if (topologies.some((one) => one.name === name)) continue
    throw new StreamsError(
      'TOPOLOGY_UNKNOWN',
      `there is no topology ${name}`,
      {},
      `Choose among ${topologies.map((one) => one.name).join(', ')}`,
    )
  }
  const chosen = topologies.filter(
    ({ name }) => config.topology.length === 0 || config.topology.includes(name),
  )
  const running: RunningTopology[] = chosen.map((entry) => {
    const topology = entry.build(topics)
    const deadLetters = topics.dlq[entry.name as keyof typeof topics.dlq]
    const streams = new Streams({
      topology,
      applicationId: applicationId(config.env, entry.name),
      log,
      stores: createStoreBackend(rocksdbEngine(), {
        memoryBytes: storeMemoryBytes(config.diskMax),
      }),
      directory: streamsDirectory(config.dataDir),
      clock: systemClock,
      logger: namingTenants(logger.child({ entity: entry.name })),
      metrics,
      guarantee: config.guarantee,
      commitIntervalMs: config.commitIntervalMs,
      threads: config.threads,
      numStandbyReplicas: config.standbyReplicas,
      ...(queries === undefined ? {} : { applicationServer: queries.applicationServer }),
      handlers: FAILURE_HANDLERS,
      deadLetter: deadLetterEncoder(deadLetters, entry.name, VERSION),
      scheduleRetentionBytes: Math.floor(
        scheduleBytesMax(config.diskMax) / topologies.length / PARTITIONS_MAX,
      ),
      onUncaughtError: 'replace-thread',
    })
    queries?.serve(streams)
    streams.onStateChange((state) => {
      if (state === 'ERROR') parts.onFailure(entry.name)
    })
    // Before it starts: a stop may come while it does.
    parts.closers.add(entry.name, () => streams.close())
    return { name: entry.name, topology, streams }
  })
  await Promise.all(running.map((one) => startTopology(config, one, parts)))
  return running
}

/** Not beside an unfinished reset, nor on state that a reset has made void; then it is noted which version runs. */
async function startTopology(
  config: Config,
  { name, topology, streams }: RunningTopology,
  { log, logger }: { readonly log: Log; readonly logger: Logger },
): Promise<void> {
  const application = { log, applicationId: applicationId(config.env, name) }
  await prepareDeployment({
    ...application,
    directory: streamsDirectory(config.dataDir),
    stores: createStoreBackend(rocksdbEngine()),
    logger: logger.child({ entity: name }),
  })
  await streams.start()
  await recordDeployment({
    ...application,
    topology,
    version: VERSION,
    nowMs: systemClock.nowMs(),
  })
}
