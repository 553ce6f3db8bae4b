import {
  type ConfirmationsEnvelope,
  causedEvent,
  type InstrumentsEnvelope,
  type TradesEnvelope,
} from '#avro'
import {
  type GlobalKTable,
  globalStoreOf,
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type ReadOnlyKeyValueStore,
  type StreamRecord,
} from '#streams'
import { ownOrShared } from '../instruments/own-or-shared.ts'
import type { CountUnder } from '../metrics/count-by.ts'
import { confirmationOf, type RequestedEvent, requestOf } from './confirmation.ts'
import { confirmationCounts } from './counts.ts'
import type { SettlementSettings } from './settings.ts'

export type ConfirmedEvent = ConfirmationsEnvelope | RequestedEvent

export interface ConfirmOptions {
  readonly topology: string
  /** Ids of confirmations, by trade. */
  readonly confirmed: KeyValueStoreSpec<string, string>
  readonly instruments: GlobalKTable<string, InstrumentsEnvelope>['store']
  readonly settings: SettlementSettings
}

/** A trade in; its confirmation and the request to settle it out, once. What comes again is dropped and counted. */
export function confirmTrades(
  options: ConfirmOptions,
): ProcessorSupplier<string, TradesEnvelope, string, ConfirmedEvent> {
  return () => new ConfirmTrades(options)
}

class ConfirmTrades implements Processor<string, TradesEnvelope, string, ConfirmedEvent> {
  readonly #options: ConfirmOptions
  #context: ProcessorContext<string, ConfirmedEvent> | undefined
  #confirmed: KeyValueStore<string, string> | undefined
  #instruments: ReadOnlyKeyValueStore<string, InstrumentsEnvelope> | undefined
  #count: CountUnder<'confirmed' | 'repeated'> | undefined
  #maker = { producer: '', node: '' }

  constructor(options: ConfirmOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, ConfirmedEvent>): void {
    this.#context = context
    this.#count = confirmationCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#confirmed = keyValueStoreOf(context, this.#options.confirmed)
    this.#instruments = globalStoreOf(context, this.#options.instruments)
  }

  process({ headers, key, value: event }: StreamRecord<string, TradesEnvelope>): void {
    const context = this.#context
    if (context === undefined) return
    if (this.#confirmed?.get(key) !== undefined) {
      this.#count?.('repeated')
      context.drop('already-confirmed')
      return
    }
    const { payload: trade, tenantId } = event
    const nowMs = context.currentSystemTimeMs()
    const instrument = ownOrShared(this.#instruments, tenantId, trade.instrumentId)
    const confirmation = confirmationOf(tenantId, trade, {
      instrumentName: instrument?.payload.name ?? trade.instrumentId,
      nowMs,
    })
    this.#confirmed?.put(key, confirmation.confirmationId)
    this.#count?.('confirmed')
    const value = causedEvent(this.#maker, event, 0, {
      eventType: 'TradeConfirmed',
      payload: confirmation,
      occurredAt: nowMs,
      entity: { entityType: 'Trade', entityId: trade.tradeId, sequence: 1 },
    })
    context.forward({ key, value, timestampMs: nowMs, headers })
    const request = causedEvent(this.#maker, event, 1, {
      eventType: 'SettlementRequested',
      payload: requestOf(confirmation, this.#options.settings),
      occurredAt: nowMs,
      entity: { entityType: 'Trade', entityId: trade.tradeId, sequence: 1 },
    })
    context.forward({ key, value: request, timestampMs: nowMs, headers })
  }
}
