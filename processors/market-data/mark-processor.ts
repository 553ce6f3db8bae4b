import { causedEvent, type MarkState, type MarksEnvelope, type SnapshotsEnvelope } from '#avro'
import {
  type KeyValueStore,
  type KeyValueStoreSpec,
  keyValueStoreOf,
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
} from '#streams'
import { markCounts } from './counts.ts'
import { markAfter } from './mark.ts'

export interface MarkOptions {
  readonly topology: string
  readonly lastMarks: KeyValueStoreSpec<string, MarkState>
}

/** Marks out of snapshots. A snapshot without a mark costs a look into a map: the store is read once, and written with each mark. */
export function publishMarks(
  options: MarkOptions,
): ProcessorSupplier<string, SnapshotsEnvelope, string, MarksEnvelope> {
  return () => new PublishMarks(options)
}

class PublishMarks implements Processor<string, SnapshotsEnvelope, string, MarksEnvelope> {
  readonly #options: MarkOptions
  readonly #marks = new Map<string, MarkState>()
  #context: ProcessorContext<string, MarksEnvelope> | undefined
  #store: KeyValueStore<string, MarkState> | undefined
  #count: (() => void) | undefined
  #maker = { producer: '', node: '' }

  constructor(options: MarkOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, MarksEnvelope>): void {
    this.#context = context
    this.#count = markCounts(context.metrics)
    this.#maker = { producer: this.#options.topology, node: context.nodeName }
    this.#store = keyValueStoreOf(context, this.#options.lastMarks)
    for (const [key, mark] of this.#store.all()) this.#marks.set(key, mark)
  }

  process(record: StreamRecord<string, SnapshotsEnvelope>): void {
    const { key, value: event } = record
    const mark = markAfter(this.#marks.get(key), event.payload)
    if (mark === undefined) return
    this.#marks.set(key, mark)
    this.#store?.put(key, mark)
    const { instrumentId } = event.payload
    const { sequence, bid, ask, mid, eventTimeMs } = mark
    this.#count?.()
    this.#context?.forward({
      key,
      value: causedEvent(this.#maker, event, 0, {
        eventType: 'MarkPriceUpdated',
        payload: { instrumentId, bid, ask, mid, eventTimeMs },
        occurredAt: eventTimeMs,
        entity: { entityType: 'Instrument', entityId: instrumentId, sequence },
      }),
      timestampMs: record.timestampMs,
      headers: record.headers,
    })
  }
}
