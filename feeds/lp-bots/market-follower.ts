import { isUnknownBranch } from '#avro'
import type { Clock, Logger } from '#streams'
import type { FetchedBatch, Log, LogRecord, PartitionReader } from '#streams/log'
import type { Topic, Topics } from '#topics'
import { INVENTORY_LOOK_BACK_MS, type Inventories } from './inventories.ts'
import type { LatestByKey, MarketKnowledge } from './market-knowledge.ts'

const POLL_MS = 200
const RETRY_MS = 1_000

export interface MarketFollowerOptions {
  readonly log: Log
  readonly topics: Topics
  readonly market: MarketKnowledge
  readonly inventories: Inventories
  readonly clock: Clock
  readonly logger: Logger
}

type Apply = (record: LogRecord, key: string) => Promise<void>

/** Keeps what bots know as the log has it: reference data and marks from their start, trades of the last minutes, then everything new. */
export class MarketFollower {
  readonly #options: MarketFollowerOptions
  readonly #apply: ReadonlyMap<string, Apply>
  #reader: PartitionReader | undefined
  #stopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(options: MarketFollowerOptions) {
    this.#options = options
    const { topics, market } = options
    this.#apply = new Map<string, Apply>([
      [topics.admin.lps.name, this.#table(topics.admin.lps, market.lps, ({ payload }) => payload)],
      [
        topics.admin.flags.name,
        this.#table(topics.admin.flags, market.flags, ({ payload }) => payload),
      ],
      [
        topics.admin.instruments.name,
        this.#table(topics.admin.instruments, market.instruments, ({ payload }) => payload),
      ],
      [
        topics.marketdata.marks.name,
        this.#table(topics.marketdata.marks, market.marks, ({ payload }, arrivedAtMs) => ({
          mark: payload,
          arrivedAtMs,
        })),
      ],
      [topics.execution.trades.name, (record) => this.#trade(record)],
    ])
  }

  /** Resolves when all that was on the log is known. */
  async start(): Promise<void> {
    const { log, topics, clock } = this.#options
    this.#reader = await log.createPartitionReader({ clientId: 'orion-lp-bots-market' })
    const { admin, marketdata, execution } = topics
    const tables = [admin.lps, admin.flags, admin.instruments, marketdata.marks].flatMap(placesOf)
    const trades = placesOf(execution.trades)
    const places = [...tables, ...trades]
    const [starts, since, ends] = await Promise.all([
      log.admin.offsets(tables, 'earliest'),
      log.admin.offsets(trades, { timestampMs: clock.nowMs() - INVENTORY_LOOK_BACK_MS }),
      log.admin.offsets(places, 'stable'),
    ])
    const from = [...starts, ...since]
    await this.#reader.assign(places.map((place, at) => ({ ...place, offset: from[at] ?? 0 })))
    const missing = new Map<string, number>(
      places.flatMap((place, at) =>
        (ends[at] ?? 0) > (from[at] ?? 0)
          ? [[`${place.topic}/${place.partition}`, ends[at] ?? 0] as const]
          : [],
      ),
    )
    while (missing.size > 0 && !this.#stopping) {
      for (const batch of await this.#reader.poll({ maxWaitMs: POLL_MS })) {
        await this.#take(batch)
        const place = `${batch.topic}/${batch.partition}`
        if (batch.nextOffset >= (missing.get(place) ?? 0)) missing.delete(place)
      }
    }
    this.#running = this.#follow(this.#reader)
  }

  async close(): Promise<void> {
    this.#stopping = true
    await this.#running
    await this.#reader?.close()
  }

  async #follow(reader: PartitionReader): Promise<void> {
    const { logger } = this.#options
    while (!this.#stopping) {
      try {
        for (const batch of await reader.poll({ maxWaitMs: POLL_MS })) await this.#take(batch)
      } catch (cause) {
        if (this.#stopping) return
        logger.warn({ error: String(cause) }, 'bots cannot read the market; trying again')
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  async #take({ topic, partition, records }: FetchedBatch): Promise<void> {
    const apply = this.#apply.get(topic)
    for (const record of records) {
      if (apply === undefined || record.key === null) continue
      try {
        await apply(record, Buffer.from(record.key).toString())
      } catch (cause) {
        if (isUnknownBranch(cause)) continue
        const { offset } = record
        this.#options.logger.warn(
          { topic, partition, offset, error: String(cause) },
          'a record that bots cannot read is passed over',
        )
      }
    }
  }

  #table<E, T>(
    topic: Topic<E>,
    table: LatestByKey<T>,
    of: (event: E, arrivedAtMs: number) => T,
  ): Apply {
    const isMarks = topic.name === this.#options.topics.marketdata.marks.name
    return async ({ value, timestampMs }, key) => {
      if (value === null) {
        table.delete(key)
        return
      }
      await topic.valueSerde.pending?.(value)
      const arrivedAtMs = this.#options.clock.nowMs()
      table.set(key, () => of(topic.valueSerde.deserialize(topic.name, value), arrivedAtMs))
      // The time of a mark's record is that of its tick: reading it spares decoding marks that nobody asks for.
      if (isMarks) this.#options.market.markSeen(timestampMs)
    }
  }

  async #trade({ value }: LogRecord): Promise<void> {
    const { name, valueSerde } = this.#options.topics.execution.trades
    if (value === null) return
    await valueSerde.pending?.(value)
    const { tenantId, payload } = valueSerde.deserialize(name, value)
    this.#options.inventories.traded(tenantId, payload)
  }
}

function placesOf({
  name,
  entry,
}: {
  readonly name: string
  readonly entry: Topic<unknown>['entry']
}) {
  return Array.from({ length: entry.partitions }, (_, partition) => ({ topic: name, partition }))
}
