/** What runs in a worker thread: the chosen topologies, with a state directory of their own, on the log that is served or on the brokers. */
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { serveStreamsWorker } from '#streams'
import { prepareDeployment } from '#streams/tools'
import { openTopics, prepareTopics } from '#topics'
import type { Config } from '../config/options.ts'
import { createLogger, logProcessTrouble } from '../logging.ts'
import { runningStores } from '../operator/store-access.ts'
import { answerAboutStores, type StoreQuestion } from '../operator/worker-stores.ts'
import { prometheusMetrics } from '../prometheus.ts'
import { openLog } from './open-log.ts'
import { openRegistry } from './open-registry.ts'
import { applicationId, chosenTopologies, openTopology, workersDirectory } from './open-topology.ts'

export interface StreamWorkerData {
  readonly config: Config
  /** Where the schema registry answers. */
  readonly registry: string
}

await serveStreamsWorker<StreamWorkerData>(async ({ config, registry: url }, name, served) => {
  const logger = createLogger(config.logLevel, { env: config.env, role: config.role, worker: name })
  logProcessTrouble(logger)
  const metrics = prometheusMetrics({ ofProcess: false })
  const log =
    served ?? (await openLog(config, { logger: logger.child({ entity: 'log' }), metrics }))
  const { registry, close } = openRegistry({ dataDir: config.dataDir, registry: url })
  const topics = openTopics({ env: config.env, registry })
  // All of them, dead letters too: those are written by whatever fails, and not by a node that is prepared at start.
  await prepareTopics(topics, registry)
  const directory = join(workersDirectory(config.dataDir), name)
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
  for (const { name: topology } of running) {
    await prepareDeployment({
      log,
      applicationId: applicationId(config.env, topology),
      directory,
      stores: createStoreBackend(rocksdbEngine()),
      logger: logger.child({ entity: topology }),
    })
  }
  const stores = runningStores(running)
  return {
    streams: running.map(({ streams }) => streams),
    metrics: () => metrics.json(),
    // The main thread asks nothing else.
    answer: (question) => answerAboutStores(stores, question as StoreQuestion),
    close: async () => {
      close()
      await log.close()
    },
  }
})
