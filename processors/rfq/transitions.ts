import type { KeptRfq, RfqState } from '#avro'
import type { Reason } from './reasons.ts'

/**
 * Where an RFQ rests between two inputs: its state, NONE before there is one, and HELD while last look runs (its state is QUOTING then).
 * CREATED is left by the same input that led there.
 */
export type Phase = 'NONE' | 'HELD' | Exclude<RfqState, 'CREATED'>

/** What can come. The last four are moments that the RFQ waits for. */
export type InputKind =
  | 'CreateRFQ'
  | 'QuoteReceived'
  | 'AcceptQuote'
  | 'CancelRFQ'
  | 'TradeExecuted'
  | 'RfqExpiry'
  | 'QuoteExpiry'
  | 'LastLookEnd'
  | 'Forgetting'

export type Rule =
  /** Judged by its content: either it leads to one of these, or it is refused and nothing changes. */
  | { readonly to: readonly Phase[] }
  | { readonly refuse: Reason }
  /** A trade that nobody agreed to, or another than what was agreed: for the dead letters. */
  | 'misplaced'
  /** Done before: nothing more to do. */
  | 'repeated'
  /** A moment that is not waited for here. */
  | 'never'

const to = (...phases: Phase[]): Rule => ({ to: phases })
const refuse = (reason: Reason): Rule => ({ refuse: reason })

/** Once it is over: everything is refused alike, until it is forgotten. */
const over = (reason: Reason): Record<InputKind, Rule> => ({
  CreateRFQ: refuse('RFQ_EXISTS'),
  QuoteReceived: refuse(reason),
  AcceptQuote: refuse(reason),
  CancelRFQ: refuse(reason),
  TradeExecuted: 'misplaced',
  RfqExpiry: 'never',
  QuoteExpiry: 'never',
  LastLookEnd: 'never',
  Forgetting: to('NONE'),
})

/** Every phase and every input. */
export const TRANSITIONS: Readonly<Record<Phase, Readonly<Record<InputKind, Rule>>>> = {
  NONE: {
    CreateRFQ: to('SENT', 'REJECTED'),
    QuoteReceived: refuse('RFQ_NOT_FOUND'),
    AcceptQuote: refuse('RFQ_NOT_FOUND'),
    CancelRFQ: refuse('RFQ_NOT_FOUND'),
    TradeExecuted: 'misplaced',
    RfqExpiry: 'never',
    QuoteExpiry: 'never',
    LastLookEnd: 'never',
    Forgetting: 'never',
  },
  SENT: {
    CreateRFQ: refuse('RFQ_EXISTS'),
    QuoteReceived: to('QUOTING'),
    AcceptQuote: refuse('NO_QUOTE'),
    CancelRFQ: to('CANCELLED'),
    TradeExecuted: 'misplaced',
    RfqExpiry: to('EXPIRED'),
    QuoteExpiry: 'never',
    LastLookEnd: 'never',
    Forgetting: 'never',
  },
  QUOTING: {
    CreateRFQ: refuse('RFQ_EXISTS'),
    QuoteReceived: to('QUOTING'),
    AcceptQuote: to('HELD', 'ACCEPTED', 'QUOTING', 'SENT'),
    CancelRFQ: to('CANCELLED'),
    TradeExecuted: 'misplaced',
    RfqExpiry: to('EXPIRED'),
    QuoteExpiry: to('QUOTING', 'SENT'),
    LastLookEnd: 'never',
    Forgetting: 'never',
  },
  HELD: {
    CreateRFQ: refuse('RFQ_EXISTS'),
    QuoteReceived: to('HELD'),
    AcceptQuote: refuse('ACCEPTANCE_PENDING'),
    CancelRFQ: refuse('ACCEPTANCE_PENDING'),
    TradeExecuted: 'misplaced',
    RfqExpiry: 'never',
    QuoteExpiry: to('HELD'),
    LastLookEnd: to('ACCEPTED', 'QUOTING', 'SENT', 'EXPIRED'),
    Forgetting: 'never',
  },
  ACCEPTED: {
    CreateRFQ: refuse('RFQ_EXISTS'),
    QuoteReceived: refuse('RFQ_ACCEPTED'),
    AcceptQuote: refuse('RFQ_ACCEPTED'),
    CancelRFQ: refuse('RFQ_ACCEPTED'),
    TradeExecuted: to('TRADED'),
    RfqExpiry: 'never',
    QuoteExpiry: 'never',
    LastLookEnd: 'never',
    Forgetting: 'never',
  },
  REJECTED: over('RFQ_REJECTED'),
  EXPIRED: over('RFQ_EXPIRED'),
  CANCELLED: over('RFQ_CANCELLED'),
  TRADED: { ...over('RFQ_TRADED'), TradeExecuted: 'repeated' },
}

export function phaseOf(rfq: KeptRfq | undefined): Phase {
  if (rfq === undefined) return 'NONE'
  if (rfq.held !== null) return 'HELD'
  if (rfq.state === 'CREATED') throw new Error('an RFQ does not rest in CREATED')
  return rfq.state
}

/** Nothing but retries of its commands is answered any more. */
export function isOver(phase: Phase): boolean {
  return TRANSITIONS[phase].Forgetting !== 'never'
}
