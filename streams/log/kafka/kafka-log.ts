import type { Clock } from '../../clock.ts'
import { StreamsError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { Metrics } from '../../metrics.ts'
import type {
  GroupConsumer,
  GroupConsumerOptions,
  GroupMetadata,
  Log,
  LogAdmin,
  LogHealth,
  PartitionReader,
  PartitionReaderOptions,
  Producer,
  ProducerOptions,
  TopicPartition,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { BrokerHealth } from './broker-health.ts'
import type { ConnectionSecurity } from './broker-link.ts'
import { Cluster } from './cluster.ts'
import { KafkaAdmin } from './kafka-admin.ts'
import { KafkaGroupConsumer } from './kafka-group-consumer.ts'
import { KafkaPartitionReader } from './kafka-partition-reader.ts'
import { KafkaProducer } from './kafka-producer.ts'
import { KafkaTransactionalProducer } from './kafka-transactional-producer.ts'

export interface KafkaLogOptions extends ConnectionSecurity {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  /** How long a call goes on trying while brokers are away, in ms; 120,000 by default. Then it fails with LOG_UNAVAILABLE. */
  readonly retryForMs?: number
  /** How long one request may take, in ms; 15,000 by default. A broker that is frozen is given up after it. */
  readonly requestTimeoutMs?: number
  /** Of transactions, 2 (KIP-890) by default where the cluster has agreed on it; 1 for a cluster that is about to go back. */
  readonly transactionVersionMax?: 1 | 2
  /** Ends the opening at once, which then fails with LOG_CLOSED. Without effect on a log that is open: close that. */
  readonly signal?: AbortSignal
}

/**
 * The log port on Apache Kafka 3.9 or later. Resolves when a broker has answered.
 * @throws {StreamsError} LOG_UNAVAILABLE after `retryForMs` without an answer, LOG_CLOSED when `signal` was aborted before
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<Log> {
  for (const broker of options.brokers) checkAddress(broker)
  const log = new KafkaLog(options)
  await log.connect()
  return log
}

class KafkaLog implements Log {
  readonly admin: LogAdmin
  readonly #options: KafkaLogOptions
  readonly #health: BrokerHealth
  readonly #adminCluster: Cluster
  readonly #opened = new Set<{ close(): Promise<void> }>()
  readonly #consumers = new Set<KafkaGroupConsumer>()

  constructor(options: KafkaLogOptions) {
    this.#options = options
    this.#health = new BrokerHealth(options)
    this.#adminCluster = this.#cluster(options.clientId)
    this.admin = new KafkaAdmin(this.#adminCluster)
  }

  async connect(): Promise<void> {
    const { brokers, signal } = this.#options
    const what = `connect to ${brokers.join(', ')}`
    const stop = () => void this.#adminCluster.close()
    signal?.addEventListener('abort', stop)
    try {
      if (signal?.aborted === true) stop()
      await this.#adminCluster.retry(what, {}, () => this.#adminCluster.refresh([]))
    } catch (error) {
      await this.#adminCluster.close()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  async createProducer(options: ProducerOptions): Promise<Producer> {
    return this.#open(options.clientId, (cluster) => new KafkaProducer(cluster, options))
  }

  async createTransactionalProducer(
    options: TransactionalProducerOptions,
  ): Promise<TransactionalProducer> {
    return this.#open(
      options.clientId,
      (cluster) =>
        new KafkaTransactionalProducer(cluster, options, (stale, partitions) =>
          this.#renewed(stale, partitions),
        ),
    )
  }

  async createGroupConsumer(options: GroupConsumerOptions): Promise<GroupConsumer> {
    const consumer = this.#open(
      options.clientId,
      (cluster) =>
        new KafkaGroupConsumer(cluster, this.#cluster(options.clientId), options, () =>
          this.#consumers.delete(consumer),
        ),
    )
    this.#consumers.add(consumer)
    return consumer
  }

  async createPartitionReader(options: PartitionReaderOptions): Promise<PartitionReader> {
    return this.#open(options.clientId, (cluster) => new KafkaPartitionReader(cluster, options))
  }

  health(): LogHealth {
    return this.#health.health()
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#opened].map((each) => each.close()))
    this.#opened.clear()
    await this.#adminCluster.close()
  }

  async #renewed(stale: GroupMetadata, partitions: readonly TopicPartition[]) {
    for (const consumer of this.#consumers) {
      const renewed = await consumer.renewed(stale, partitions)
      if (renewed !== undefined) return renewed
    }
    return undefined
  }

  #cluster(clientId: string, onClosed?: () => void): Cluster {
    const options = {
      ...this.#options,
      clientId,
      health: this.#health,
      retryForMs: this.#options.retryForMs ?? 120_000,
      requestTimeoutMs: this.#options.requestTimeoutMs ?? 15_000,
      transactionVersionMax: this.#options.transactionVersionMax ?? 2,
    }
    return new Cluster(options, onClosed)
  }

  #open<T extends { close(): Promise<void> }>(
    clientId: string,
    create: (cluster: Cluster) => T,
  ): T {
    const client = create(this.#cluster(clientId, () => this.#opened.delete(client)))
    this.#opened.add(client)
    return client
  }
}

function checkAddress(broker: string): void {
  if (/^[^\s:]+:\d{1,5}$/.test(broker) || /^\[[0-9a-f:]+\]:\d{1,5}$/i.test(broker)) return
  throw new StreamsError(
    'LOG_ADDRESS_INVALID',
    `"${broker}" is not an address of a broker`,
    {},
    'Give host:port, separated by commas if there are several.',
  )
}
