/** What runs in a worker thread: the chosen topologies, with a connection to the brokers and a state directory of their own. */
import { join } from 'node:path'
import { serveStreamsWorker } from '#streams'
import { openTopics } from '#topics'
import type { Config } from '../config/options.ts'
import { createLogger, logProcessTrouble } from '../logging.ts'
import { prometheusMetrics } from '../prometheus.ts'
import { openLog } from './open-log.ts'
import { openRegistry } from './open-registry.ts'
import { chosenTopologies, openTopology, streamsDirectory } from './open-topology.ts'

export interface StreamWorkerData {
  readonly config: Config
  /** Where the schema registry answers. */
  readonly registry: string
}

await serveStreamsWorker<StreamWorkerData>(async ({ config, registry: url }, name) => {
  const logger = createLogger(config.logLevel, { env: config.env, role: config.role, worker: name })
  logProcessTrouble(logger)
  const metrics = prometheusMetrics({ ofProcess: false })
  const log = await openLog(config, { logger: logger.child({ entity: 'log' }), metrics })
  const { registry, close } = openRegistry({ dataDir: config.dataDir, registry: url })
  const topics = openTopics({ env: config.env, registry })
  const directory = join(streamsDirectory(config.dataDir), 'workers', name)
  const running = chosenTopologies(config).map((entry) =>
    openTopology(config, entry, {
      log,
      topics,
      logger,
      metrics,
      directory,
      threads: 1,
      clientId: `${entry.name}-${name}`,
      instanceId: config.instanceId === undefined ? undefined : `${config.instanceId}-${name}`,
    }),
  )
  return {
    streams: running.map(({ streams }) => streams),
    metrics: () => metrics.json(),
    close: async () => {
      close()
      await log.close()
    },
  }
})
