import { type Logger, type StreamsError, StreamsWorkers } from '#streams'
import type { ServedLog } from '#streams/log'
import type { Config } from '../config/options.ts'
import type { PrometheusMetrics } from '../prometheus.ts'
import type { Closers } from './closers.ts'
import type { StreamWorkerData } from './stream-worker-main.ts'

/**
 * Threads of `--threads` beyond the first are worker threads, with a core each. On Kafka each has a connection to the brokers; the embedded log
 * belongs to this thread, which serves it to them. Answers to queries are given by the instance that listens: there, threads share the event loop.
 */
function workersOf({ queryPort, threads }: Config): number {
  return queryPort !== undefined ? 0 : threads - 1
}

/** Stream threads of each topology in this thread's event loop. */
export function threadsHere(config: Config): number {
  return config.threads - workersOf(config)
}

export type StreamWorkers = StreamsWorkers<StreamWorkerData>

/** Worker threads that run the chosen topologies as this process does; undefined where none are asked for. @throws {StreamsError} STREAMS_WORKER_FAILED */
export async function startStreamWorkers(
  config: Config,
  parts: {
    /** Where the schema registry answers. */
    readonly registry: string
    /** The log of this thread, for the workers; undefined where they open one themselves. */
    readonly log: ServedLog | undefined
    readonly logger: Logger
    readonly metrics: PrometheusMetrics
    readonly closers: Closers
    readonly onFailure: (worker: string) => void
  },
): Promise<StreamWorkers | undefined> {
  const count = workersOf(config)
  if (count === 0) return undefined
  const { registry, log, metrics, closers } = parts
  const logger = parts.logger.child({ entity: 'workers' })
  const workers: StreamWorkers = new StreamsWorkers({
    name: 'streams',
    module: new URL('./stream-worker-main.ts', import.meta.url),
    data: { config, registry },
    logger,
    ...(log === undefined ? {} : { log }),
    onFailure: (error: StreamsError) => {
      logger.error({ ...error.place, error }, 'a worker thread has failed')
      parts.onFailure(error.message)
    },
  })
  closers.add('workers', () => workers.close())
  metrics.addSource(() => workers.metrics())
  for (let index = 0; index < count; index += 1) await workers.add()
  return workers
}
