import {
  eventId,
  type InstrumentSilence,
  type InstrumentsEnvelope,
  type StatusEnvelope,
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
import type { CountUnder } from '../metrics/count-by.ts'
import { silenceCounts } from './counts.ts'
import type { NormalisedEvent } from './normalise-processor.ts'
import { hear, look, type Watch } from './silence.ts'

export interface WatchSilenceOptions {
  readonly topology: string
  readonly silences: KeyValueStoreSpec<string, InstrumentSilence>
  readonly instruments: GlobalKTable<string, InstrumentsEnvelope>['store']
  /** Time between looks at the wall clock, ms. */
  readonly lookEveryMs: number
}

/**
 * Says when an instrument falls silent and when it is heard again. What a message costs is a map look-up; a look goes over the map in
 * memory (one entry an instrument of the partition), never over the store, which is written at first sight and at every change only.
 */
export function watchSilence(
  options: WatchSilenceOptions,
): ProcessorSupplier<string, NormalisedEvent, string, StatusEnvelope> {
  return () => new WatchSilence(options)
}

class WatchSilence implements Processor<string, NormalisedEvent, string, StatusEnvelope> {
  readonly #options: WatchSilenceOptions
  readonly #watches = new Map<string, Watch>()
  #context: ProcessorContext<string, StatusEnvelope> | undefined
  #silences: KeyValueStore<string, InstrumentSilence> | undefined
  #instruments: ReadOnlyKeyValueStore<string, InstrumentsEnvelope> | undefined
  #count: CountUnder<'stale' | 'recovered'> | undefined
  #maker = { producer: '', node: '' }

  constructor(options: WatchSilenceOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, StatusEnvelope>): void {
    this.#context = context
    this.#count = silenceCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#silences = keyValueStoreOf(context, this.#options.silences)
    this.#instruments = globalStoreOf(context, this.#options.instruments)
    for (const [key, state] of this.#silences.all()) {
      this.#watches.set(key, this.#watchOf(key, state))
    }
    context.schedule(this.#options.lookEveryMs, 'wall-clock', (nowMs) => this.#lookAtAll(nowMs))
  }

  process(record: StreamRecord<string, NormalisedEvent>): void {
    const context = this.#context
    if (context === undefined) return
    const { key, value: event } = record
    const nowMs = context.currentSystemTimeMs()
    const watch = this.#watches.get(key) ?? this.#firstSight(key, event.occurredAt)
    // Without a limit as yet: it was disabled when it was last looked up.
    if (watch.staleAfterMs === Number.POSITIVE_INFINITY) this.#refresh(key, watch)
    const ended = hear(watch, event.occurredAt, nowMs)
    if (ended === undefined) return
    this.#refresh(key, watch)
    this.#keep(key, watch)
    this.#count?.('recovered')
    const { instrumentId, lastEventTimeMs: eventTimeMs } = watch
    const payload = { instrumentId, eventTimeMs, silentForMs: ended.silentForMs }
    const value = { ...this.#envelope(key, watch, nowMs, event), payload }
    this.#forward(key, { ...value, eventType: 'MarketDataRecovered' }, nowMs)
  }

  #lookAtAll(nowMs: number): void {
    for (const [key, watch] of this.#watches) {
      // Reference data may have changed since it was last read here.
      if (isOverdue(watch, nowMs)) this.#refresh(key, watch)
      const silence = look(watch, nowMs)
      if (silence === undefined) continue
      this.#keep(key, watch)
      this.#count?.('stale')
      const { instrumentId, lastEventTimeMs, staleAfterMs } = watch
      const { silentForMs } = silence
      const payload = { instrumentId, lastEventTimeMs, silentForMs, staleAfterMs }
      const value = { ...this.#envelope(key, watch, nowMs, undefined), payload }
      this.#forward(key, { ...value, eventType: 'MarketDataStaleDetected' }, nowMs)
    }
  }

  /** Status happens, and is stamped, by the wall clock: event time stands still in a silence. */
  #forward(key: string, value: StatusEnvelope, timestampMs: number): void {
    this.#context?.forward({ key, value, timestampMs, headers: [] })
  }

  #firstSight(key: string, eventTimeMs: number): Watch {
    const state = { stale: false, lastEventTimeMs: eventTimeMs, sinceMs: 0, sequence: 0 }
    const watch = this.#watchOf(key, state)
    this.#watches.set(key, watch)
    this.#keep(key, watch)
    return watch
  }

  #watchOf(key: string, state: InstrumentSilence): Watch {
    const watch: Watch = {
      instrumentId: key.slice(key.indexOf('|') + 1),
      lastSeenMs: undefined,
      lastEventTimeMs: state.lastEventTimeMs,
      staleAfterMs: Number.POSITIVE_INFINITY,
      stale: state.stale,
      sinceMs: state.sinceMs,
      sequence: state.sequence,
    }
    this.#refresh(key, watch)
    return watch
  }

  /** An instrument that left the reference data, or was disabled, cannot be stale. */
  #refresh(key: string, watch: Watch): void {
    const instrument = this.#instruments?.get(key)?.payload
    watch.staleAfterMs = instrument?.enabled ? instrument.staleAfterMs : Number.POSITIVE_INFINITY
  }

  #keep(key: string, watch: Watch): void {
    const { stale, lastEventTimeMs, sinceMs, sequence } = watch
    this.#silences?.put(key, { stale, lastEventTimeMs, sinceMs, sequence })
  }

  /** `cause` is the message that ended the silence. Nothing causes a silence: its id comes of the instrument and the count. */
  #envelope(key: string, watch: Watch, nowMs: number, cause: NormalisedEvent | undefined) {
    const { producer, node } = this.#maker
    const id = eventId(`${producer}|${node}`, key, watch.sequence)
    return {
      eventId: id,
      eventVersion: 1,
      occurredAt: nowMs,
      producer,
      tenantId: 'platform',
      correlationId: cause?.correlationId ?? id,
      causationId: cause?.eventId ?? null,
      entity: {
        entityType: 'Instrument',
        entityId: watch.instrumentId,
        sequence: watch.sequence,
      },
    }
  }
}

/** Silent for longer than the limit as last known. */
function isOverdue(watch: Watch, nowMs: number): boolean {
  if (watch.stale) return false
  return watch.lastSeenMs !== undefined && nowMs - watch.lastSeenMs > watch.staleAfterMs
}
