import { causedEvent, type TcaEnvelope } from '#avro'
import type { Processor, ProcessorContext, ProcessorSupplier, StreamRecord } from '#streams'
import { tcaCounts } from './counts.ts'
import type { EndedRfq } from './ended-rfq.ts'
import { tcaOf } from './tca.ts'

/** One TCA for each RFQ that traded, under its tenant and trade. */
export function computeTca(options: {
  readonly topology: string
}): ProcessorSupplier<string, EndedRfq, string, TcaEnvelope> {
  return () => new ComputeTca(options.topology)
}

class ComputeTca implements Processor<string, EndedRfq, string, TcaEnvelope> {
  readonly #topology: string
  #context: ProcessorContext<string, TcaEnvelope> | undefined
  #count: (() => void) | undefined
  #maker = { producer: '', node: '' }

  constructor(topology: string) {
    this.#topology = topology
  }

  init(context: ProcessorContext<string, TcaEnvelope>): void {
    this.#context = context
    this.#count = tcaCounts(context.metrics)
    this.#maker = { producer: this.#topology, node: context.nodeName }
  }

  process({ value: event, timestampMs, headers }: StreamRecord<string, EndedRfq>): void {
    if (event.eventType !== 'RFQTraded') return
    const payload = tcaOf(event.payload)
    const value = causedEvent(this.#maker, event, 0, {
      eventType: 'TcaComputed',
      payload,
      occurredAt: payload.executionTimeMs,
      entity: { entityType: 'Trade', entityId: payload.tradeId, sequence: 1 },
    })
    const key = `${event.tenantId}|${payload.tradeId}`
    this.#count?.()
    this.#context?.forward({ key, value, timestampMs, headers })
  }
}
