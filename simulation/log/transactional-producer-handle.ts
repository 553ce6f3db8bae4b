import { StreamsError } from '#streams'
import type {
  AppendResult,
  GroupMetadata,
  OffsetCommit,
  PartitionAppend,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '#streams/log'
import type { Machine } from '../machine.ts'
import { withPartitions } from './appends.ts'
import type { Broker } from './broker.ts'
import { fenced, outcomeUnknown, producerState } from './errors.ts'
import type { Identity } from './transactions.ts'

type State = 'uninitialised' | 'ready' | 'in-transaction' | 'unknown' | 'fenced'

/** As Kafka's clients behave: a transaction begins at the log with the first request; a producer that is closed leaves its transaction open. */
export class TransactionalProducerHandle implements TransactionalProducer {
  readonly #broker: Broker
  readonly #machine: Machine
  readonly #options: TransactionalProducerOptions
  #state: State = 'uninitialised'
  #identity: Identity | undefined
  /** Of the transaction, within the identity. */
  #serial = 0
  #isEmpty = true

  constructor(broker: Broker, machine: Machine, options: TransactionalProducerOptions) {
    this.#broker = broker
    this.#machine = machine
    this.#options = options
  }

  async init(): Promise<void> {
    const { transactionalId, transactionTimeoutMs } = this.#options
    if (this.#state === 'fenced') throw fenced(transactionalId)
    this.#state = 'unknown'
    this.#identity = await this.#broker.network.call(
      this.#machine,
      'transactions',
      `init ${transactionalId}`,
      () => this.#broker.transactions.init(transactionalId, transactionTimeoutMs),
      { straggles: true, repeats: false },
    )
    this.#serial = 0
    this.#state = 'ready'
  }

  async begin(): Promise<void> {
    this.#expect('ready')
    this.#serial++
    this.#isEmpty = true
    this.#state = 'in-transaction'
  }

  async send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    const identity = this.#expect('in-transaction')
    this.#isEmpty = false
    const [serial, request] = [this.#serial, this.#broker.nextNumber()]
    return this.#attempt('send', 'data', () =>
      this.#broker.transactions.append(
        identity,
        serial,
        request,
        withPartitions(this.#broker, appends),
      ),
    )
  }

  async sendOffsets(group: GroupMetadata, offsets: readonly OffsetCommit[]): Promise<void> {
    const identity = this.#expect('in-transaction')
    this.#isEmpty = false
    const serial = this.#serial
    await this.#attempt('sendOffsets', 'groups', () =>
      this.#broker.transactions.offsets(identity, serial, group, offsets),
    )
  }

  commit(): Promise<void> {
    return this.#end(true)
  }

  abort(): Promise<void> {
    return this.#end(false)
  }

  async close(): Promise<void> {
    if (this.#state !== 'fenced') this.#state = 'uninitialised'
  }

  async #end(commit: boolean): Promise<void> {
    const identity = this.#expect('in-transaction')
    const serial = this.#serial
    if (!this.#isEmpty) {
      await this.#attempt(commit ? 'commit' : 'abort', 'transactions', () =>
        this.#broker.transactions.end(identity, serial, commit),
      )
    }
    this.#state = 'ready'
  }

  async #attempt<T>(
    what: string,
    to: 'data' | 'groups' | 'transactions',
    apply: () => T | Promise<T>,
  ): Promise<T> {
    const name = `${what} ${this.#options.transactionalId}`
    try {
      return await this.#broker.network.call(this.#machine, to, name, apply, {
        unknown: outcomeUnknown,
        straggles: true,
      })
    } catch (error) {
      const isFenced = error instanceof StreamsError && error.code === 'LOG_FENCED'
      this.#state = isFenced ? 'fenced' : 'unknown'
      throw error
    }
  }

  #expect(state: State): Identity {
    const { transactionalId } = this.#options
    if (this.#state === 'fenced') throw fenced(transactionalId)
    if (this.#state === 'unknown') throw outcomeUnknown(transactionalId)
    if (this.#state !== state || this.#identity === undefined) {
      throw producerState(`${transactionalId} is ${this.#state}, not ${state}`)
    }
    return this.#identity
  }
}
