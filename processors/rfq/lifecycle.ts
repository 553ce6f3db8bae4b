import type {
  Admission,
  CommandsEnvelope,
  KeptRfq,
  LifecycleEnvelope,
  QuotesEnvelope,
  TradesEnvelope,
} from '#avro'
import { accept, endLastLook, sayRanking, settleState, withStatus } from './acceptance.ts'
import { close, expire } from './closing.ts'
import { cancel, create, takeCommand } from './commands.ts'
import { nextDeadline } from './deadlines.ts'
import { Draft, type Facts } from './draft.ts'
import { whyQuoteRefused } from './quote-rules.ts'
import { textOf } from './reasons.ts'
import { type InputKind, type Phase, phaseOf, TRANSITIONS } from './transitions.ts'

export type AnswerCommand = Exclude<CommandsEnvelope, { readonly eventType: 'CreateRFQ' }>

/** A CreateRFQ comes as what admission made of it. */
export type RfqInput = Admission | AnswerCommand | QuotesEnvelope | TradesEnvelope

export interface Outcome {
  /** Undefined: there is none, or it is forgotten. */
  readonly rfq: KeptRfq | undefined
  readonly events: readonly LifecycleEnvelope[]
  /** Of a trade that changed nothing: nobody agreed to it, or it is known. */
  readonly leftOut?: 'misplaced' | 'repeated'
}

/**
 * One RFQ and one input at a moment: what it is then, and what is said of it. What was due by then happens first, so that an accept at or
 * after the expiry comes too late, whichever of the two is looked at first. Without an input it is time alone that passes.
 */
export function advanceRfq(
  before: KeptRfq | undefined,
  input: RfqInput | undefined,
  facts: Facts,
): Outcome {
  const draft = new Draft(before, facts)
  passTime(draft)
  const leftOut = input === undefined ? undefined : take(draft, input)
  const { events, kept: rfq } = draft
  return leftOut === undefined ? { rfq, events } : { rfq, events, leftOut }
}

export function kindOf(input: RfqInput): InputKind {
  return 'eventType' in input ? input.eventType : 'CreateRFQ'
}

function passTime(draft: Draft): void {
  for (;;) {
    const deadline = nextDeadline(draft.kept)
    if (deadline === undefined || deadline.atMs > draft.facts.nowMs) return
    const from = phaseOf(draft.kept)
    if (deadline.kind === 'RfqExpiry') expire(draft)
    else if (deadline.kind === 'LastLookEnd') endLastLook(draft)
    else if (deadline.kind === 'QuoteExpiry') expireQuote(draft, deadline.quoteId)
    else draft.kept = undefined
    checkMove(from, deadline.kind, phaseOf(draft.kept))
  }
}

function take(draft: Draft, input: RfqInput): Outcome['leftOut'] {
  const from = phaseOf(draft.kept)
  const leftOut = act(draft, input)
  const to = phaseOf(draft.kept)
  if (from !== to) checkMove(from, kindOf(input), to)
  return leftOut
}

function act(draft: Draft, input: RfqInput): Outcome['leftOut'] {
  if (!('eventType' in input)) {
    const { command, commandId, correlationId } = input
    const asked = { ...command, kind: 'CreateRFQ', commandId, correlationId } as const
    takeCommand(draft, asked, () => create(draft, input))
    return undefined
  }
  const { correlationId, eventId: commandId } = input
  switch (input.eventType) {
    case 'AcceptQuote': {
      const { eventType: kind, payload } = input
      const asked = { ...payload, kind, commandId, correlationId }
      takeCommand(draft, asked, () => accept(draft, commandId, payload))
      return undefined
    }
    case 'CancelRFQ': {
      const { eventType: kind, payload } = input
      const asked = { ...payload, kind, commandId, correlationId }
      takeCommand(draft, asked, () => cancel(draft, asked))
      return undefined
    }
    case 'QuoteReceived':
      takeQuote(draft, input)
      return undefined
    case 'TradeExecuted':
      return takeTrade(draft, input)
  }
}

function takeQuote(draft: Draft, { correlationId, eventId, payload: quote }: QuotesEnvelope): void {
  const { nowMs } = draft.facts
  const rule = TRANSITIONS[phaseOf(draft.kept)].QuoteReceived
  const isRefused = typeof rule === 'object' && 'refuse' in rule
  const reason = isRefused ? rule.refuse : whyQuoteRefused(draft.rfq, quote, nowMs)
  const because = { causeId: eventId, correlationId }
  const { lpId, quoteId } = quote
  if (reason !== undefined) {
    draft.say('QuoteRejected', because, { quoteId, lpId, reason, text: textOf(reason) })
    return
  }
  const known = { quote, eventId, receivedAtMs: nowMs, status: 'OPEN' }
  draft.change({ quotes: [...draft.rfq.quotes, known] })
  settleState(draft)
  sayRanking(draft, because, 'QUOTED', quoteId)
}

function takeTrade(draft: Draft, { eventId, payload: trade }: TradesEnvelope): Outcome['leftOut'] {
  const rule = TRANSITIONS[phaseOf(draft.kept)].TradeExecuted
  const accepted = draft.kept?.accepted
  if (accepted?.quote.quoteId !== trade.quoteId) return 'misplaced'
  if (rule === 'misplaced' || rule === 'repeated') return rule
  const { decision, decisionTimeMs, quote } = accepted
  const { currency, executedAtMs: executionTimeMs, price, quantity, tradeId, venueId } = trade
  const execution = draft.facts.markOf(trade.instrumentId)
  const summary = close(draft, 'TRADED')
  const terms = { tradeId, quote, currency, quantity, price, venueId }
  const times = { decisionTimeMs, executionTimeMs, decision, execution }
  draft.say('RFQTraded', { causeId: eventId }, { ...terms, ...times, summary })
  return undefined
}

function expireQuote(draft: Draft, quoteId = ''): void {
  const gone = draft.rfq.quotes.find(({ quote }) => quote.quoteId === quoteId)
  draft.change({ quotes: withStatus(draft.rfq.quotes, quoteId, 'EXPIRED') })
  settleState(draft)
  const causeId = gone?.eventId ?? draft.rfq.commandId
  sayRanking(draft, { causeId }, 'QUOTE_EXPIRED', quoteId)
}

/** The table is the law: a step that goes another way is stopped, and its transaction with it. */
function checkMove(from: Phase, kind: InputKind, to: Phase): void {
  const rule = TRANSITIONS[from][kind]
  if (typeof rule === 'object' && 'to' in rule && rule.to.includes(to)) return
  throw new Error(`an RFQ does not go from ${from} to ${to} by ${kind}`)
}
