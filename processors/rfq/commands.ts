import type { Admission, KeptRfq, Requester } from '#avro'
import { close } from './closing.ts'
import type { Draft } from './draft.ts'
import { type Reason, textOf } from './reasons.ts'
import { type InputKind, phaseOf, TRANSITIONS } from './transitions.ts'

/** Bounds what one RFQ remembers; those that come after are refused, and refused again when they are retried. */
export const COMMANDS_MAX = 64

/** What all commands have. */
export interface Asked {
  readonly kind: Extract<InputKind, 'CreateRFQ' | 'AcceptQuote' | 'CancelRFQ'>
  readonly commandId: string
  readonly correlationId: string
  readonly requestDigest: string
  readonly requester: Requester
}

/**
 * Does a command once: what came before is answered by its first outcome, what the table refuses by the reason there, the rest by `act`,
 * which gives a reason where it refuses.
 */
export function takeCommand(draft: Draft, asked: Asked, act: () => Reason | undefined): void {
  const { commandId, correlationId, kind, requestDigest } = asked
  const because = { causeId: commandId, commandId, correlationId }
  const refuse = (reason: Reason) =>
    draft.say('RFQCommandRefused', because, {
      command: kind,
      userId: asked.requester.userId,
      reason,
      text: textOf(reason),
    })
  const outcomes = draft.kept?.outcomes ?? []
  const first = outcomes.find((known) => known.commandId === commandId)
  if (first !== undefined) {
    if (first.requestDigest === requestDigest) {
      const { eventId: outcomeEventId, eventType: outcomeEventType, reason } = first
      const said = { command: kind, outcomeEventId, outcomeEventType, reason }
      draft.say('RFQCommandRepeated', because, said)
    } else {
      refuse('IDEMPOTENCY_KEY_REUSED')
    }
    return
  }
  if (outcomes.length >= COMMANDS_MAX) {
    refuse('TOO_MANY_COMMANDS')
    return
  }
  if (draft.kept !== undefined) draft.remember(commandId, requestDigest)
  const rule = TRANSITIONS[phaseOf(draft.kept)][kind]
  const reason = typeof rule === 'object' && 'refuse' in rule ? rule.refuse : act()
  if (reason === undefined) return
  const refused = refuse(reason)
  if (draft.kept !== undefined) draft.conclude(commandId, refused, reason)
}

/** Created, and sent to whom admission found eligible; or rejected, with what admission found against it. */
export function create(draft: Draft, admission: Admission): undefined {
  const { command, commandId, decisions, mark, passed, routes } = admission
  const { nowMs } = draft.facts
  draft.kept = created(admission, nowMs)
  draft.remember(commandId, command.requestDigest)
  const { assetClass, currency, request } = draft.kept
  const because = { causeId: commandId, commandId }
  const { expiryTimeMs, instrumentId, minSize, partialAllowed, requester, side, size } = request
  const terms = { instrumentId, assetClass, side, size, minSize, partialAllowed, expiryTimeMs }
  draft.say('RFQCreated', because, {
    ...terms,
    currency,
    venueId: request.venueId,
    requester,
    createdAtMs: nowMs,
    mark,
    decisions,
  })
  const isLate = expiryTimeMs <= nowMs
  if (!passed || isLate) {
    const reason = passed ? 'EXPIRY_PAST' : admission.reason
    const text = passed ? textOf('EXPIRY_PAST') : admission.text
    const summary = close(draft, 'REJECTED')
    const event = draft.say('RFQRejected', because, { reason, text, decisions, routes, summary })
    draft.conclude(commandId, event, reason)
    return
  }
  const lpIds = routes.filter(({ eligible }) => eligible).map(({ lpId }) => lpId)
  draft.change({ invited: lpIds, sentAtMs: nowMs })
  draft.moveTo('SENT')
  const event = draft.say('RFQSent', because, { ...terms, sentAtMs: nowMs, lpIds, routes })
  draft.conclude(commandId, event)
}

export function cancel(draft: Draft, { commandId, requester: by }: Asked): Reason | undefined {
  const { requester } = draft.rfq.request
  const isColleague = by.desk !== '' && by.desk === requester.desk && by.roles.includes('TRADER')
  if (by.userId !== requester.userId && !isColleague) return 'NOT_YOUR_DESK'
  const summary = close(draft, 'CANCELLED')
  const because = { causeId: commandId, commandId }
  const event = draft.say('RFQCancelled', because, { cancelledBy: by.userId, summary })
  draft.conclude(commandId, event)
  return undefined
}

function created(admission: Admission, nowMs: number): KeptRfq {
  const { command, commandId, correlationId, instrument, venueId } = admission
  return {
    state: 'CREATED',
    version: 1,
    sequence: 0,
    commandId,
    correlationId,
    request: { ...command, venueId: venueId === '' ? null : venueId },
    assetClass: instrument?.assetClass ?? 'UNKNOWN',
    currency: instrument?.currency ?? '',
    createdAtMs: nowMs,
    sentAtMs: nowMs,
    invited: [],
    quotes: [],
    held: null,
    accepted: null,
    lastLookRejectedLpIds: [],
    outcomes: [],
    forgetAtMs: null,
  }
}
