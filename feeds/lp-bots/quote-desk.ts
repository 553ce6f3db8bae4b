import type { Decimal } from 'decimal.js'
import {
  causedEvent,
  type EnvelopeOf,
  type LifecycleEnvelope,
  type QuoteReceived,
  type RFQSent,
} from '#avro'
import { DueQueue } from './due-queue.ts'
import type { Inventories } from './inventories.ts'
import type { Bot, MarketKnowledge } from './market-knowledge.ts'
import { quotePrice } from './pricing.ts'
import { quoteIdOf, respond } from './response.ts'
import { RfqThrottle } from './throttle.ts'

/** A provider refreshes a quote that has expired while the RFQ is open; not for ever. */
export const QUOTES_PER_RFQ_MAX = 6
/** Reason of a quote that was there before: after a crash, and nothing to stop for. */
const REPEATED = 'QUOTE_DUPLICATE'
/** Quotes always live for a moment: one that expires as it comes is of no use to anybody. */
const LIFE_MS_MIN = 20

export type Decline =
  | 'probability'
  | 'throttled'
  | 'no-instrument'
  | 'no-mark'
  | 'no-price'
  | 'too-many-open'

export type QuoteEvent = EnvelopeOf<'QuoteReceived', QuoteReceived>

/** A quote to write. */
export interface MadeQuote {
  readonly partition: number
  readonly quote: QuoteEvent
  /** When it should have been written. */
  readonly dueMs: number
  readonly sentAtMs: number
}

export interface QuoteDeskOptions {
  readonly seed: number
  readonly market: MarketKnowledge
  readonly inventories: Inventories
  /** Open RFQs kept at most; further ones are declined. */
  readonly openMax: number
  readonly onDecline: (lpId: string, reason: Decline) => void
}

type Sent = EnvelopeOf<'RFQSent', RFQSent>

interface OpenRfq {
  readonly partition: number
  readonly offset: number
  readonly sent: Sent
  open: boolean
  /** Between an accept and its outcome nobody quotes. */
  quoting: boolean
  /** Quotes that are on the log: id and expiry. */
  readonly written: Map<string, number>
  /** Providers whose quote was refused (it came too late, say): they do not go on, so that a busy platform is not kept busy. */
  readonly refused: Set<string>
  /** Due while nobody quotes; taken up again with the RFQ. */
  waiting: Job[]
}

interface Job {
  readonly rfq: OpenRfq
  readonly lpId: string
  readonly n: number
  readonly dueMs: number
}

/**
 * What bots do, without log or timers: RFQs come in, quotes that are due come out. The same RFQs give the same quote ids, times and
 * declines; prices are those of the market when a quote is due.
 */
export class QuoteDesk {
  readonly #options: QuoteDeskOptions
  /** In the order of arrival, so that the first of a partition has its least offset. */
  readonly #rfqs = new Map<number, Map<string, OpenRfq>>()
  readonly #due = new DueQueue<Job>()
  readonly #held = new Set<number>()
  readonly #throttle = new RfqThrottle()
  #open = 0

  constructor(options: QuoteDeskOptions) {
    this.#options = options
  }

  get openRfqs(): number {
    return this.#open
  }

  /** Nothing is quoted for this partition until `ready`: what has happened to its RFQs is still being read. */
  hold(partition: number): void {
    this.#held.add(partition)
  }

