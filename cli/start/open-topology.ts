import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import {
  type FailureHandlers,
  type Logger,
  type Metrics,
  Streams,
  StreamsError,
  systemClock,
  type Topology,
} from '#streams'
import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import { topologies } from '#topologies'
import type { Config } from '../config/options.ts'
import { namingTenants } from '../logging.ts'
import { VERSION } from '../version.ts'
import { deadLetterEncoder } from './dead-letters.ts'
import { topologySettings } from './topology-settings.ts'

type CatalogueEntry = (typeof topologies)[number]

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

/** Each worker thread has a directory in it, as `streamsDirectory`. */
export function workersDirectory(dataDir: string): string {
  return join(streamsDirectory(dataDir), 'workers')
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

/** Those that `--topology` names; all of them without it. @throws {StreamsError} TOPOLOGY_UNKNOWN */
export function chosenTopologies(config: Config): readonly CatalogueEntry[] {
  for (const name of config.topology) {
    if (topologies.some((one) => one.name === name)) continue
    throw new StreamsError(
      'TOPOLOGY_UNKNOWN',
      `there is no topology ${name}`,
      {},
      `Choose among ${topologies.map((one) => one.name).join(', ')}`,
    )
  }
  return topologies.filter(
    ({ name }) => config.topology.length === 0 || config.topology.includes(name),
  )
}

/** One instance of a topology as the platform runs it, not started yet. */
export function openTopology(
  config: Config,
  entry: CatalogueEntry,
  parts: {
    readonly log: Log
    readonly topics: Topics
    readonly logger: Logger
    readonly metrics: Metrics
    readonly directory: string
    readonly threads: number
    /** Names the instance; the application id unless given. */
    readonly clientId?: string
    /** Of a static member. */
    readonly instanceId?: string | undefined
    readonly applicationServer?: string
  },
): RunningTopology {
  const { topics, logger, metrics, clientId, instanceId, applicationServer } = parts
  const topology = entry.build(topics, topologySettings(config))
  const deadLetters = topics.dlq[entry.name as keyof typeof topics.dlq]
  const streams = new Streams({
    topology,
    applicationId: applicationId(config.env, entry.name),
    log: parts.log,
    stores: createStoreBackend(rocksdbEngine(), {
      memoryBytes: storeMemoryBytes(config.diskMax),
    }),
    directory: parts.directory,
    clock: systemClock,
    logger: namingTenants(logger.child({ entity: entry.name })),
    metrics,
    guarantee: config.guarantee,
    commitIntervalMs: config.commitIntervalMs,
    threads: parts.threads,
    numStandbyReplicas: config.standbyReplicas,
    sessionTimeoutMs: config.sessionTimeoutMs,
    ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(applicationServer === undefined ? {} : { applicationServer }),
    handlers: FAILURE_HANDLERS,
    deadLetter: deadLetterEncoder(deadLetters, entry.name, VERSION),
    scheduleRetentionBytes: Math.floor(
      scheduleBytesMax(config.diskMax) / topologies.length / PARTITIONS_MAX,
    ),
    onUncaughtError: 'replace-thread',
  })
  return { name: entry.name, topology, streams }
}
