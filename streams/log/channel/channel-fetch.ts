import { systemClock } from '../../clock.ts'
import { logClosed } from '../embedded/log-errors.ts'
import { eventLoopTurn, Signal } from '../embedded/signal.ts'
import type { FetchedBatch, TopicPartition } from '../log.ts'
import type { Connection } from './connection.ts'
import { FetchedRecords } from './fetched-records.ts'
import { type PackedFetch, type Target, windowBytes } from './protocol.ts'

const POLLED_RECORDS_DEFAULT = 10_000

/** The polls of this thread, out of what the other one has read ahead. */
export class ChannelFetch {
  readonly records: FetchedRecords
  readonly signal = new Signal()
  readonly #connection: Connection
  readonly #target: Target
  /** `ahead`: the other thread reads on. `owed`: it is about to, or to tell why it does not; that is waited for, however short the poll. */
  #state: 'idle' | 'owed' | 'ahead' = 'idle'
  #failure: { readonly error: unknown } | undefined
  #closed = false

  constructor(
    connection: Connection,
    target: Target,
    options: {
      readonly bufferedBytesMax: number | undefined
      readonly epochOf: (partition: TopicPartition) => number
    },
  ) {
    this.#connection = connection
    this.#target = target
    this.records = new FetchedRecords({
      epochOf: options.epochOf,
      credit: (bytes) => connection.notice({ name: 'credit', target, bytes }),
      creditStep: windowBytes(options.bufferedBytesMax) / 4,
    })
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** `takePart` does what is asked of a member; answers whether records may be delivered. */
  async poll(
    options: { readonly maxWaitMs: number; readonly recordsMax?: number },
    takePart: () => Promise<boolean> = async () => true,
  ): Promise<readonly FetchedBatch[]> {
    const recordsMax = options.recordsMax ?? POLLED_RECORDS_DEFAULT
    this.requireOpen()
    // Waiting is a matter of real time, whatever the log's clock says.
    const untilMs = systemClock.monotonicMs() + options.maxWaitMs
    for (;;) {
      this.signal.reset()
      const settled = await takePart()
      if (this.#closed) return []
      this.#connection.requireOpen()
      this.#throwFailure()
      if (this.#state === 'idle') this.#begin()
      const batches = settled ? this.records.take(recordsMax) : []
      const waitMs = this.#state === 'owed' ? Infinity : untilMs - systemClock.monotonicMs()
      if (batches.length > 0 || waitMs <= 0) {
        await eventLoopTurn()
        return batches
      }
      await this.signal.wait(waitMs)
      if (this.#closed) return []
    }
  }

  add(fetched: readonly PackedFetch[], bytes: ArrayBuffer): void {
    this.records.add(fetched, bytes)
    this.signal.notify()
  }

  fail(error: unknown): void {
    this.#state = 'idle'
    this.#failure = { error }
    this.signal.notify()
  }

  /** A function of the member has thrown: the poll of the other thread fails with it. */
  expectFailure(): void {
    this.#state = 'owed'
  }

  close(): void {
    this.#closed = true
    this.records.dropAll()
    this.signal.notify()
  }

  requireOpen(): void {
    this.#connection.requireOpen()
    if (this.#closed) throw logClosed()
  }

  #begin(): void {
    this.#state = 'owed'
    this.#connection
      .call({ name: 'fetch', target: this.#target })
      .then(() => {
        this.#state = 'ahead'
        this.signal.notify()
      })
      .catch((error: unknown) => this.fail(error))
  }

  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure.error
  }
}
