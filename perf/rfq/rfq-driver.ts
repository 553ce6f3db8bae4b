import { Decimal } from 'decimal.js'
import { commandEventId, type LifecycleEnvelope, type RankedQuote } from '#avro'
import { type Log, type PartitionReader, type Producer, partitionFor } from '#streams/log'
import { recordKey, type Topic, type Topics } from '#topics'
import { wallMs } from '../measuring/aligned-clock.ts'
import { partitionsOf } from '../measuring/read-topic.ts'
import { BENCH_INSTRUMENT, BENCH_LPS } from './bench-market.ts'

const TENANT = 'demo'
/** Nothing may expire while it is measured, however far behind the platform is. */
const LIFE_MS = 600_000
const REQUESTER = { userId: 'trader', desk: 'macro', roles: ['TRADER'], assetClasses: ['CRYPTO'] }

/** Where one RFQ of the measurement is, in ms of the wall clock. */
export interface RfqTimes {
  /** When its create was due, however late it went out. */
  readonly dueMs: number
  sentMs: number
  readonly quoteMs: Map<string, number>
  acceptMs: number
  tradedMs: number
}

export interface Samples {
  readonly createToSent: number[]
  readonly quoteToRanked: number[]
  readonly acceptToTraded: number[]
  readonly createToTraded: number[]
}

/**
 * Everybody around the platform, on the log: a trader who creates RFQs when they are due and accepts the best of five quotes, and five
 * liquidity providers who quote as soon as they see an RFQ.
 */
