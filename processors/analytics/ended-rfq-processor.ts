import type { LifecycleEnvelope } from '#avro'
import {
  type Processor,
  type ProcessorContext,
  type ProcessorSupplier,
  type StreamRecord,
  type WindowStore,
  type WindowStoreSpec,
  windowStoreOf,
} from '#streams'
import type { CountUnder } from '../metrics/count-by.ts'
import { endedCounts } from './counts.ts'
import { type EndedRfq, isEndedRfq } from './ended-rfq.ts'

export interface EndedRfqsOptions {
  /** By RFQ and the time of its end: the id of the event that ended it. */
  readonly ended: WindowStoreSpec<string, string>
}

/** Each end of an RFQ once, however often it is delivered within the store's retention; nothing else of the lifecycle. */
export function endedRfqs(
  options: EndedRfqsOptions,
): ProcessorSupplier<string, LifecycleEnvelope, string, EndedRfq> {
  return () => new EndedRfqs(options)
}

class EndedRfqs implements Processor<string, LifecycleEnvelope, string, EndedRfq> {
  readonly #options: EndedRfqsOptions
  #context: ProcessorContext<string, EndedRfq> | undefined
  #count: CountUnder<EndedRfq['eventType']> | undefined
  #ended: WindowStore<string, string> | undefined

  constructor(options: EndedRfqsOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<string, EndedRfq>): void {
    this.#context = context
    this.#count = endedCounts(context.metrics)
    this.#ended = windowStoreOf(context, this.#options.ended)
  }

  process(record: StreamRecord<string, LifecycleEnvelope | undefined>): void {
    const { key, value: event, timestampMs, headers } = record
    if (event === undefined || event === null) {
      this.#context?.deadLetter({
        code: 'ANALYTICS_NO_VALUE',
        what: 'the record has no value',
        remedy: 'A lifecycle is made of events; correct the producer of this topic.',
      })
      return
    }
    if (!isEndedRfq(event)) return
    const { closedAtMs } = event.payload.summary
    if (this.#ended?.fetch(key, closedAtMs) !== undefined) {
      this.#context?.drop('ended-before')
      return
    }
    this.#ended?.put(key, event.eventId, closedAtMs)
    this.#count?.(event.eventType)
    this.#context?.forward({ key, value: event, timestampMs, headers })
  }
}
