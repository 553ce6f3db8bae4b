import { type Clock, type Logger, type Metrics, Position } from '#streams'
import {
  type AppendResult,
  type Log,
  type PartitionAppend,
  type Producer,
  type ProducerRecord,
  partitionFor,
  type TransactionalProducer,
} from '#streams/log'
import { recordKey, type Topic } from '#topics'
import { ProblemError } from '../http/problem.ts'

/** One event for one topic, from `eventWrite`. */
export interface EventWrite {
  readonly topic: string
  readonly partition: number
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** An event as it is written: its key is `tenantId|entityId`. */
export function eventWrite<E>(
  topic: Topic<E>,
  { tenantId, entityId, event }: { tenantId: string; entityId: string; event: E },
): EventWrite {
  const { entry, keySerde, name, valueSerde } = topic
  const key = keySerde.serialize(name, recordKey(tenantId, entityId))
  return {
    topic: name,
    partition: partitionFor(key, entry.partitions),
    key,
    value: valueSerde.serialize(name, event),
  }
}

export interface EventWriterOptions {
  readonly log: Pick<Log, 'createProducer' | 'createTransactionalProducer'>
  /** Tells this gateway's transactions from those of others. */
  readonly instanceId: string
  /** Writes that may wait; beyond it they are refused. */
  readonly waitingMax: number
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
}

interface Waiting {
  readonly write: EventWrite
  readonly resolve: (position: Position) => void
  readonly reject: (error: unknown) => void
}

const BATCH_MAX = 500

/**
 * Writes events of users. Single ones go together in batches, in their order, through one producer; several that belong together go in a transaction, so
 * that readers see all of them or none. Producers are opened when first needed, and opened again after an error.
 */
export class EventWriter {
  readonly #options: EventWriterOptions
  readonly #written
  readonly #failed
  readonly #seconds
  readonly #waiting: Waiting[] = []
  #producer: Promise<Producer> | undefined
  #draining: Promise<void> | undefined
  #transactions: Promise<unknown> = Promise.resolve()
  #transactional: TransactionalProducer | undefined
  #transactionsWaiting = 0

  constructor(options: EventWriterOptions) {
    this.#options = options
    const { metrics } = options
    this.#written = metrics.counter(
      'orion_gateway_events_written_total',
      'Events of users written.',
    )
    this.#failed = metrics.counter(
      'orion_gateway_event_writes_failed_total',
      'Writes of events of users that the log did not take.',
    )
    this.#seconds = metrics.histogram(
      'orion_gateway_event_write_seconds',
      'Time until the log has a batch or a transaction, in s.',
      [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    )
    metrics.observe(
      'orion_gateway_event_writes_waiting',
      'Writes of events of users that wait for the log.',
      {},
      () => this.#waiting.length + this.#transactionsWaiting,
    )
  }

  /**
   * Resolves with the position just behind the events when the log has them. One event: batched. Several: all or none.
   * @throws {ProblemError} 503; whether it was written may be unknown then: send it again with the same event id
   */
  write(writes: readonly EventWrite[]): Promise<Position> {
    const [write] = writes
    if (write === undefined) return Promise.resolve(Position.empty)
    if (this.#waiting.length + this.#transactionsWaiting >= this.#options.waitingMax)
      return Promise.reject(
        new ProblemError(
          503,
          'log-busy',
          'Too many commands are waiting. Nothing was done: send it again in a moment.',
          {
            retryAfterS: 1,
          },
        ),
      )
    return writes.length === 1 ? this.#enqueue(write) : this.#inTransaction(writes)
  }

  /** Waits for what is being written. */
  async close(): Promise<void> {
    await this.#draining
    await this.#transactions
    await Promise.all([
      this.#producer?.then((producer) => producer.close()).catch(() => {}),
      this.#transactional?.close().catch(() => {}),
    ])
  }

  #enqueue(write: EventWrite): Promise<Position> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject })
      this.#draining ??= this.#drain().finally(() => {
        this.#draining = undefined
      })
    })
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_MAX)
      try {
        const results = await this.#timed(async () => {
          this.#producer ??= this.#options.log.createProducer({ clientId: 'orion-gateway' })
          const producer = await this.#producer
          return producer.send(this.#appends(batch.map(({ write }) => write)))
        })
        const nextOf = positions(results)
        for (const { write, resolve } of batch) resolve(nextOf(write))
        this.#written.add(batch.length)
      } catch (error) {
        const broken = this.#producer
        this.#producer = undefined
        broken?.then((producer) => producer.close()).catch(() => {})
        const problem = this.#problem(error)
        for (const { reject } of batch) reject(problem)
      }
    }
  }

  #inTransaction(writes: readonly EventWrite[]): Promise<Position> {
    this.#transactionsWaiting += 1
    const done = this.#transactions
      .then(() => this.#timed(() => this.#transact(writes)))
      .catch((error: unknown) => {
        throw this.#problem(error)
      })
      .finally(() => {
        this.#transactionsWaiting -= 1
      })
    this.#transactions = done.catch(() => {})
    return done
  }

  async #transact(writes: readonly EventWrite[]): Promise<Position> {
    const transactionalId = `orion-gateway-${this.#options.instanceId}`
    let producer = this.#transactional
    if (producer === undefined) {
      producer = await this.#options.log.createTransactionalProducer({
        clientId: 'orion-gateway',
        transactionalId,
        transactionTimeoutMs: 10_000,
      })
      await producer.init()
    }
    // Set again only once all went well: after an error the next one begins anew, which ends what was left.
    this.#transactional = undefined
    try {
      await producer.begin()
      const results = await producer.send(this.#appends(writes))
      await producer.commit()
      this.#transactional = producer
      this.#written.add(writes.length)
      return Position.of(
        results.map(({ topic, partition, lastOffset }) => ({
          topic,
          partition,
          offset: lastOffset + 1,
        })),
      )
    } catch (error) {
      await producer.abort().catch(() => {})
      await producer.close().catch(() => {})
      throw error
    }
  }

  async #timed<R>(work: () => Promise<R>): Promise<R> {
    const startedMs = this.#options.clock.monotonicMs()
    const result = await work()
    this.#seconds.observe((this.#options.clock.monotonicMs() - startedMs) / 1000)
    return result
  }

  #appends(writes: readonly EventWrite[]): readonly PartitionAppend[] {
    const timestampMs = this.#options.clock.nowMs()
    const appends = new Map<string, PartitionAppend & { readonly records: ProducerRecord[] }>()
    for (const { topic, partition, key, value } of writes) {
      const name = `${topic}-${partition}`
      const append = appends.get(name) ?? { topic, partition, records: [] }
      append.records.push({ key, value, timestampMs })
      appends.set(name, append)
    }
    return [...appends.values()]
  }

  #problem(error: unknown): ProblemError {
    this.#failed.add(1)
    this.#options.logger.error(
      { error: error instanceof Error ? error.message : String(error) },
      'gateway: the log did not take a command',
    )
    return new ProblemError(
      503,
      'log-unavailable',
      'The command may not have been taken. Send it again with the same Idempotency-Key.',
      { retryAfterS: 1, cause: error },
    )
  }
}

/** Gives each write of a batch, asked in order, the position just behind it. */
function positions(results: readonly AppendResult[]): (write: EventWrite) => Position {
  const next = new Map(
    results.map(({ topic, partition, baseOffset }) => [`${topic}-${partition}`, baseOffset]),
  )
  return ({ topic, partition }) => {
    const name = `${topic}-${partition}`
    const offset = (next.get(name) ?? 0) + 1
    next.set(name, offset)
    return Position.of([{ topic, partition, offset }])
  }
}
