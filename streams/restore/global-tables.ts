import { StreamsError } from '../errors.ts'
import type { FetchedBatch, LogRecord, TopicPartition } from '../log/log.ts'
import type { Logger } from '../logger.ts'
import type { Counter, Metrics } from '../metrics.ts'
import type { Processor } from '../processor.ts'
import type { StateStore, StoreBackend, StoreDigest, TaskStores } from '../store.ts'
import { isKeyValueStore } from '../store-kind.ts'
import { DroppedRecords } from '../task/dropped-records.ts'
import { decide, type FailureHandlers } from '../task/handlers.ts'
import { StoreMetrics } from '../task/store-metrics.ts'
import type { GlobalView } from '../task/task-options.ts'
import type { InputPosition } from '../task/transaction-schedule.ts'
import type { GlobalStoreNode, Topology } from '../topology.ts'
import { GlobalProcessorContext } from './global-processor-context.ts'
import { readOnlyStore } from './read-only-store.ts'

export interface GlobalTablesOptions {
  readonly applicationId: string
  readonly topology: Topology
  readonly stores: StoreBackend
  readonly directory: string
  readonly handlers: FailureHandlers
  readonly logger: Logger
  readonly metrics: Metrics
  readonly overlayBytesMax: number
  readonly partitionCount: (topic: string) => number
}

interface GlobalTable {
  readonly node: GlobalStoreNode
  readonly store: StateStore
  readonly readOnly: StateStore
  /** Next offset to apply, by partition. */
  readonly positions: (number | undefined)[]
  readonly processor: Processor<unknown, unknown, never, never> | undefined
  readonly context: GlobalProcessorContext
  readonly applied: Counter
}

/**
 * Every global store of an instance. Synchronous once open: a fetched batch is applied whole, with the position after it, in one store
 * batch, so that a task sees it entirely or not at all, and a restart goes on where it stood.
 */
export class GlobalTables implements GlobalView {
  readonly #options: GlobalTablesOptions
  readonly #stores: TaskStores
  readonly #tables: readonly GlobalTable[]
  readonly #metrics: StoreMetrics
  readonly #dropped: DroppedRecords
  #positions: readonly InputPosition[] | undefined

  static async open(options: GlobalTablesOptions): Promise<GlobalTables> {
    const { directory, overlayBytesMax, topology } = options
    const specs = topology.globalStores.map(({ store }) => store)
    const topics = new Map(topology.globalStores.map(({ store, topic }) => [store.name, topic]))
    const stores = await options.stores.open({
      directory,
      taskId: 'global',
      specs,
      overlayBytesMax,
      changelogTopic: (store) => topics.get(store) ?? store,
    })
    return new GlobalTables(options, stores)
  }

