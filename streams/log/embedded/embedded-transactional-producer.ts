import assert from 'node:assert'
import type {
  AppendResult,
  GroupMetadata,
  OffsetCommit,
  PartitionAppend,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { type LogCore, requireOpen } from './log-core.ts'
import { fenced, logClosed, outcomeUnknown, transactionTimedOut } from './log-errors.ts'
import { eventLoopTurn } from './signal.ts'
import { Transaction } from './transaction.ts'
import type { TransactionRegistry } from './transaction-registry.ts'

/** After a failure only `init` (or `abort`) is answered; after a fencing nothing is. */
type Standing = 'new' | 'ready' | 'failed' | 'fenced' | 'closed'

export class EmbeddedTransactionalProducer implements TransactionalProducer {
  readonly #core: LogCore
  readonly #registry: TransactionRegistry
  readonly #id: string
  readonly #timeoutMs: number
  #standing: Standing = 'new'
  #epoch = 0
  #transaction: Transaction | undefined

  constructor(core: LogCore, registry: TransactionRegistry, options: TransactionalProducerOptions) {
    this.#core = core
    this.#registry = registry
    this.#id = options.transactionalId
    this.#timeoutMs = options.transactionTimeoutMs
  }

  async init(): Promise<void> {
    requireOpen(this.#core)
    if (this.#standing === 'closed') throw logClosed()
    // Of two producers with one id the younger one wins, however often the older one asks.
    if (this.#standing === 'fenced') throw fenced(this.#id)
    if (this.#standing !== 'new') this.#requireEpoch()
    this.#endTransaction()
    this.#epoch = this.#registry.takeOver(this.#id)
    this.#standing = 'ready'
  }

  async begin(): Promise<void> {
    this.#requireReady()
    assert(this.#transaction === undefined, 'a transaction is open already')
    this.#transaction = new Transaction(this.#core, this.#id, this.#timeoutMs)
    this.#registry.opened(this.#transaction)
  }

  async send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    return this.#attempt((transaction) => transaction.send(appends))
  }

  async sendOffsets(group: GroupMetadata, offsets: readonly OffsetCommit[]): Promise<void> {
    this.#attempt((transaction) => {
      this.#core.groups.requireMember(group, offsets)
      transaction.sendOffsets(group.groupId, offsets)
    })
  }

  async commit(): Promise<void> {
    this.#attempt((transaction) => transaction.commit())
    this.#endTransaction()
    await eventLoopTurn()
  }

  async abort(): Promise<void> {
    requireOpen(this.#core)
    if (this.#standing === 'closed') throw logClosed()
    this.#requireEpoch()
    assert(this.#standing !== 'new', 'init comes first')
    this.#endTransaction()
    if (this.#standing === 'failed') this.#standing = 'ready'
  }

  async close(): Promise<void> {
    if (this.#standing !== 'fenced') this.#endTransaction()
    this.#standing = 'closed'
  }

  #attempt<T>(call: (transaction: Transaction) => T): T {
    this.#requireReady()
    const transaction = this.#transaction
    assert(transaction !== undefined, 'no transaction is open')
    if (transaction.ended || transaction.expired()) {
      this.#fail()
      throw transactionTimedOut(this.#id, this.#timeoutMs)
    }
    try {
      return call(transaction)
    } catch (error) {
      this.#fail()
      throw error
    }
  }

  #requireReady(): void {
    requireOpen(this.#core)
    if (this.#standing === 'closed') throw logClosed()
    assert(this.#standing !== 'new', 'init comes first')
    this.#requireEpoch()
    if (this.#standing === 'failed') throw outcomeUnknown(this.#id)
  }

  #requireEpoch(): void {
    if (this.#standing === 'fenced') throw fenced(this.#id)
    if (this.#registry.owns(this.#id, this.#epoch)) return
    this.#standing = 'fenced'
    throw fenced(this.#id)
  }

  #fail(): void {
    this.#endTransaction()
    this.#standing = 'failed'
  }

  #endTransaction(): void {
    const transaction = this.#transaction
    if (transaction === undefined) return
    this.#transaction = undefined
    transaction.abort()
    this.#registry.ended(transaction)
  }
}
