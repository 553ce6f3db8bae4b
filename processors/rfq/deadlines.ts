import type { KeptQuote, KeptRfq } from '#avro'
import { type InputKind, isOver, phaseOf } from './transitions.ts'

/** The next moment at which an RFQ changes by itself. */
export interface Deadline {
  readonly atMs: number
  readonly kind: Extract<InputKind, 'RfqExpiry' | 'QuoteExpiry' | 'LastLookEnd' | 'Forgetting'>
  /** Of a quote expiry. */
  readonly quoteId?: string
}

/**
 * One for each RFQ at a time: the next follows from its state when this one is over. While last look runs the RFQ does not expire: its
 * acceptance came in time. At the same moment the RFQ goes before its quotes.
 */
export function nextDeadline(rfq: KeptRfq | undefined): Deadline | undefined {
  if (rfq === undefined) return undefined
  const phase = phaseOf(rfq)
  if (isOver(phase)) {
    return rfq.forgetAtMs === null ? undefined : { atMs: rfq.forgetAtMs, kind: 'Forgetting' }
  }
  if (phase === 'ACCEPTED') return undefined
  const first: Deadline =
    rfq.held === null
      ? { atMs: rfq.request.expiryTimeMs, kind: 'RfqExpiry' }
      : { atMs: rfq.held.untilMs, kind: 'LastLookEnd' }
  const held = rfq.held?.quote.quoteId
  const quote = earliest(rfq.quotes.filter((known) => known.quote.quoteId !== held))
  if (quote === undefined || quote.quote.expiresAtMs >= first.atMs) return first
  const { expiresAtMs: atMs, quoteId } = quote.quote
  return { atMs, kind: 'QuoteExpiry', quoteId }
}

function earliest(quotes: readonly KeptQuote[]): KeptQuote | undefined {
  let found: KeptQuote | undefined
  for (const known of quotes) {
    if (known.status !== 'OPEN') continue
    if (found === undefined || known.quote.expiresAtMs < found.quote.expiresAtMs) found = known
  }
  return found
}

const DIGITS = 16

/** Orders the store by time: `<ms, padded>|<key of the RFQ>`. */
export function deadlineKey(atMs: number, rfqKey: string): string {
  return `${String(atMs).padStart(DIGITS, '0')}|${rfqKey}`
}

/** Above every key of this moment, below those of the next. */
export function deadlinesUntil(atMs: number): string {
  return `${String(atMs).padStart(DIGITS, '0')}~`
}

export function deadlineTimeOf(key: string): number {
  return Number(key.slice(0, DIGITS))
}
