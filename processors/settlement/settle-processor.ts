import { type AttemptTimer, causedEvent, type OpenSettlement, type SettlementEnvelope } from '#avro'
import {
  type Cancellable,
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import { type SettlementCounts, settlementCounts } from './counts.ts'
import { attempt, type SettlementNews } from './settlement.ts'

export interface SettleOptions {
  readonly topology: string
  readonly settlements: KeyValueStoreSpec<string, OpenSettlement>
  readonly timers: KeyValueStoreSpec<string, AttemptTimer>
  /** Least time between two looks at the timers, ms. */
  readonly lookEveryMs: number
}

/**
 * Open settlements in, what becomes of them out. Attempts fall due by the wall clock: timers in the order of their time, which nobody looks
 * at while none is due.
 */
export function settle(
  options: SettleOptions,
): ProcessorSupplier<string, OpenSettlement, string, SettlementEnvelope> {
  return () => new Settle(options)
}

class Settle implements Processor<string, OpenSettlement, string, SettlementEnvelope> {
  readonly #options: SettleOptions
  #context: ProcessorContext<string, SettlementEnvelope> | undefined
  #settlements: KeyValueStore<string, OpenSettlement> | undefined
  #timers: KeyValueStore<string, AttemptTimer> | undefined
  #counts: SettlementCounts | undefined
  #maker = { producer: '', node: '' }
  #looks: Cancellable | undefined
  /** When the first timer is due. */
  #nextMs = Number.POSITIVE_INFINITY

  constructor(options: SettleOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, SettlementEnvelope>): void {
    this.#context = context
    this.#counts = settlementCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#settlements = keyValueStoreOf(context, this.#options.settlements)
    this.#timers = keyValueStoreOf(context, this.#options.timers)
    const { lookEveryMs } = this.#options
    this.#looks = context.schedule(lookEveryMs, 'wall-clock', (nowMs) => this.#look(nowMs))
    this.#expect(firstMs(this.#timers))
  }

  process({ key, value: settlement }: StreamRecord<string, OpenSettlement>): void {
    if (this.#settlements?.get(key) !== undefined) {
      this.#context?.drop('already-requested')
      return
    }
    this.#settlements?.put(key, settlement)
    this.#counts?.requested()
    this.#setTimer(key, settlement.attemptAtMs)
  }

  #look(nowMs: number): void {
    if (this.#timers === undefined) return
    for (const [timer, { settlement: key }] of dueTimers(this.#timers, nowMs)) {
      this.#timers.delete(timer)
      this.#attempt(key, nowMs)
    }
    this.#expect(firstMs(this.#timers))
  }

  #expect(nextMs: number): void {
    this.#nextMs = nextMs
    this.#looks?.holdUntil(nextMs)
  }

  #attempt(key: string, nowMs: number): void {
    const before = this.#settlements?.get(key)
    const attempted = before && attempt(before, nowMs)
    if (attempted === undefined) return
    const { news, settlement } = attempted
    this.#counts?.attempted(news.eventType)
    const value = eventOf(this.#maker, settlement, news, nowMs)
    if (news.eventType === 'SettlementCompleted') this.#settlements?.delete(key)
    else this.#settlements?.put(key, { ...settlement, lastEventId: value.eventId })
    if (news.eventType === 'SettlementRetrying') this.#setTimer(key, settlement.attemptAtMs)
    this.#context?.forward({ key, value, timestampMs: nowMs, headers: [] })
  }

  #setTimer(key: string, atMs: number): void {
    this.#timers?.put(`${paddedMs(atMs)}|${key}`, { settlement: key })
    if (atMs < this.#nextMs) this.#expect(atMs)
  }
}

/** Caused by the settlement's last event. */
function eventOf(
  maker: { readonly producer: string; readonly node: string },
  settlement: OpenSettlement,
  news: SettlementNews,
  occurredAt: number,
): SettlementEnvelope {
  const { correlationId, lastEventId, sequence, tenantId, tradeId } = settlement
  const cause = { eventId: lastEventId, tenantId, correlationId }
  const facts = { occurredAt, entity: { entityType: 'Trade', entityId: tradeId, sequence } }
  switch (news.eventType) {
    case 'SettlementCompleted':
      return causedEvent(maker, cause, 0, { ...facts, ...news })
    case 'SettlementRetrying':
      return causedEvent(maker, cause, 0, { ...facts, ...news })
    case 'SettlementFailed':
      return causedEvent(maker, cause, 0, { ...facts, ...news })
  }
}

/** Read whole before any of it is acted on: what follows changes the store. */
function dueTimers(
  timers: KeyValueStore<string, AttemptTimer>,
  nowMs: number,
): readonly (readonly [string, AttemptTimer])[] {
  return [...timers.range(undefined, paddedMs(nowMs + 1))]
}

function firstMs(timers: KeyValueStore<string, AttemptTimer>): number {
  const all = timers.all()
  const first = all.next()
  all.close()
  return first.done === true ? Number.POSITIVE_INFINITY : Number(first.value[0].split('|', 1)[0])
}

const MS_DIGITS = 15

/** In byte order as in time. */
function paddedMs(ms: number): string {
  return String(ms).padStart(MS_DIGITS, '0')
}
