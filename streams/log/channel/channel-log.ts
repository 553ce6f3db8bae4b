import type { MessagePort } from 'node:worker_threads'
import type {
  GroupConsumer,
  GroupConsumerOptions,
  GroupDescription,
  Log,
  LogAdmin,
  NewTopic,
  OffsetCommit,
  OffsetQuery,
  PartitionReader,
  PartitionReaderOptions,
  Producer,
  ProducerOptions,
  TopicDescription,
  TopicPartition,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { ChannelGroupConsumer } from './channel-group-consumer.ts'
import { ChannelProducer, ChannelTransactionalProducer } from './channel-producers.ts'
import { ChannelReader } from './channel-reader.ts'
import { Connection } from './connection.ts'
import type { Position } from './protocol.ts'

/**
 * The log that another thread serves (`serveLog`) on the other port of the channel. Closing it closes what was opened here, never the log itself.
 *
 * @example const log = openChannelLog(workerData.port)
 */
export function openChannelLog(port: MessagePort): Log {
  return new ChannelLog(new Connection(port))
}

class ChannelLog implements Log {
  readonly admin: LogAdmin
  readonly #connection: Connection
  #closing: Promise<void> | undefined

  constructor(connection: Connection) {
    this.#connection = connection
    this.admin = new ChannelAdmin(connection)
  }

  createProducer(options: ProducerOptions): Promise<Producer> {
    return ChannelProducer.open(this.#connection, options)
  }

  createTransactionalProducer(
    options: TransactionalProducerOptions,
  ): Promise<TransactionalProducer> {
    return ChannelTransactionalProducer.open(this.#connection, options)
  }

  createGroupConsumer(options: GroupConsumerOptions): Promise<GroupConsumer> {
    return ChannelGroupConsumer.open(this.#connection, options)
  }

  createPartitionReader(options: PartitionReaderOptions): Promise<PartitionReader> {
    return ChannelReader.open(this.#connection, options)
  }

  close(): Promise<void> {
    this.#closing ??= this.#connection
      .call({ name: 'close-all' })
      .finally(() => this.#connection.close())
    return this.#closing
  }
}

class ChannelAdmin implements LogAdmin {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  createTopics(topics: readonly NewTopic[]): Promise<readonly string[]> {
    return this.#call('createTopics', topics)
  }

  deleteTopics(topics: readonly string[]): Promise<void> {
    return this.#call('deleteTopics', topics)
  }

  listTopics(): Promise<readonly string[]> {
    return this.#call('listTopics')
  }

  describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    return this.#call('describeTopics', topics)
  }

  offsets(partitions: readonly TopicPartition[], at: OffsetQuery): Promise<readonly number[]> {
    return this.#call('offsets', places(partitions), at)
  }

  listGroups(): Promise<readonly string[]> {
    return this.#call('listGroups')
  }

  describeGroup(groupId: string): Promise<GroupDescription> {
    return this.#call('describeGroup', groupId)
  }

  groupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
  ): Promise<readonly (OffsetCommit | undefined)[]> {
    return this.#call('groupOffsets', groupId, places(partitions))
  }

  setGroupOffsets(groupId: string, offsets: readonly OffsetCommit[]): Promise<void> {
    return this.#call('setGroupOffsets', groupId, offsets)
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.#call('deleteGroup', groupId)
  }

  truncate(positions: readonly Position[]): Promise<void> {
    return this.#call(
      'truncate',
      positions.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    )
  }

  #call<T>(method: keyof LogAdmin, ...args: readonly unknown[]): Promise<T> {
    return this.#connection.call({ name: 'admin', method, args })
  }
}

/** What callers pass for a partition may be anything that has one: a task's queue, say. */
const places = (partitions: readonly TopicPartition[]): readonly TopicPartition[] =>
  partitions.map(({ topic, partition }) => ({ topic, partition }))
