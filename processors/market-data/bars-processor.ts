import { type BarsEnvelope, causedEvent, type OpenBars, type TicksEnvelope } from '#avro'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import { type BarRules, foldBars, NO_BARS } from './bars.ts'
import { type BarCounts, barCounts } from './counts.ts'

export interface BarsOptions {
  readonly topology: string
  readonly openBars: KeyValueStoreSpec<string, OpenBars>
  readonly rules: BarRules
}

/** Each bar once, when it is final; its record carries the end of its window. */
export function closeBars(
  options: BarsOptions,
): ProcessorSupplier<string, TicksEnvelope, string, BarsEnvelope> {
  return () => new CloseBars(options)
}

class CloseBars implements Processor<string, TicksEnvelope, string, BarsEnvelope> {
  readonly #options: BarsOptions
  #context: ProcessorContext<string, BarsEnvelope> | undefined
  #openBars: KeyValueStore<string, OpenBars> | undefined
  #counts: BarCounts | undefined
  #maker = { producer: '', node: '' }

  constructor(options: BarsOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, BarsEnvelope>): void {
    this.#context = context
    this.#counts = barCounts(context.metrics, this.#options.rules.intervalsMs)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#openBars = keyValueStoreOf(context, this.#options.openBars)
  }

  process(record: StreamRecord<string, TicksEnvelope>): void {
    const { key, value: event, headers } = record
    const before = this.#openBars?.get(key) ?? NO_BARS
    const { state, closed } = foldBars(this.#options.rules, before, event)
    this.#openBars?.put(key, state)
    if (state.lateTicks > before.lateTicks) this.#counts?.late(state.lateTicks - before.lateTicks)
    for (let ordinal = 0; ordinal < closed.length; ordinal++) {
      const payload = closed[ordinal]
      if (payload === undefined) break
      const timestampMs = payload.windowStartMs + payload.intervalMs
      const value = causedEvent(this.#maker, event, ordinal, {
        eventType: 'BarClosed',
        payload,
        occurredAt: timestampMs,
        entity: {
          entityType: 'Instrument',
          entityId: payload.instrumentId,
          sequence: before.sequence + ordinal + 1,
        },
      })
      this.#counts?.closed(payload.intervalMs)
      this.#context?.forward({ key, value, timestampMs, headers })
    }
  }
}
