import { invalidRecord, logClosed } from '../embedded/log-errors.ts'
import type {
  AppendResult,
  GroupMetadata,
  OffsetCommit,
  PartitionAppend,
  Producer,
  ProducerOptions,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import type { Connection } from './connection.ts'
import { Packer } from './packing.ts'
import type { Target } from './protocol.ts'

/** Appends to a log in another thread. */
export class ChannelProducer implements Producer {
  protected readonly connection: Connection
  protected readonly target: Target
  readonly #packer = new Packer()
  #closed = false

  static async open(connection: Connection, options: ProducerOptions): Promise<ChannelProducer> {
    const target = connection.nextTarget()
    await connection.call({ name: 'open-producer', target, options })
    return new ChannelProducer(connection, target)
  }

  protected constructor(connection: Connection, target: Target) {
    this.connection = connection
    this.target = target
  }

  async send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    this.requireOpen()
    for (const append of appends) check(append)
    const packed = appends.map(({ topic, partition, records }) => ({
      topic,
      partition,
      ...this.#packer.add(records, (_, index) => index),
    }))
    const bytes = this.#packer.take()
    const { target } = this
    return this.connection.call({ name: 'send', target, appends: packed, bytes }, [bytes])
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.connection.call({ name: 'close', target: this.target, leaveGroup: true })
  }

  protected requireOpen(): void {
    if (this.#closed) throw logClosed()
  }
}

/** Transactions on a log in another thread. `begin` waits for nothing; no call has to wait for the one before it. */
export class ChannelTransactionalProducer extends ChannelProducer implements TransactionalProducer {
  static override async open(
    connection: Connection,
    options: TransactionalProducerOptions,
  ): Promise<ChannelTransactionalProducer> {
    const target = connection.nextTarget()
    await connection.call({ name: 'open-transactional', target, options })
    return new ChannelTransactionalProducer(connection, target)
  }

  init(): Promise<void> {
    return this.#call('init')
  }

  async begin(): Promise<void> {
    this.requireOpen()
    this.connection.requireOpen()
    this.connection.notice({ name: 'begin', target: this.target })
  }

  async sendOffsets(group: GroupMetadata, offsets: readonly OffsetCommit[]): Promise<void> {
    this.requireOpen()
    await this.connection.call({ name: 'send-offsets', target: this.target, group, offsets })
  }

  commit(): Promise<void> {
    return this.#call('commit')
  }

  abort(): Promise<void> {
    return this.#call('abort')
  }

  async #call(name: 'init' | 'commit' | 'abort'): Promise<void> {
    this.requireOpen()
    await this.connection.call({ name, target: this.target })
  }
}

/** What cannot be packed; the rest the log looks at. */
function check({ topic, partition, records }: PartitionAppend): void {
  for (const { timestampMs } of records) {
    if (Number.isSafeInteger(timestampMs) && timestampMs >= 0) continue
    throw invalidRecord(
      { topic, partition },
      `timestamp ${timestampMs} is not a count of milliseconds`,
    )
  }
}
