import { systemClock } from '#streams'
import { type Log, type PartitionAppend, type ProducerRecord, partitionFor } from '#streams/log'
import { elapsed } from './elapsed.ts'
import { ACCOUNTS, accountOf, orderOf } from './payments-topology.ts'

const TICK_MS = 50

/** Accounts once, then orders and their payments at a steady rate until it is told to stop. The producer is idempotent. */
export class Feeder {
  readonly #log: Log
  readonly #inputs: string
  readonly #partitions: number
  readonly #perSecond: number
  /**
   * Of event time. Brokers forget a producer, and so what it has written already, a day after the time of its last record
   * (`producer.id.expiration.ms`): records of long ago would be doubled when all brokers restart in the middle of a send.
   */
  readonly #startMs = systemClock.nowMs()
  #orders = 0
  #stopping = false
  #running: Promise<void> | undefined

  constructor(log: Log, inputs: string, partitions: number, perSecond: number) {
    this.#log = log
    this.#inputs = inputs
    this.#partitions = partitions
    this.#perSecond = perSecond
  }

  /** Acknowledged. */
  get orders(): number {
    return this.#orders
  }

  async fillAccounts(): Promise<void> {
    const producer = await this.#log.createProducer({ clientId: 'matrix-accounts' })
    const rows = Array.from({ length: ACCOUNTS }, (_, number) =>
      record(accountOf(number), `holder-${number}`, this.#startMs),
    )
    await producer.send(this.#toTopic('accounts', rows))
    await producer.close()
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Resolves when what was begun is acknowledged. @throws what stopped it */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  async #run(): Promise<void> {
    const producer = await this.#log.createProducer({ clientId: 'matrix-feeder' })
    try {
      while (!this.#stopping) {
        const untilMs = systemClock.monotonicMs() + TICK_MS
        const count = Math.max(1, Math.round((this.#perSecond * TICK_MS) / 1_000))
        const orders = Array.from({ length: count }, (_, index) => orderOf(this.#orders + index))
        await producer.send([
          ...this.#toTopic(
            'orders',
            orders.map(({ number, id, account, amount }) =>
              record(id, `${id} ${account} ${amount}`, this.#startMs + number),
            ),
          ),
          ...this.#toTopic(
            'payments',
            orders.map(({ number, id }) => record(id, `paid-${id}`, this.#startMs + number + 1)),
          ),
        ])
        this.#orders += count
        await elapsed(Math.max(0, untilMs - systemClock.monotonicMs()))
      }
    } finally {
      await producer.close()
    }
  }

  #toTopic(name: string, records: readonly ProducerRecord[]): PartitionAppend[] {
    const byPartition = new Map<number, ProducerRecord[]>()
    for (const each of records) {
      const partition = partitionFor(each.key ?? new Uint8Array(), this.#partitions)
      const group = byPartition.get(partition)
      if (group === undefined) byPartition.set(partition, [each])
      else group.push(each)
    }
    const topic = `${this.#inputs}${name}`
    return [...byPartition].map(([partition, group]) => ({ topic, partition, records: group }))
  }
}

function record(key: string, value: string, timestampMs: number): ProducerRecord {
  return { key: Buffer.from(key), value: Buffer.from(value), timestampMs }
}
