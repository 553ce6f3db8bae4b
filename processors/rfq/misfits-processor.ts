import type {
  DeadLetterCause,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  StreamRecord,
} from '#streams'
import type { CountUnder } from '../metrics/count-by.ts'
import { misfitCounts } from './counts.ts'
import { refusal } from './refusals.ts'

/** Dead-letters events without a value, and those whose key is not `tenant|entity`: their state would be somebody else's. */
export function refuseMisfits<E extends { readonly tenantId: string }>(
  entityOf: (event: E) => string,
): ProcessorSupplier<string, E, string, E> {
  return () => new RefuseMisfits(entityOf)
}

class RefuseMisfits<E extends { readonly tenantId: string }>
  implements Processor<string, E, string, E>
{
  readonly #entityOf: (event: E) => string
  #context: ProcessorContext<string, E> | undefined
  #count: CountUnder<string> | undefined

  constructor(entityOf: (event: E) => string) {
    this.#entityOf = entityOf
  }

  init(context: ProcessorContext<string, E>): void {
    this.#context = context
    this.#count = misfitCounts(context.metrics)
  }

  process(record: StreamRecord<string, E | undefined>): void {
    const { key, value: event, ...rest } = record
    if (event === undefined || event === null) {
      this.#refuse(refusal('RFQ_NO_VALUE', 'the record has no value'))
      return
    }
    const wanted = `${event.tenantId}|${this.#entityOf(event)}`
    if (key === wanted) {
      this.#context?.forward({ ...rest, key, value: event })
      return
    }
    this.#refuse(
      refusal('RFQ_KEY_MISMATCH', `the key is ${String(key)}, the event is of ${wanted}`),
    )
  }

  #refuse(cause: DeadLetterCause): void {
    this.#count?.(cause.code)
    this.#context?.deadLetter(cause)
  }
}
