import type {
  GroupConsumer,
  GroupConsumerOptions,
  Log,
  LogAdmin,
  PartitionReader,
  PartitionReaderOptions,
  Producer,
  ProducerOptions,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '#streams/log'
import type { Machine } from '../machine.ts'
import { createAdmin } from './admin-handle.ts'
import type { Broker } from './broker.ts'
import { GroupConsumerHandle } from './group-consumer-handle.ts'
import { PartitionReaderHandle } from './partition-reader-handle.ts'
import { ProducerHandle } from './producer-handle.ts'
import { TransactionalProducerHandle } from './transactional-producer-handle.ts'

/** The log as one process sees it. */
export class LogHandle implements Log {
  readonly admin: LogAdmin
  readonly #broker: Broker
  readonly #machine: Machine

  constructor(broker: Broker, machine: Machine) {
    this.#broker = broker
    this.#machine = machine
    this.admin = createAdmin(broker, machine)
  }

  async createProducer(_options: ProducerOptions): Promise<Producer> {
    return new ProducerHandle(this.#broker, this.#machine)
  }

  async createTransactionalProducer(
    options: TransactionalProducerOptions,
  ): Promise<TransactionalProducer> {
    return new TransactionalProducerHandle(this.#broker, this.#machine, options)
  }

  async createGroupConsumer(options: GroupConsumerOptions): Promise<GroupConsumer> {
    return new GroupConsumerHandle(this.#broker, this.#machine, options)
  }

  async createPartitionReader(options: PartitionReaderOptions): Promise<PartitionReader> {
    return new PartitionReaderHandle(this.#broker, this.#machine, options)
  }

  async close(): Promise<void> {}
}