  ready(partition: number): void {
    this.#held.delete(partition)
    for (const rfq of this.#of(partition).values()) this.#takeUp(rfq)
  }

  /** Another process has the partition now. */
  forget(partition: number): void {
    for (const rfq of this.#of(partition).values()) rfq.open = false
    this.#open -= this.#of(partition).size
    this.#rfqs.delete(partition)
    this.#held.delete(partition)
  }

  /** Offset of the first RFQ that is still open: a successor starts there. */
  firstOpenOffset(partition: number): number | undefined {
    const [first] = this.#of(partition).values()
    return first?.offset
  }

  /** When the first open RFQ of the partition was sent. */
  firstOpenSentAtMs(partition: number): number | undefined {
    const [first] = this.#of(partition).values()
    return first?.sent.payload.sentAtMs
  }

  nextDueMs(): number | undefined {
    return this.#due.nextDueMs()
  }

  onLifecycle(partition: number, offset: number, event: LifecycleEnvelope, nowMs: number): void {
    if (event.eventType === 'RFQSent') {
      this.#sent(partition, offset, event, nowMs)
      return
    }
    const key = keyOf(event.tenantId, event.payload.rfqId)
    const rfq = this.#of(partition).get(key)
    if (rfq === undefined) return
    switch (event.payload.state) {
      case 'CREATED':
        return
      case 'SENT':
      case 'QUOTING':
        if (event.eventType === 'QuoteRejected' && event.payload.reason !== REPEATED)
          rfq.refused.add(event.payload.lpId)
        // A last look that began ends with a rejection, or binds.
        if (event.eventType === 'LastLookStarted') rfq.quoting = false
        if (event.eventType !== 'QuoteAcceptanceRejected') return
        rfq.quoting = true
        this.#takeUp(rfq)
        return
      case 'ACCEPTED':
        rfq.quoting = false
        return
      default:
        this.#close(key, rfq)
    }
  }

  /** A quote that is on the log already, of this process or of a predecessor. */
  onWritten(partition: number, quote: QuoteEvent): void {
    const rfq = this.#of(partition).get(keyOf(quote.tenantId, quote.payload.rfqId))
    rfq?.written.set(quote.payload.quoteId, quote.payload.expiresAtMs)
  }

  /** The quotes that are due by now. */
  quotesDue(nowMs: number): readonly MadeQuote[] {
    const made: MadeQuote[] = []
    for (let job = this.#due.take(nowMs); job !== undefined; job = this.#due.take(nowMs)) {
      const { rfq } = job
      if (!rfq.open) continue
      const { tenantId, payload } = rfq.sent
      if (nowMs >= payload.expiryTimeMs) {
        this.#close(keyOf(tenantId, payload.rfqId), rfq)
      } else if (!rfq.quoting || this.#held.has(rfq.partition)) {
        rfq.waiting.push(job)
      } else if (job.n < QUOTES_PER_RFQ_MAX) {
        const quote = this.#quote(job, nowMs)
        if (quote !== undefined) made.push(quote)
      }
    }
    return made
  }

  #sent(partition: number, offset: number, sent: Sent, nowMs: number): void {
    const { tenantId, payload } = sent
    const { rfqId, lpIds, sentAtMs, expiryTimeMs } = payload
    const key = keyOf(tenantId, rfqId)
    const rfqs = this.#of(partition)
    if (nowMs >= expiryTimeMs || rfqs.has(key)) return
    const bots = lpIds.flatMap((lpId) => this.#options.market.bot(tenantId, lpId) ?? [])
    if (bots.length === 0) return
    if (this.#open >= this.#options.openMax) {
      for (const { lpId } of bots) this.#options.onDecline(lpId, 'too-many-open')
      return
    }
    const rfq: OpenRfq = {
      partition,
      offset,
      sent,
      open: true,
      quoting: true,
      written: new Map(),
      refused: new Set(),
      waiting: [],
    }
    rfqs.set(key, rfq)
    this.#rfqs.set(partition, rfqs)
    this.#open += 1
    for (const bot of bots) this.#answer(rfq, bot, sentAtMs)
    // The RFQ is let go when it expires, whatever becomes of its bots.
    this.#due.add(expiryTimeMs, { rfq, lpId: '', n: QUOTES_PER_RFQ_MAX, dueMs: expiryTimeMs })
  }

  #answer(rfq: OpenRfq, bot: Bot, sentAtMs: number): void {
    const { tenantId, payload } = rfq.sent
    const { lpId, personality, rfqsPerSecond } = bot
    if (!this.#throttle.allows(`${tenantId}|${lpId}`, rfqsPerSecond, sentAtMs)) {
      this.#options.onDecline(lpId, 'throttled')
      return
    }
    const slot = { tenantId, lpId, rfqId: payload.rfqId, n: 0 }
    const { declines, delayMs } = respond(this.#options.seed, slot, personality)
    if (declines) this.#options.onDecline(lpId, 'probability')
    else this.#plan({ rfq, lpId, n: 0, dueMs: sentAtMs + delayMs })
  }

  #quote(job: Job, nowMs: number): MadeQuote | undefined {
    const { rfq, lpId, n, dueMs } = job
    const { sent } = rfq
    const { tenantId, payload } = sent
    // Configuration of now: a provider that was disabled meanwhile is silent.
    const bot = this.#options.market.bot(tenantId, lpId)
    if (bot === undefined || rfq.refused.has(lpId)) return undefined
    const slot = { tenantId, lpId, rfqId: payload.rfqId, n }
    const quoteId = quoteIdOf(slot)
    const before = rfq.written.get(quoteId)
    if (before !== undefined) {
      this.#refresh(job, bot, before)
      return undefined
    }
    const expiresAtMs = Math.min(nowMs + bot.quoteTtlMs, payload.expiryTimeMs)
    if (expiresAtMs - nowMs < LIFE_MS_MIN) return undefined
    const price = this.#price(rfq, bot, nowMs)
    if (price === undefined) return undefined
    rfq.written.set(quoteId, expiresAtMs)
    this.#refresh(job, bot, expiresAtMs)
    const quote = causedEvent({ producer: 'lp-bots', node: `${tenantId}|${lpId}` }, sent, n, {
      eventType: 'QuoteReceived',
      occurredAt: nowMs,
      entity: { entityType: 'Quote', entityId: quoteId, sequence: 1 },
      payload: {
        quoteId,
        rfqId: payload.rfqId,
        lpId,
        quotedBy: 'bot',
        price,
        size: payload.size,
        expiresAtMs,
      },
    })
    return { partition: rfq.partition, quote, dueMs, sentAtMs: payload.sentAtMs }
  }

  #price({ sent: { tenantId, payload } }: OpenRfq, bot: Bot, nowMs: number): Decimal | undefined {
    const { market, inventories, onDecline } = this.#options
    const { instrumentId, side, size } = payload
    const instrument = market.instrument(tenantId, instrumentId)
    const known = market.mark(instrumentId, nowMs)
    const mid = known?.mark.mid ?? null
    if (instrument === undefined || known === undefined || mid === null) {
      onDecline(bot.lpId, instrument === undefined ? 'no-instrument' : 'no-mark')
      return undefined
    }
    const price = quotePrice({
      side,
      size,
      personality: bot.personality,
      instrument,
      mark: { mid, bid: known.mark.bid, ask: known.mark.ask, ageMs: known.ageMs },
      inventory: inventories.held(tenantId, bot.lpId, instrumentId, nowMs),
    })
    if (price === undefined) onDecline(bot.lpId, 'no-price')
    return price
  }

