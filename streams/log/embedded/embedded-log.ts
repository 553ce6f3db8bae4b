import type { Clock } from '../../clock.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import type { StoreDatabase, StoreEngine } from '../../store-engine.ts'
import type {
  GroupConsumer,
  Log,
  LogAdmin,
  NewTopic,
  PartitionReader,
  PartitionReaderOptions,
  Producer,
  ProducerOptions,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { unreadPart } from './backlog.ts'
import { EmbeddedAdmin } from './embedded-admin.ts'
import { EmbeddedGroupConsumer } from './embedded-group-consumer.ts'
import { EmbeddedReader } from './embedded-reader.ts'
import { EmbeddedTransactionalProducer } from './embedded-transactional-producer.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import { GroupOffsets } from './group-offsets.ts'
import { asBuffer, LOG, metaKey, numbers } from './keys.ts'
import { type LogCore, requireOpen } from './log-core.ts'
import { formatUnsupported } from './log-errors.ts'
import { type MaintainOptions, Maintenance } from './maintenance.ts'
import type { MemberOptions } from './member-options.ts'
import { PlainProducer } from './plain-producer.ts'
import { TailCache } from './tail-cache.ts'
import { TopicCatalogue } from './topic-catalogue.ts'
import { TransactionRegistry } from './transaction-registry.ts'

const FORMAT = 1
const MEBIBYTE = 1024 * 1024

export interface EmbeddedLogOptions {
  readonly engine: StoreEngine
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** Every commit survives a power cut, not only the death of the process. Costs a disk flush per commit. Default false. */
  readonly fsync?: boolean
  /** Default 1 MiB. */
  readonly recordBytesMax?: number
  /** Memory of one open transaction. Default 64 MiB. */
  readonly transactionBytesMax?: number
  /** Records are packed into batches of about this size. Default 64 KiB. */
  readonly batchBytes?: number
  /** Newest batches kept in memory, over all partitions. Default 32 MiB. */
  readonly tailBytesMax?: number
  /** Of the database's buffers and caches. Default 32 MiB. */
  readonly memoryBytes?: number
  /** How often `maintain` runs by itself; 0: never. Default 1 s. */
  readonly maintenanceIntervalMs?: number
  /** A compacted partition is rewritten when new records are this part of it. Default 0.5. */
  readonly compactionDirtyRatio?: number
  /** Default 24 h. */
  readonly tombstoneRetentionMs?: number
}

/** The embedded log, and what only it can do. */
export interface EmbeddedLog extends Log {
  /** Of a member whose functions may answer later, too. */
  createGroupConsumer(options: MemberOptions): Promise<GroupConsumer>
  /** Retention, compaction and time-outs, in slices; a timer calls it, tests call it themselves. */
  maintain(options?: MaintainOptions): Promise<void>
  /** Changes the bounds of an existing topic. @throws {StreamsError} LOG_UNKNOWN_TOPIC */
  alterTopic(topic: string, change: Partial<Omit<NewTopic, 'topic' | 'partitions'>>): void
  /**
   * Part of the topic's byte bound that a group has not read yet, of its fullest partition: beyond 1, records go unread. An estimate.
   * @throws {StreamsError} LOG_UNKNOWN_TOPIC
   */
  unreadPart(topic: string, groupId: string): number
  /** Estimated bytes on disk. */
  sizeBytes(): number
}

/**
 * Opens the durable log in a directory; one process at a time.
 * @throws {StreamsError} STORE_LOCKED, STORE_CORRUPT, LOG_FORMAT_UNSUPPORTED
 * @example const log = await openEmbeddedLog({ engine: rocksdbEngine(), directory, clock, logger, metrics })
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const { engine, directory, memoryBytes = 32 * MEBIBYTE } = options
  const database = await engine.open(directory, { keyspaces: [LOG], memoryBytes })
  try {
    checkFormat(database, directory)
    return new DurableLog(database, options)
  } catch (error) {
    await database.close()
    throw error
  }
}

function checkFormat(database: StoreDatabase, directory: string): void {
  const found = database.get(LOG, metaKey('format'))
  if (found === undefined) {
    const batch = database.batch()
    batch.put(LOG, metaKey('format'), numbers(FORMAT))
    batch.write()
  } else if (asBuffer(found).readUInt32BE(0) !== FORMAT) {
    throw formatUnsupported(directory, `${asBuffer(found).readUInt32BE(0)}`)
  }
}

class DurableLog implements EmbeddedLog {
  readonly admin: LogAdmin
  readonly #core: LogCore
  readonly #transactions: TransactionRegistry
  readonly #maintenance: Maintenance
  readonly #timer: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  constructor(database: StoreDatabase, options: EmbeddedLogOptions) {
    const { clock, logger, metrics } = options
    const batchBytes = options.batchBytes ?? 64 * 1024
    const topics = new TopicCatalogue(
      database,
      new TailCache(options.tailBytesMax ?? 32 * MEBIBYTE),
    )
    this.#core = {
      database,
      clock,
      logger,
      limits: {
        recordBytesMax: options.recordBytesMax ?? MEBIBYTE,
        transactionBytesMax: options.transactionBytesMax ?? 64 * MEBIBYTE,
        batchBytes,
      },
      counters: {
        records: metrics.counter('orion_log_appended_records_total', 'Records appended.'),
        bytes: metrics.counter('orion_log_appended_bytes_total', 'Bytes of appended batches.'),
        commits: metrics.counter('orion_log_commits_total', 'Transactions committed.'),
        aborts: metrics.counter('orion_log_aborts_total', 'Transactions aborted.'),
      },
      topics,
      offsets: new GroupOffsets(database, topics),
      groups: new GroupCoordinator(topics, clock),
      fsync: options.fsync ?? false,
      closed: false,
    }
    metrics.observe('orion_log_disk_bytes', 'Estimated size of the log on disk.', {}, () =>
      this.#core.closed ? 0 : this.sizeBytes(),
    )
    this.admin = new EmbeddedAdmin(this.#core)
    this.#transactions = new TransactionRegistry(database)
    this.#maintenance = new Maintenance(this.#core, this.#transactions, {
      dirtyRatio: options.compactionDirtyRatio ?? 0.5,
      dirtyBytesMin: batchBytes,
      keysMax: 250_000,
      sliceBytes: MEBIBYTE,
      tombstoneRetentionMs: options.tombstoneRetentionMs ?? 86_400_000,
      batchBytes,
    })
    this.#timer = this.#startTimer(options.maintenanceIntervalMs ?? 1_000)
  }

  async createProducer(_options: ProducerOptions): Promise<Producer> {
    requireOpen(this.#core)
    return new PlainProducer(this.#core)
  }

  async createTransactionalProducer(
    options: TransactionalProducerOptions,
  ): Promise<TransactionalProducer> {
    requireOpen(this.#core)
    return new EmbeddedTransactionalProducer(this.#core, this.#transactions, options)
  }

  async createGroupConsumer(options: MemberOptions): Promise<GroupConsumer> {
    requireOpen(this.#core)
    return new EmbeddedGroupConsumer(this.#core, options)
  }

  async createPartitionReader(options: PartitionReaderOptions): Promise<PartitionReader> {
    requireOpen(this.#core)
    return new EmbeddedReader(this.#core, options)
  }

  maintain(options?: MaintainOptions): Promise<void> {
    return this.#maintenance.maintain(options)
  }

  alterTopic(topic: string, change: Partial<Omit<NewTopic, 'topic' | 'partitions'>>): void {
    requireOpen(this.#core)
    this.#core.topics.alter(topic, change)
  }

  unreadPart(topic: string, groupId: string): number {
    requireOpen(this.#core)
    return unreadPart(this.#core.topics, this.#core.offsets, topic, groupId)
  }

  sizeBytes(): number {
    const { database } = this.#core
    return database.sizeBytes(LOG)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer)
    this.#core.closed = true
    for (const log of this.#core.topics.partitions()) log.wakeReaders()
    // A running round ends at its next slice.
    await this.#maintenance.idle()
    await this.#core.database.close()
  }

  #startTimer(intervalMs: number): NodeJS.Timeout | undefined {
    if (intervalMs <= 0) return undefined
    const timer = setInterval(() => {
      this.#maintenance.expire()
      if (this.#maintenance.running) return
      this.maintain().catch((error: unknown) => {
        this.#core.logger.error({ error }, 'maintenance of the log failed; it is tried again')
      })
    }, intervalMs)
    timer.unref()
    return timer
  }
}
