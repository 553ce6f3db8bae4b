import type { LpAnswer } from '#avro'
import type { Processor, ProcessorContext, ProcessorSupplier, StreamRecord } from '#streams'
import type { EndedRfq } from './ended-rfq.ts'
import { answersOf } from './lp-answers.ts'

/** One answer for each liquidity provider of an ended RFQ, under tenant and liquidity provider. */
export function answersOfLps(): ProcessorSupplier<string, EndedRfq, string, LpAnswer> {
  return () => new AnswersOfLps()
}

class AnswersOfLps implements Processor<string, EndedRfq, string, LpAnswer> {
  #context: ProcessorContext<string, LpAnswer> | undefined

  init(context: ProcessorContext<string, LpAnswer>): void {
    this.#context = context
  }

  process({ value: event, timestampMs, headers }: StreamRecord<string, EndedRfq>): void {
    for (const [lpId, value] of answersOf(event))
      this.#context?.forward({ key: `${event.tenantId}|${lpId}`, value, timestampMs, headers })
  }
}
