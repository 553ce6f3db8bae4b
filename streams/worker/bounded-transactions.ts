import assert from 'node:assert/strict'
import type { Clock } from '../clock.ts'
import { StreamsError } from '../errors.ts'
import type {
  AppendResult,
  GroupMetadata,
  OffsetCommit,
  PartitionAppend,
  TransactionalProducer,
} from '../log/log.ts'
import type { Timers } from '../timers.ts'

export interface BoundedTransactionsOptions {
  readonly transactionalId: string
  readonly open: () => Promise<TransactionalProducer>
  /** From `begin` to the end of `commit` or `abort`. */
  readonly transactionTimeoutMs: number
  readonly clock: Clock
  readonly timers: Timers
}

/**
 * A producer none of whose transactions is waited for longer than the log keeps it open. One that takes longer is given up: its outcome is
 * unknown to its task, and the next `init`, on a producer of its own, ends it.
 */
export class BoundedTransactions implements TransactionalProducer {
  readonly #options: BoundedTransactionsOptions
  #inner: TransactionalProducer | undefined
  #abandoned = false
  #deadlineMs = 0

  constructor(options: BoundedTransactionsOptions) {
    this.#options = options
  }

  async init(): Promise<void> {
    if (this.#abandoned) {
      // A call of it may still hang: nobody waits for it any more.
      this.#inner?.close().catch(() => undefined)
      this.#inner = undefined
      this.#abandoned = false
    }
    this.#inner ??= await this.#options.open()
    await this.#inner.init()
  }

  begin(): Promise<void> {
    this.#deadlineMs = this.#options.clock.monotonicMs() + this.#options.transactionTimeoutMs
    return this.#within((inner) => inner.begin())
  }

  send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    return this.#within((inner) => inner.send(appends))
  }

  sendOffsets(group: GroupMetadata, offsets: readonly OffsetCommit[]): Promise<void> {
    return this.#within((inner) => inner.sendOffsets(group, offsets))
  }

  commit(): Promise<void> {
    return this.#within((inner) => inner.commit())
  }

  abort(): Promise<void> {
    return this.#within((inner) => inner.abort())
  }

  async close(): Promise<void> {
    const closing = this.#inner?.close()
    if (this.#abandoned) closing?.catch(() => undefined)
    else await closing
  }

  async #within<T>(call: (inner: TransactionalProducer) => Promise<T>): Promise<T> {
    const { clock, timers } = this.#options
    assert(this.#inner !== undefined, 'init comes first')
    if (this.#abandoned) throw this.#timedOut()
    let cancel = () => {}
    const late = new Promise<never>((_, reject) => {
      cancel = timers.after(Math.max(0, this.#deadlineMs - clock.monotonicMs()), () => {
        this.#abandoned = true
        reject(this.#timedOut())
      })
    })
    try {
      return await Promise.race([call(this.#inner), late])
    } finally {
      cancel()
    }
  }

  #timedOut(): StreamsError {
    const { transactionalId, transactionTimeoutMs } = this.#options
    return new StreamsError(
      'LOG_TRANSACTION_TIMED_OUT',
      `a transaction of ${transactionalId} took longer than ${transactionTimeoutMs} ms`,
      {},
      'The task begins again by itself. If it happens often: smaller transactions, or a larger transactionTimeoutMs.',
    )
  }
}
