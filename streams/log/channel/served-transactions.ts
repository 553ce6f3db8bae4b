import type {
  AppendResult,
  GroupMetadata,
  OffsetCommit,
  PartitionAppend,
  TransactionalProducer,
} from '../log.ts'

/** Carries out the calls of another thread one after the other: it need not wait for one before it makes the next. */
export class ServedTransactions {
  readonly #producer: TransactionalProducer
  #last: Promise<unknown> = Promise.resolve()
  /** `begin` is not answered: what it failed with is what the next call fails with. */
  #beginFailure: { readonly error: unknown } | undefined

  constructor(producer: TransactionalProducer) {
    this.#producer = producer
  }

  begin(): void {
    this.#next(() => this.#producer.begin())
      .then(() => {
        this.#beginFailure = undefined
      })
      .catch((error: unknown) => {
        this.#beginFailure = { error }
      })
  }

  init(): Promise<void> {
    return this.#next(() => {
      this.#beginFailure = undefined
      return this.#producer.init()
    })
  }

  send(appends: readonly PartitionAppend[]): Promise<readonly AppendResult[]> {
    return this.#begun(() => this.#producer.send(appends))
  }

  sendOffsets(group: GroupMetadata, offsets: readonly OffsetCommit[]): Promise<void> {
    return this.#begun(() => this.#producer.sendOffsets(group, offsets))
  }

  commit(): Promise<void> {
    return this.#begun(() => this.#producer.commit())
  }

  abort(): Promise<void> {
    return this.#begun(() => this.#producer.abort())
  }

  close(): Promise<void> {
    return this.#next(() => this.#producer.close())
  }

  #begun<T>(call: () => Promise<T>): Promise<T> {
    return this.#next(async () => {
      const failure = this.#beginFailure
      this.#beginFailure = undefined
      if (failure !== undefined) throw failure.error
      return call()
    })
  }

  #next<T>(call: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(call)
    this.#last = answer.catch(() => undefined)
    return answer
  }
}
