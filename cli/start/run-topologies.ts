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

export function applicationId(env: string, topology: string): string {
  return `orion-${env}-${topology}`
}

export function streamsDirectory(dataDir: string): string {
  return join(dataDir, 'streams')
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
  const running: RunningTopology[] = chosenTopologies(config).map((entry) => {
    const one = openTopology(config, entry, {
      log,
      topics,
      logger,
      metrics,
      directory: streamsDirectory(config.dataDir),
      threads: threadsHere(config),
      ...(queries === undefined ? {} : { applicationServer: queries.applicationServer }),
    })
    const { streams } = one
    queries?.serve(streams)
    streams.onStateChange((state) => {
      if (state === 'ERROR') parts.onFailure(entry.name)
    })
    // Before it starts: a stop may come while it does.
    parts.closers.add(entry.name, () => streams.close())
    return one
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
