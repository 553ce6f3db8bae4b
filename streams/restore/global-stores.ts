import { join } from 'node:path'
import type { StreamsOptions } from '../streams-options.ts'
import type { Timers } from '../timers.ts'
import type { TopologyPlan } from '../worker/topology-plan.ts'
import { GlobalReader } from './global-reader.ts'
import { GlobalTables } from './global-tables.ts'

export interface GlobalStoresOptions {
  readonly streams: StreamsOptions
  readonly overlayBytesMax: number
  /** `<state directory>/<application id>` */
  readonly directory: string
  readonly timers: Timers
  /** They cannot go on: no task may. */
  readonly onFailure: (error: unknown) => void
}

/** The global stores of one instance, with the reader that fills them. */
export class GlobalStores {
  readonly #options: GlobalStoresOptions
  #tables: GlobalTables | undefined
  #reader: GlobalReader | undefined

  constructor(options: GlobalStoresOptions) {
    this.#options = options
  }

  /** Undefined where the topology has none, and after `close`. */
  get tables(): GlobalTables | undefined {
    return this.#tables
  }

  /** Fills them to the end of their topics, and then follows these. */
  async start(plan: TopologyPlan): Promise<void> {
    if (plan.topology.globalStores.length === 0) return
    let reader = await this.#open(plan)
    if (await reader.isAheadOfLog()) {
      // The topic is the truth about a global store.
      const { logger, stores } = this.#options.streams
      const path = this.#directory()
      logger.warn({ path }, 'global stores are ahead of their topics: rebuilt')
      await this.#tables?.close()
      await stores.wipe(path)
      reader = await this.#open(plan)
    }
    this.#reader = reader
    await reader.bootstrap()
    reader.follow()
  }

  async close(): Promise<void> {
    await this.#reader?.close()
    await this.#tables?.close()
    this.#tables = undefined
  }

  async #open(plan: TopologyPlan): Promise<GlobalReader> {
    const { topology, stores, log, logger, metrics, handlers = {} } = this.#options.streams
    const { overlayBytesMax, timers, onFailure } = this.#options
    const tables = await GlobalTables.open({
      applicationId: plan.applicationId,
      topology,
      stores,
      directory: this.#directory(),
      handlers,
      logger,
      metrics,
      overlayBytesMax,
      partitionCount: (topic) => plan.partitionCounts.get(topic) ?? 0,
    })
    this.#tables = tables
    return new GlobalReader({
      log,
      clientId: `${plan.applicationId}-global`,
      topology,
      tables,
      partitionCounts: plan.partitionCounts,
      logger,
      timers,
      onFailure,
    })
  }

  #directory(): string {
    return join(this.#options.directory, 'global')
  }
}
