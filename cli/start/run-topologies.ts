import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { type Logger, type Metrics, type QueryServer, systemClock } from '#streams'
import type { Log } from '#streams/log'
import { prepareDeployment, recordDeployment } from '#streams/tools'
import type { Topics } from '#topics'
import type { Config } from '../config/options.ts'
import { VERSION } from '../version.ts'
import type { Closers } from './closers.ts'
import {
  applicationId,
  chosenTopologies,
  openTopology,
  type RunningTopology,
  streamsDirectory,
} from './open-topology.ts'
import { threadsHere } from './stream-workers.ts'

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
      instanceId: config.instanceId,
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
