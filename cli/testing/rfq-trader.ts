import { Decimal } from 'decimal.js'
import type { CommandsEnvelope, LifecycleEnvelope } from '#avro'
import { accept, cancel, envelope, request, TENANT, TRADER } from '#processors/rfq/fixtures/rfq'
import { systemClock } from '#streams'
import { type Log, type PartitionReader, type Producer, partitionFor } from '#streams/log'
import { recordKey, type Topics } from '#topics'
import { partitionsOf } from '../operator/topic-reading.ts'

/** What the trader makes of an RFQ: buys of a provider, firm or with last look; calls it off; lets it expire; asks for too much. */
export type Life = 'firm' | 'last-look' | 'cancel' | 'expire' | 'too-much'

const PROVIDERS: Partial<Record<Life, string>> = { firm: 'ALDGATE', 'last-look': 'EASTCHEAP' }
const OPEN_MS = 120_000
const SHORT_MS = 1_200
const ENDS = new Set(['RFQTraded', 'RFQCancelled', 'RFQExpired', 'RFQRejected'])

/** The demonstration's trader, who sees what is on the log and writes commands to it, each twice. */
export class RfqTrader {
  readonly #log: Log
  readonly #topics: Topics
  readonly #lives = new Map<string, Life>()
  readonly #answered = new Set<string>()
  readonly #ended = new Set<string>()
  #producer: Producer | undefined
  #reader: PartitionReader | undefined

  constructor({ log, topics }: { readonly log: Log; readonly topics: Topics }) {
    this.#log = log
    this.#topics = topics
  }

  /** Creates RFQs, numbered on from those before, and lives them to their ends. */
  async live(instrumentId: string, lives: readonly Life[]): Promise<void> {
    for (const life of lives) await this.#create(instrumentId, life)
    const reader = await this.#open()
    while (this.#ended.size < this.#lives.size)
      for (const { topic, records } of await reader.poll({ maxWaitMs: 50 }))
        for (const { value } of records)
          if (value !== null)
            await this.#follow(this.#topics.rfq.lifecycle.valueSerde.deserialize(topic, value))
  }

  async close(): Promise<void> {
    await this.#reader?.close()
    await this.#producer?.close()
  }

  async #create(instrumentId: string, life: Life): Promise<void> {
    const rfqId = `R-${this.#lives.size}`
    this.#lives.set(rfqId, life)
    const nowMs = systemClock.nowMs()
    const payload = request({
      rfqId,
      instrumentId,
      size: new Decimal(life === 'too-much' ? 900_000_000 : 1_000_000),
      expiryTimeMs: nowMs + (life === 'expire' ? SHORT_MS : OPEN_MS),
      requester: TRADER,
    })
    await this.#send({ ...envelope('create'), eventType: 'CreateRFQ', payload })
  }

  async #follow({ eventType, payload }: LifecycleEnvelope): Promise<void> {
    const { rfqId } = payload
    if (ENDS.has(eventType)) this.#ended.add(rfqId)
    // Under load a quote may have gone meanwhile: the next one is taken.
    if (eventType === 'QuoteAcceptanceRejected') this.#answered.delete(rfqId)
    if (eventType !== 'QuotesRanked' || this.#answered.has(rfqId)) return
    const { quotes, version } = payload
    const life = this.#lives.get(rfqId)
    if (life === 'cancel') {
      this.#answered.add(rfqId)
      await this.#send(of(rfqId, accept('outdated', 'Q-none', version - 1)))
      await this.#send(of(rfqId, cancel('cancel')))
    }
    const provider = life && PROVIDERS[life]
    const chosen = quotes.find(({ lpId }) => lpId === provider)
    if (chosen === undefined) return
    this.#answered.add(rfqId)
    await this.#send(of(rfqId, accept(`accept-${chosen.quoteId}`, chosen.quoteId, version)))
  }

  async #send(command: CommandsEnvelope): Promise<void> {
    this.#producer ??= await this.#log.createProducer({ clientId: 'trader' })
    const { entry, keySerde, name, valueSerde } = this.#topics.rfq.commands
    const { rfqId } = command.payload
    const event = {
      ...command,
      eventId: `${command.eventId}-${rfqId}`,
      correlationId: rfqId,
      occurredAt: systemClock.nowMs(),
    }
    const key = keySerde.serialize(name, recordKey(TENANT, rfqId))
    const value = valueSerde.serialize(name, event)
    const record = { key, value, timestampMs: systemClock.nowMs() }
    const partition = partitionFor(key, entry.partitions)
    await this.#producer.send([{ topic: name, partition, records: [record, record] }])
  }

  async #open(): Promise<PartitionReader> {
    if (this.#reader !== undefined) return this.#reader
    const reader = await this.#log.createPartitionReader({
      clientId: 'trader',
      isolation: 'read_committed',
    })
    const places = await partitionsOf(this.#log, this.#topics.rfq.lifecycle.name)
    await reader.assign(places.map((place) => ({ ...place, offset: 0 })))
    this.#reader = reader
    return reader
  }
}

function of<C extends CommandsEnvelope>(rfqId: string, command: C): C {
  return { ...command, payload: { ...command.payload, rfqId } }
}
