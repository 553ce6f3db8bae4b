import {
  type BarsEnvelope,
  causedEvent,
  type InstrumentsEnvelope,
  type LastTick,
  type RawEnvelope,
  type TicksEnvelope,
} from '#avro'
import {
  type DeadLetterCause,
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
import { type FeedCounts, feedCounts } from './counts.ts'
import { NO_TICK, type Normalised, normalise } from './normalise.ts'
import { refusal } from './refusals.ts'

export type NormalisedEvent = TicksEnvelope | BarsEnvelope

export interface NormaliseOptions {
  readonly topology: string
  readonly lastTicks: KeyValueStoreSpec<string, LastTick>
  readonly instruments: GlobalKTable<string, InstrumentsEnvelope>['store']
}

/** Feed messages in; one canonical event, or one dead letter, out for each. Output records carry event time. */
export function normaliseFeed(
  options: NormaliseOptions,
): ProcessorSupplier<string, RawEnvelope, string, NormalisedEvent> {
  return () => new NormaliseFeed(options)
}

class NormaliseFeed implements Processor<string, RawEnvelope, string, NormalisedEvent> {
  readonly #options: NormaliseOptions
  #context: ProcessorContext<string, NormalisedEvent> | undefined
  #lastTicks: KeyValueStore<string, LastTick> | undefined
  #instruments: ReadOnlyKeyValueStore<string, InstrumentsEnvelope> | undefined
  #counts: FeedCounts | undefined
  #maker = { producer: '', node: '' }

  constructor(options: NormaliseOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, NormalisedEvent>): void {
    this.#context = context
    this.#lastTicks = keyValueStoreOf(context, this.#options.lastTicks)
    this.#instruments = globalStoreOf(context, this.#options.instruments)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#counts = feedCounts(context.metrics)
  }

  process(record: StreamRecord<string, RawEnvelope | undefined>): void {
    const context = this.#context
    if (context === undefined) return
    const { key, value: event } = record
    if (event === undefined || event === null) {
      this.#refuse(refusal('MARKET_DATA_NO_VALUE', 'the message has no value'))
      return
    }
    if (!KINDS.has(event.eventType)) {
      this.#refuse(refusal('MARKET_DATA_UNKNOWN_KIND', `the kind is ${event.eventType}`))
      return
    }
    if (event.eventType !== 'FeedUnreadable' && !isKeyOf(key, event.payload.instrumentId)) {
      const what = `the key is ${String(key)}, the instrument ${event.payload.instrumentId}`
      this.#refuse(refusal('MARKET_DATA_KEY_MISMATCH', what))
      return
    }
    const last = event.eventType === 'FeedUnreadable' ? NO_TICK : this.#lastTicks?.get(key)
    const instrument = this.#instruments?.get(key)?.payload
    // A feed stamps its envelopes when it takes a message.
    const message = { event, receivedTimeMs: event.occurredAt }
    this.#emit(context, record, event, normalise(last ?? NO_TICK, message, instrument))
  }

  #emit(
    context: ProcessorContext<string, NormalisedEvent>,
    record: StreamRecord<string, unknown>,
    cause: RawEnvelope,
    result: Normalised,
  ): void {
    if (result.eventType === 'refused') {
      this.#refuse(result.cause)
      return
    }
    this.#counts?.accepted(result)
    this.#lastTicks?.put(record.key, result.last)
    context.forward({
      key: record.key,
      value: eventOf(this.#maker, cause, result),
      timestampMs: result.eventTimeMs,
      headers: record.headers,
    })
  }

  #refuse(cause: DeadLetterCause): void {
    this.#counts?.refused(cause.code)
    this.#context?.deadLetter(cause)
  }
}

function eventOf(
  maker: { readonly producer: string; readonly node: string },
  cause: RawEnvelope,
  result: Exclude<Normalised, { eventType: 'refused' }>,
): NormalisedEvent {
  const { eventTimeMs: occurredAt, sequence } = result
  const entity = { entityType: 'Instrument', entityId: result.payload.instrumentId, sequence }
  switch (result.eventType) {
    case 'MarketTickReceived': {
      const { eventType, payload } = result
      return causedEvent(maker, cause, 0, { eventType, payload, occurredAt, entity })
    }
    case 'MarketDepthReceived': {
      const { eventType, payload } = result
      return causedEvent(maker, cause, 0, { eventType, payload, occurredAt, entity })
    }
    case 'MarketHeartbeatReceived': {
      const { eventType, payload } = result
      return causedEvent(maker, cause, 0, { eventType, payload, occurredAt, entity })
    }
    case 'BarClosed': {
      const { eventType, payload } = result
      return causedEvent(maker, cause, 0, { eventType, payload, occurredAt, entity })
    }
  }
}

const KINDS: ReadonlySet<string> = new Set<RawEnvelope['eventType']>([
  'FeedQuote',
  'FeedTrade',
  'FeedBar',
  'FeedDepth',
  'FeedHeartbeat',
  'FeedUnreadable',
])

/** Market data is the platform's: every tenant sees it. */
const KEY_PREFIX = 'platform|'

function isKeyOf(key: string | undefined, instrumentId: string): boolean {
  return (
    typeof key === 'string' &&
    key.length === KEY_PREFIX.length + instrumentId.length &&
    key.startsWith(KEY_PREFIX) &&
    key.endsWith(instrumentId)
  )
}
