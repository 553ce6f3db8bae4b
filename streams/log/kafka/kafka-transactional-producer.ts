import { StreamsError } from '../../errors.ts'
import type {
  AppendResult,
  GroupMetadata,
  OffsetCommit,
  PartitionAppend,
  TopicPartition,
  TransactionalProducer,
  TransactionalProducerOptions,
} from '../log.ts'
import { Appender, type ProducerIdentity } from './appender.ts'
import type { BrokerLink } from './broker-link.ts'
import type { Cluster } from './cluster.ts'
import { type MemberRenewal, withRenewal } from './member-renewal.ts'
import { txnOffsetCommitRequest } from './offset-requests.ts'
import { byTopic, partitionKey } from './partitions.ts'
import { endTxnRequest, finalizedFeaturesRequest } from './transaction-requests.ts'

type ProducerState = 'uninitialised' | 'ready' | 'in-transaction' | 'fenced' | 'unknown'

/**
 * Transactions of version 2 (KIP-890) where the cluster has agreed on them: what is written becomes part of the transaction by that, and
 * every end changes the epoch. Otherwise partitions and groups are named to the coordinator before anything is written to them.
 */
export class KafkaTransactionalProducer implements TransactionalProducer {
  readonly #cluster: Cluster
  readonly #appender: Appender
  readonly #transactionalId: string
  readonly #transactionTimeoutMs: number
  readonly #renewal: MemberRenewal
  readonly #added = new Set<string>()
  readonly #groups = new Set<string>()
  /** Something may have been written. */
  #touched = false
  #state: ProducerState = 'uninitialised'

  constructor(cluster: Cluster, options: TransactionalProducerOptions, renewal: MemberRenewal) {
    this.#cluster = cluster
    this.#renewal = renewal
    this.#transactionalId = options.transactionalId
    this.#transactionTimeoutMs = options.transactionTimeoutMs
    this.#appender = new Appender(cluster, options.transactionalId, options.compression === 'gzip')
  }

