import { eventId, type LpAnswer, type LpMetricsEnvelope, type LpTally } from '#avro'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import { type LpCounts, lpCounts } from './counts.ts'
import { metricsOf, NO_RFQS, withAnswer } from './lp-tally.ts'

export interface MeasureLpsOptions {
  readonly topology: string
  /** By tenant and liquidity provider. */
  readonly tallies: KeyValueStoreSpec<string, LpTally>
  /** The figures of one that answers all the time are published no more often than this, ms. */
  readonly publishEveryMs: number
}

/** The figures of each liquidity provider, published by the wall clock and only where they changed: many RFQs are one update. */
export function measureLps(
  options: MeasureLpsOptions,
): ProcessorSupplier<string, LpAnswer, string, LpMetricsEnvelope> {
  return () => new MeasureLps(options)
}

class MeasureLps implements Processor<string, LpAnswer, string, LpMetricsEnvelope> {
  readonly #options: MeasureLpsOptions
  /** Keys whose figures changed since they were published. Made of the store whenever a task starts. */
  readonly #changed = new Set<string>()
  #context: ProcessorContext<string, LpMetricsEnvelope> | undefined
  #tallies: KeyValueStore<string, LpTally> | undefined
  #counts: LpCounts | undefined
  #node = ''

  constructor(options: MeasureLpsOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, LpMetricsEnvelope>): void {
    this.#context = context
    this.#counts = lpCounts(context.metrics)
    this.#node = context.nodeName
    this.#tallies = keyValueStoreOf(context, this.#options.tallies)
    for (const [key, { changed }] of this.#tallies.all()) if (changed) this.#changed.add(key)
    context.schedule(this.#options.publishEveryMs, 'wall-clock', (nowMs) => this.#publish(nowMs))
  }

  process({ key, value: answer }: StreamRecord<string, LpAnswer>): void {
    this.#tallies?.put(key, withAnswer(this.#tallies.get(key) ?? NO_RFQS, answer))
    this.#changed.add(key)
    this.#counts?.answer()
  }

  #publish(nowMs: number): void {
    for (const key of this.#changed) {
      const before = this.#tallies?.get(key)
      if (before === undefined) continue
      const tally = { ...before, published: before.published + 1, changed: false }
      this.#tallies?.put(key, tally)
      const value = this.#event(key, tally, nowMs)
      this.#counts?.published()
      this.#context?.forward({ key, value, timestampMs: nowMs, headers: [] })
    }
    this.#changed.clear()
  }

  /** Many RFQs cause an update, so none of them does: its id comes of the key and the count. */
  #event(key: string, tally: LpTally, nowMs: number): LpMetricsEnvelope {
    const border = key.indexOf('|')
    const lpId = key.slice(border + 1)
    const { topology } = this.#options
    const id = eventId(`${topology}|${this.#node}`, key, tally.published)
    return {
      eventId: id,
      eventType: 'LpMetricsUpdated',
      eventVersion: 1,
      occurredAt: nowMs,
      producer: topology,
      tenantId: key.slice(0, border),
      correlationId: id,
      causationId: null,
      entity: { entityType: 'LiquidityProvider', entityId: lpId, sequence: tally.published },
      payload: metricsOf(lpId, tally, nowMs),
    }
  }
}
