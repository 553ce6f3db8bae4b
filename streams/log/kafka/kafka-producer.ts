import type { AppendResult, PartitionAppend, Producer, ProducerOptions } from '../log.ts'
import { Appender, type ProducerIdentity } from './appender.ts'
import type { Cluster } from './cluster.ts'

/** Idempotent producer. Sends run one after another, in the order of the calls. */
export class KafkaProducer implements Producer {
  readonly #cluster: Cluster
  readonly #appender: Appender
  #last: Promise<unknown> = Promise.resolve()

  constructor(cluster: Cluster, options: ProducerOptions) {
    this.#cluster = cluster
    this.#appender = new Appender(cluster, null, options.compression === 'gzip')
  }

  send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    const result = this.#last.then(() => this.#send(appends))
    this.#last = result.catch(() => {})
    return result
  }

  async close(): Promise<void> {
    await this.#last
    await this.#cluster.close()
  }

  async #send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    const { retryForMs } = this.#cluster.options
    const identity = this.#appender.identity ?? (await this.#identify())
    try {
      return await this.#appender.append(appends, identity, retryForMs)
    } catch (error) {
      // A batch whose outcome is unknown must not share its sequence with the next one, which would be taken for its repetition.
      this.#appender.identify(undefined)
      throw error
    }
  }

  async #identify(): Promise<ProducerIdentity> {
    const identity = await this.#cluster.retry('start a producer', {}, async () => {
      const broker = await (await this.#cluster.any()).broker()
      const id = await broker.initProducerId({ transactionalId: null, transactionTimeout: 60_000 })
      const { producerEpoch } = id
      return { producerId: Number(id.producerId), producerEpoch, joinsOnWrite: false }
    })
    this.#appender.identify(identity)
    return identity
  }
}
