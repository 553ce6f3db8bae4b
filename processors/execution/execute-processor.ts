import { causedEvent, type LifecycleEnvelope, type TradeKey, type TradesEnvelope } from '#avro'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import type { CountUnder } from '../metrics/count-by.ts'
import { type Execution, executionCounts } from './counts.ts'
import { tradeOf } from './trade.ts'

export type AcceptedEvent = Extract<LifecycleEnvelope, { readonly eventType: 'QuoteAccepted' }>

export interface ExecuteOptions {
  readonly topology: string
  /** By `tenantId|rfqId|quoteId`. */
  readonly tradeKeys: KeyValueStoreSpec<string, TradeKey>
}

/**
 * Acceptances by RFQ in, trades by trade out: one for each quote of an RFQ, however often and under whatever event id its acceptance comes.
 * What comes again is dropped and counted.
 */
export function executeTrades(
  options: ExecuteOptions,
): ProcessorSupplier<string, AcceptedEvent, string, TradesEnvelope> {
  return () => new ExecuteTrades(options)
}

class ExecuteTrades implements Processor<string, AcceptedEvent, string, TradesEnvelope> {
  readonly #options: ExecuteOptions
  #context: ProcessorContext<string, TradesEnvelope> | undefined
  #tradeKeys: KeyValueStore<string, TradeKey> | undefined
  #count: CountUnder<Execution> | undefined
  #maker = { producer: '', node: '' }

  constructor(options: ExecuteOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, TradesEnvelope>): void {
    this.#context = context
    this.#count = executionCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#tradeKeys = keyValueStoreOf(context, this.#options.tradeKeys)
  }

  process({ headers, value: event }: StreamRecord<string, AcceptedEvent>): void {
    const context = this.#context
    if (context === undefined) return
    const { tenantId, payload: accepted } = event
    const key = `${tenantId}|${accepted.rfqId}|${accepted.quote.quoteId}`
    if (this.#tradeKeys?.get(key) !== undefined) {
      this.#count?.('repeated')
      context.drop('already-traded')
      return
    }
    const nowMs = context.currentSystemTimeMs()
    const outcome = tradeOf(tenantId, accepted, nowMs)
    if (outcome.kind === 'refused') {
      this.#count?.('refused')
      context.deadLetter(outcome.cause)
      return
    }
    const { trade } = outcome
    this.#count?.('executed')
    this.#tradeKeys?.put(key, { tradeId: trade.tradeId, acceptedEventId: event.eventId })
    const value = causedEvent(this.#maker, event, 0, {
      eventType: 'TradeExecuted',
      payload: trade,
      occurredAt: nowMs,
      entity: { entityType: 'Trade', entityId: trade.tradeId, sequence: 1 },
    })
    context.forward({ key: `${tenantId}|${trade.tradeId}`, value, timestampMs: nowMs, headers })
  }
}
