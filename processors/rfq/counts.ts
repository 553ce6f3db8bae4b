import type { LifecycleEnvelope } from '#avro'
import type { ProcessorMetrics } from '#streams'
import { type CountUnder, countBy } from '../metrics/count-by.ts'
import { REASONS } from './reasons.ts'
import { REFUSAL_CODES } from './refusals.ts'

/** Counts what an event of an RFQ says: a step of its life, a quote, a last look, a command that changed nothing. */
export function lifecycleCounts(metrics: ProcessorMetrics): (event: LifecycleEnvelope) => void {
  const step = countBy(metrics, {
    name: 'orion_rfq_transitions_total',
    help: 'RFQs, by the state that they came to; rejected, cancelled, expired and traded are ends.',
    label: 'to',
    values: ['created', 'sent', 'rejected', 'accepted', 'cancelled', 'expired', 'traded'],
  })
  const quote = countBy(metrics, {
    name: 'orion_rfq_quotes_total',
    help: 'Quotes of liquidity providers, by whether they were ranked or refused.',
    label: 'outcome',
    values: ['ranked', 'refused'],
  })
  const quoteRefused = countBy<string>(metrics, {
    name: 'orion_rfq_quotes_refused_total',
    help: 'Quotes that were refused, by reason.',
    label: 'reason',
    values: REASONS,
  })
  const lastLook = countBy<string>(metrics, {
    name: 'orion_rfq_last_looks_total',
    help: 'Last looks begun, and what they came to; one for its age is refused before it begins.',
    label: 'outcome',
    values: ['started', 'accepted', 'LAST_LOOK_AGE', 'LAST_LOOK_DRIFT'],
  })
  const repeated = metrics.counter(
    'orion_rfq_commands_repeated_total',
    'Commands that came again and were answered by their first outcome.',
  )
  const commandRefused = countBy<string>(metrics, {
    name: 'orion_rfq_commands_refused_total',
    help: 'Commands that were refused, by reason.',
    label: 'reason',
    values: REASONS,
  })
  return ({ eventType, payload }) => {
    switch (eventType) {
      case 'RFQCreated':
        return step('created')
      case 'RFQSent':
        return step('sent')
      case 'RFQRejected':
        return step('rejected')
      case 'RFQCancelled':
        return step('cancelled')
      case 'RFQExpired':
        return step('expired')
      case 'RFQTraded':
        return step('traded')
      case 'QuotesRanked':
        if (payload.cause === 'QUOTED') quote('ranked')
        return
      case 'QuoteRejected':
        quote('refused')
        return quoteRefused(payload.reason)
      case 'LastLookStarted':
        return lastLook('started')
      case 'QuoteAccepted':
        // Without a last look an acceptance binds at once.
        if (payload.acceptedAtMs > payload.decisionTimeMs) lastLook('accepted')
        return step('accepted')
      case 'QuoteAcceptanceRejected':
        return lastLook(payload.reason)
      case 'RFQCommandRefused':
        return commandRefused(payload.reason)
      case 'RFQCommandRepeated':
        return repeated.add(1)
    }
  }
}

/** Records of the RFQ streams that are nobody's. */
export function misfitCounts(metrics: ProcessorMetrics): CountUnder<string> {
  return countBy<string>(metrics, {
    name: 'orion_rfq_misfits_total',
    help: 'Records of the RFQ streams that were dead-lettered, by code.',
    label: 'code',
    values: REFUSAL_CODES,
  })
}