export class RfqDriver {
  readonly samples: Samples = {
    createToSent: [],
    quoteToRanked: [],
    acceptToTraded: [],
    createToTraded: [],
  }
  /** When each RFQ of the measurement was traded. */
  readonly tradedAtMs: number[] = []
  readonly faults: string[] = []
  created = 0
  traded = 0
  readonly #log: Log
  readonly #topics: Topics
  readonly #measured: (dueMs: number) => boolean
  readonly #open = new Map<string, RfqTimes>()
  #producer: Producer | undefined
  #reader: PartitionReader | undefined
  #reading: Promise<void> = Promise.resolve()
  #writing: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(log: Log, topics: Topics, measured: (dueMs: number) => boolean) {
    this.#log = log
    this.#topics = topics
    this.#measured = measured
  }

  async start(): Promise<void> {
    const { lifecycle } = this.#topics.rfq
    this.#producer = await this.#log.createProducer({ clientId: 'orion-bench-rfq' })
    this.#reader = await this.#log.createPartitionReader({
      clientId: 'orion-bench-rfq',
      isolation: 'read_committed',
    })
    const places = partitionsOf(lifecycle as Topic<unknown>)
    await this.#reader.assign(places.map((place) => ({ ...place, offset: 0 })))
    this.#reading = this.#read(this.#reader)
  }

  /** The creates that are due, given when each was. */
  create(dues: readonly number[]): void {
    const appends = dues.map((dueMs) => {
      const commandId = commandEventId(TENANT, 'trader', 'bench', String(this.created))
      this.created += 1
      const rfqId = `R-${commandId.slice(0, 20)}`
      this.#open.set(rfqId, { dueMs, sentMs: 0, quoteMs: new Map(), acceptMs: 0, tradedMs: 0 })
      return this.#append(this.#topics.rfq.commands, rfqId, {
        ...facts('CreateRFQ', commandId, commandId),
        entity: { entityType: 'RFQ', entityId: rfqId, sequence: 1 },
        payload: {
          rfqId,
          instrumentId: BENCH_INSTRUMENT,
          side: this.created % 2 === 0 ? 'BUY' : 'SELL',
          size: new Decimal(1),
          minSize: null,
          partialAllowed: false,
          venueId: null,
          expiryTimeMs: Math.floor(wallMs()) + LIFE_MS,
          requester: REQUESTER,
          requestDigest: commandId,
        },
      })
    })
    this.#send(appends)
  }

  async close(): Promise<void> {
    this.#stopped = true
    await this.#reading
    await this.#writing
    await this.#reader?.close()
    await this.#producer?.close()
  }

  async #read(reader: PartitionReader): Promise<void> {
    const { name, valueSerde } = this.#topics.rfq.lifecycle
    while (!this.#stopped) {
      for (const { records } of await reader.poll({ maxWaitMs: 100 })) {
        const nowMs = wallMs()
        const appends = records.flatMap(({ value }) =>
          value === null ? [] : this.#on(valueSerde.deserialize(name, value), nowMs),
        )
        if (appends.length > 0) this.#send(appends)
      }
    }
  }

  #on(event: LifecycleEnvelope, nowMs: number): Append[] {
    const { rfqId } = event.payload
    const rfq = this.#open.get(rfqId)
    if (rfq === undefined) return []
    switch (event.eventType) {
      case 'RFQSent':
        rfq.sentMs = nowMs
        this.#sample('createToSent', rfq.dueMs, nowMs - rfq.dueMs)
        return this.#quotes(rfqId, rfq, event)
      case 'QuotesRanked': {
        const quotedMs = rfq.quoteMs.get(event.payload.quoteId)
        if (quotedMs !== undefined) this.#sample('quoteToRanked', rfq.dueMs, nowMs - quotedMs)
        const { quotes, version } = event.payload
        const [best] = quotes
        if (quotes.length < BENCH_LPS.length || rfq.acceptMs > 0 || best === undefined) return []
        return this.#accept(rfqId, rfq, { best, version })
      }
      case 'RFQTraded':
        this.#open.delete(rfqId)
        this.traded += 1
        this.#sample('acceptToTraded', rfq.dueMs, nowMs - rfq.acceptMs)
        this.#sample('createToTraded', rfq.dueMs, nowMs - rfq.dueMs)
        if (this.#measured(rfq.dueMs)) this.tradedAtMs.push(nowMs)
        return []
      case 'RFQCreated':
      case 'QuoteAccepted':
        return []
      default:
        if (this.faults.length < 10)
          this.faults.push(`${rfqId}: ${event.eventType} ${JSON.stringify(event.payload)}`)
        return []
    }
  }

  #quotes(rfqId: string, rfq: RfqTimes, sent: LifecycleEnvelope): Append[] {
    const nowMs = wallMs()
    return BENCH_LPS.map((lpId, at) => {
      const quoteId = `Q-${commandEventId(lpId, rfqId).slice(0, 20)}`
      rfq.quoteMs.set(quoteId, nowMs)
      return this.#append(this.#topics.rfq.quotes, rfqId, {
        ...facts('QuoteReceived', quoteId, sent.correlationId),
        entity: { entityType: 'Quote', entityId: quoteId, sequence: 1 },
        payload: {
          quoteId,
          rfqId,
          lpId,
          quotedBy: 'bench',
          price: new Decimal(100).add(new Decimal(at).div(100)),
          size: new Decimal(1),
          expiresAtMs: Math.floor(nowMs) + LIFE_MS,
        },
      })
    })
  }

  #accept(
    rfqId: string,
    rfq: RfqTimes,
    { best, version }: { readonly best: RankedQuote; readonly version: number },
  ): Append[] {
    rfq.acceptMs = wallMs()
    const commandId = commandEventId('accept', rfqId)
    return [
      this.#append(this.#topics.rfq.commands, rfqId, {
        ...facts('AcceptQuote', commandId, commandId),
        entity: { entityType: 'RFQ', entityId: rfqId, sequence: 2 },
        payload: {
          rfqId,
          quoteId: best.quoteId,
          version,
          requester: REQUESTER,
          requestDigest: commandId,
        },
      }),
    ]
  }

  #sample(of: keyof Samples, dueMs: number, elapsedMs: number): void {
    if (this.#measured(dueMs)) this.samples[of].push(elapsedMs)
  }

  #append<E>(topic: Topic<E>, rfqId: string, event: E): Append {
    const key = topic.keySerde.serialize(topic.name, recordKey(TENANT, rfqId))
    const value = topic.valueSerde.serialize(topic.name, event)
    const partition = partitionFor(key, topic.entry.partitions)
    return { topic: topic.name, partition, records: [{ key, value, timestampMs: Date.now() }] }
  }

  /** One after the other, without waiting: who waits for the log would send less than is due. */
  #send(appends: readonly Append[]): void {
    const merged = new Map<string, Append>()
    for (const append of appends) {
      const place = `${append.topic}/${append.partition}`
      const known = merged.get(place)
      if (known === undefined) merged.set(place, append)
      else known.records.push(...append.records)
    }
    const sent = this.#producer?.send([...merged.values()]).catch((error: unknown) => {
      this.faults.push(`a write failed: ${String(error)}`)
    })
    this.#writing = Promise.all([this.#writing, sent])
  }
}

interface Append {
  readonly topic: string
  readonly partition: number
  readonly records: {
    readonly key: Uint8Array
    readonly value: Uint8Array
    readonly timestampMs: number
  }[]
}

function facts<T extends string>(eventType: T, eventId: string, correlationId: string) {
  return {
    eventId,
    eventType,
    eventVersion: 1,
    occurredAt: Date.now(),
    producer: 'bench',
    tenantId: TENANT,
    correlationId,
    causationId: null,
  }
}