  private constructor(options: GlobalTablesOptions, stores: TaskStores) {
    this.#options = options
    this.#stores = stores
    const managed = stores.names.map((name) => stores.get(name))
    this.#metrics = new StoreMetrics(options.metrics, this.#labels, managed)
    this.#dropped = new DroppedRecords(options.metrics, this.#labels)
    this.#tables = options.topology.globalStores.map((node) => this.#makeTable(node))
    for (const { processor, context } of this.#tables) processor?.init?.(context)
  }

  /** Next offset to apply; undefined when the partition was never applied. */
  position({ topic, partition }: TopicPartition): number | undefined {
    const table = this.#tables.find(({ node }) => node.topic === topic)
    return table?.positions[partition]
  }

  store(name: string): StateStore | undefined {
    return this.#tables.find(({ node }) => node.store.name === name)?.readOnly
  }

  /** Of a store's contents; undefined where there is none of the name. */
  digest(name: string): StoreDigest | undefined {
    return this.#stores.names.includes(name) ? this.#stores.get(name).digest() : undefined
  }

  /** Estimated bytes of keys and values, by store. */
  storeBytes(): Readonly<Record<string, number>> {
    const { names } = this.#stores
    return Object.fromEntries(names.map((name) => [name, this.#stores.get(name).sizeBytes()]))
  }

  positions(): readonly InputPosition[] {
    this.#positions ??= this.#tables.flatMap(({ node: { topic }, positions }) =>
      positions.map((offset = 0, partition) => ({ topic, partition, offset })),
    )
    return this.#positions
  }

  /** @throws {StreamsError} when a record cannot be read or applied and no handler steps over it */
  apply(batch: FetchedBatch): void {
    const { topic, partition, records, nextOffset } = batch
    const positions = new Map<string, number>()
    try {
      for (const table of this.#tables) {
        if (table.node.topic !== topic) continue
        for (const record of records) this.#applyRecord(table, batch, record)
        positions.set(positionName(table.node, partition), nextOffset)
      }
    } catch (cause) {
      this.#stores.discard()
      throw cause
    }
    this.#stores.commit(positions)
    for (const table of this.#tables) {
      if (table.node.topic !== topic) continue
      table.positions[partition] = nextOffset
      table.applied.add(records.length)
    }
    this.#metrics.report()
    this.#positions = undefined
  }

  async close(): Promise<void> {
    for (const { processor } of this.#tables) processor?.close?.()
    // A store that is closed cannot be asked for its size.
    this.#options.metrics.remove(this.#labels)
    await this.#stores.close()
  }

  get #labels() {
    return { application: this.#options.applicationId, task: 'global' }
  }

  #applyRecord(table: GlobalTable, { topic, partition }: TopicPartition, record: LogRecord): void {
    const { node, store, processor, context } = table
    let key: unknown
    let value: unknown
    try {
      key =
        record.key === null
          ? undefined
          : node.keySerde.deserialize(topic, record.key, record.headers)
      value =
        record.value === null
          ? undefined
          : node.valueSerde.deserialize(topic, record.value, record.headers)
    } catch (error) {
      this.#deserializationFailed(node, { topic, partition }, record, error)
      return
    }
    if (processor !== undefined) {
      context.begin({ topic, partition, offset: record.offset }, record.timestampMs)
      const { timestampMs, headers } = record
      processor.process({ key, value, timestampMs, headers })
    } else if (key === undefined) {
      context.drop('null-key')
    } else if (isKeyValueStore(store)) {
      if (value === undefined) store.delete(key)
      else store.put(key, value)
    }
  }

  #deserializationFailed(
    node: GlobalStoreNode,
    place: TopicPartition,
    record: LogRecord,
    error: unknown,
  ): void {
    if (error instanceof StreamsError && error.code === 'SERDE_UNKNOWN_BRANCH') return
    const { handlers, logger } = this.#options
    const failure = {
      taskId: 'global',
      node: node.sourceName,
      error,
      attempts: 1,
      record,
      ...place,
    }
    const decision = decide(handlers.deserialization, failure)
    if (decision === 'fail') {
      throw new StreamsError(
        'STREAMS_DESERIALIZATION_FAILED',
        `a record of global store ${node.store.name} cannot be read`,
        { ...place, offset: record.offset, store: node.store.name },
        'Correct the topic, or start with a deserialization handler that answers continue.',
        error,
      )
    }
    // Every instance reads the topic: dead-lettering here would write the record once an instance.
    logger.warn(
      { ...place, offset: record.offset, error: String(error) },
      `a record of global store ${node.store.name} was skipped`,
    )
  }

  #makeTable(node: GlobalStoreNode): GlobalTable {
    const store = this.#stores.get(node.store.name).store
    const positions = Array.from(
      { length: this.#options.partitionCount(node.topic) },
      (_, partition) => this.#stores.position(positionName(node, partition)),
    )
    const context = new GlobalProcessorContext({
      applicationId: this.#options.applicationId,
      nodeName: node.processorName,
      metrics: this.#options.metrics,
      store,
      dropped: (reason) => this.#dropped.count(node.processorName, reason),
    })
    const labels = { application: this.#options.applicationId, store: node.store.name }
    return {
      node,
      store,
      readOnly: readOnlyStore(store),
      positions,
      processor: node.supplier?.(),
      context,
      applied: this.#options.metrics.counter(
        'orion_global_store_records_total',
        'Records applied to a global store.',
        labels,
      ),
    }
  }
}

function positionName(node: GlobalStoreNode, partition: number): string {
  return `${node.store.name}/${partition}`
}
