import type { LifecycleEnvelope } from '#avro'

const ENDINGS = ['RFQRejected', 'RFQExpired', 'RFQCancelled', 'RFQTraded'] as const

/** The event that ends an RFQ: it carries what came of it. */
export type EndedRfq = Extract<LifecycleEnvelope, { readonly eventType: (typeof ENDINGS)[number] }>

export function isEndedRfq(event: LifecycleEnvelope): event is EndedRfq {
  return ENDINGS.some((ending) => ending === event.eventType)
}
