import type { Clock, Logger, Timers } from '#streams'
import { type Log, type Producer, type ProducerRecord, partitionFor } from '#streams/log'
import { recordKey, type Topics } from '#topics'
import type { BotMetrics } from './bot-metrics.ts'
import type { MadeQuote, QuoteDesk } from './quote-desk.ts'

const RETRY_MS = 250

export interface QuoteWriterParts {
  readonly log: Log
  readonly topics: Topics
  readonly desk: QuoteDesk
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly metrics: BotMetrics
}

/** Takes quotes from the desk when they are due and writes them, one batch after the other. */
export class QuoteWriter {
  readonly #parts: QuoteWriterParts
  #producer: Producer | undefined
  #outbox: MadeQuote[] = []
  #writing: Promise<void> | undefined
  #cancel: () => void = () => undefined
  #stopping = false

  constructor(parts: QuoteWriterParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    this.#producer = await this.#parts.log.createProducer({ clientId: 'orion-lp-bots' })
  }

  /** Looks what is due: to be called whenever the desk has learnt something. */
  wake(): void {
    if (this.#stopping || this.#writing !== undefined) return
    this.#cancel()
    const { desk, clock, timers } = this.#parts
    const nowMs = clock.nowMs()
    this.#outbox.push(...desk.quotesDue(nowMs))
    if (this.#outbox.length > 0) {
      this.#writing = this.#write().finally(() => {
        this.#writing = undefined
        this.wake()
      })
      return
    }
    const nextMs = desk.nextDueMs()
    if (nextMs !== undefined) this.#cancel = timers.after(nextMs - nowMs, () => this.wake())
  }

  async close(): Promise<void> {
    this.#stopping = true
    this.#cancel()
    await this.#writing
    await this.#producer?.close()
  }

  async #write(): Promise<void> {
    const { clock, logger, metrics, timers, topics } = this.#parts
    const quotes = this.#alive()
    if (quotes.length === 0) return
    try {
      await this.#producer?.send(this.#appends(quotes))
      this.#outbox = []
      const nowMs = clock.nowMs()
      for (const quote of quotes) metrics.written(quote, nowMs)
    } catch (cause) {
      // Whether they were written may be unknown. They keep their ids: whoever reads them counts each once.
      logger.warn(
        { topic: topics.rfq.quotes.name, quotes: quotes.length, error: String(cause) },
        'quotes of bots could not be written; trying again',
      )
      await new Promise<void>((resolve) => {
        timers.after(RETRY_MS, resolve)
      })
    }
  }

  /** What has expired in the outbox is of no use to anybody. */
  #alive(): readonly MadeQuote[] {
    const nowMs = this.#parts.clock.nowMs()
    const alive = this.#outbox.filter(({ quote }) => quote.payload.expiresAtMs > nowMs)
    this.#parts.metrics.dropped(this.#outbox.length - alive.length)
    this.#outbox = alive
    return alive
  }

  #appends(quotes: readonly MadeQuote[]) {
    const { name, keySerde, valueSerde, entry } = this.#parts.topics.rfq.quotes
    const byPartition = new Map<number, ProducerRecord[]>()
    for (const { quote } of quotes) {
      const key = keySerde.serialize(name, recordKey(quote.tenantId, quote.payload.rfqId))
      const record = {
        key,
        value: valueSerde.serialize(name, quote),
        timestampMs: quote.occurredAt,
      }
      const partition = partitionFor(key, entry.partitions)
      const records = byPartition.get(partition)
      if (records === undefined) byPartition.set(partition, [record])
      else records.push(record)
    }
    return [...byPartition].map(([partition, records]) => ({ topic: name, partition, records }))
  }
}