  async init(): Promise<void> {
    this.#forgetTransaction()
    const transactionalId = this.#transactionalId
    const transactionTimeout = this.#transactionTimeoutMs
    const identity = await this.#cluster.retry(`init ${transactionalId}`, {}, async () => {
      const link = await this.#cluster.coordinator('transaction', transactionalId)
      const joinsOnWrite = await this.#mayJoinOnWrite(link)
      const broker = await link.broker()
      const id = await broker.initProducerId({ transactionalId, transactionTimeout })
      const { producerEpoch } = id
      return { producerId: Number(id.producerId), producerEpoch, joinsOnWrite }
    })
    this.#appender.identify(identity)
    this.#state = 'ready'
  }

  async begin(): Promise<void> {
    this.#expect('ready', 'begin')
    this.#forgetTransaction()
    this.#state = 'in-transaction'
  }

  async send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    const identity = this.#expect('in-transaction', 'send')
    this.#touched ||= appends.length > 0
    return this.#guard(async () => {
      if (!identity.joinsOnWrite) await this.#addPartitions(identity, appends)
      return this.#appender.append(appends, identity, this.#retryForMs())
    })
  }

  async sendOffsets(group: GroupMetadata, offsets: readonly OffsetCommit[]): Promise<void> {
    const identity = this.#expect('in-transaction', 'sendOffsets')
    if (offsets.length === 0) return
    this.#touched = true
    await this.#guard(async () => {
      if (!identity.joinsOnWrite) await this.#addGroup(identity, group.groupId)
      const what = `commit offsets of ${group.groupId} with the transaction`
      await withRenewal(group, offsets, this.#renewal, (current) =>
        this.#retry(what, async () => {
          const link = await this.#cluster.coordinator('group', current.groupId)
          await link.send(txnOffsetCommitRequest(this.#transactionalId, identity, current, offsets))
        }),
      )
    })
  }

  async commit(): Promise<void> {
    await this.#end(true)
  }

  async abort(): Promise<void> {
    await this.#end(false)
  }

  async close(): Promise<void> {
    await this.#cluster.close()
    this.#state = 'uninitialised'
  }

  async #end(commit: boolean): Promise<void> {
    const identity = this.#expect('in-transaction', commit ? 'commit' : 'abort')
    if (this.#touched) {
      await this.#guard(() => this.#endTransaction(identity, commit))
    }
    this.#forgetTransaction()
    this.#state = 'ready'
  }

  async #endTransaction(identity: ProducerIdentity, commit: boolean): Promise<void> {
    try {
      // Repeating the same end after a lost answer is answered as the first one was.
      await this.#retry(commit ? 'commit' : 'abort', () => this.#sendEnd(identity, commit))
    } catch (error) {
      if (error instanceof StreamsError && error.code === 'LOG_FENCED') throw error
      throw new StreamsError(
        'LOG_OUTCOME_UNKNOWN',
        `the ${commit ? 'commit' : 'abort'} of ${this.#transactionalId} may or may not have happened`,
        {},
        'Call init, then read the committed offsets back and go on from there.',
        error,
      )
    }
  }

  async #mayJoinOnWrite(coordinator: BrokerLink): Promise<boolean> {
    if (this.#cluster.options.transactionVersionMax < 2) return false
    const features = await coordinator.send(finalizedFeaturesRequest())
    return (features.get('transaction.version') ?? 0) >= 2
  }

  async #sendEnd(identity: ProducerIdentity, commit: boolean): Promise<void> {
    const link = await this.#cluster.coordinator('transaction', this.#transactionalId)
    if (identity.joinsOnWrite) {
      const next = await link.send(endTxnRequest(this.#transactionalId, identity, commit))
      this.#appender.identify({ ...next, joinsOnWrite: true })
    } else {
      const broker = await link.broker()
      await broker.endTxn({ ...this.#named(identity), transactionResult: commit })
    }
  }

  async #addPartitions(
    identity: ProducerIdentity,
    partitions: readonly TopicPartition[],
  ): Promise<void> {
    const added = partitions.filter((partition) => !this.#added.has(partitionKey(partition)))
    if (added.length === 0) return
    const topics = byTopic(added).map(([topic, entries]) => ({
      topic,
      partitions: [...new Set(entries.map((entry) => entry.partition))],
    }))
    await this.#retry('add partitions to the transaction', async () => {
      // The leaders are asked first: the coordinator answers for unknown topics with a bare refusal of all.
      for (const partition of added) await this.#cluster.leader(partition)
      const broker = await this.#coordinator()
      await broker.addPartitionsToTxn({ ...this.#named(identity), topics })
    })
    for (const partition of added) this.#added.add(partitionKey(partition))
  }

  async #addGroup(identity: ProducerIdentity, groupId: string): Promise<void> {
    if (this.#groups.has(groupId)) return
    await this.#retry('add a group to the transaction', async () => {
      const broker = await this.#coordinator()
      await broker.addOffsetsToTxn({ ...this.#named(identity), groupId })
    })
    this.#groups.add(groupId)
  }

  async #coordinator() {
    return (await this.#cluster.coordinator('transaction', this.#transactionalId)).broker()
  }

  #named(identity: ProducerIdentity) {
    return {
      transactionalId: this.#transactionalId,
      producerId: String(identity.producerId),
      producerEpoch: identity.producerEpoch,
    }
  }

  #retry<T>(what: string, attempt: () => Promise<T>): Promise<T> {
    return this.#cluster.retry(
      `${what} (${this.#transactionalId})`,
      {},
      attempt,
      this.#retryForMs(),
    )
  }

  /** Nothing is gained by trying after the coordinator has aborted the transaction. */
  #retryForMs(): number {
    return Math.min(this.#cluster.options.retryForMs, this.#transactionTimeoutMs)
  }

  async #guard<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      const fenced = error instanceof StreamsError && error.code === 'LOG_FENCED'
      if (fenced) this.#state = 'fenced'
      else if (this.#state !== 'fenced') this.#state = 'unknown'
      throw error
    }
  }

  #expect(state: ProducerState, call: string): ProducerIdentity {
    const { identity } = this.#appender
    if (this.#state === state && identity !== undefined) return identity
    if (this.#state === 'fenced') {
      throw new StreamsError(
        'LOG_FENCED',
        `${call}: another owner of ${this.#transactionalId} took over`,
        {},
        'Drop the state of this task: its new owner goes on from the committed offsets.',
      )
    }
    throw new StreamsError(
      'LOG_PRODUCER_STATE',
      `${call} of ${this.#transactionalId} while it is ${this.#state}`,
      {},
      'Call init once, then begin, send, commit or abort; after a failure call init again.',
    )
  }

  #forgetTransaction(): void {
    this.#touched = false
    this.#added.clear()
    this.#groups.clear()
  }
}