  /** The next quote of this provider, after this one has expired. */
  #refresh({ rfq, lpId, n }: Job, { personality }: Bot, expiresAtMs: number): void {
    const { tenantId, payload } = rfq.sent
    if (n + 1 >= QUOTES_PER_RFQ_MAX || expiresAtMs >= payload.expiryTimeMs) return
    const slot = { tenantId, lpId, rfqId: payload.rfqId, n: n + 1 }
    const { delayMs } = respond(this.#options.seed, slot, personality)
    this.#plan({ rfq, lpId, n: n + 1, dueMs: expiresAtMs + delayMs })
  }

  #plan(job: Job): void {
    if (job.dueMs < job.rfq.sent.payload.expiryTimeMs) this.#due.add(job.dueMs, job)
  }

  #takeUp(rfq: OpenRfq): void {
    if (rfq.waiting.length === 0) return
    for (const job of rfq.waiting) this.#due.add(job.dueMs, job)
    rfq.waiting = []
  }

  #close(key: string, rfq: OpenRfq): void {
    rfq.open = false
    if (this.#of(rfq.partition).delete(key)) this.#open -= 1
  }

  #of(partition: number): Map<string, OpenRfq> {
    return this.#rfqs.get(partition) ?? new Map<string, OpenRfq>()
  }
}

function keyOf(tenantId: string, rfqId: string): string {
  return `${tenantId}|${rfqId}`
}
