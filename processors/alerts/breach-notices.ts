import type { AlertsEnvelope, ToldBreach } from '#avro'
import { sentence } from '../words/shown.ts'
import { type Noticed, shownTime, toAll, toRole, toUser } from './notice.ts'

/** So long is a breach that repeats itself kept back: a program that runs into a limit a hundred times a second is told of once a minute. */
const BREACH_QUIET_MS = 60_000

/** What counts as the same breach again. */
export function breachKey({ tenantId, payload }: AlertsEnvelope): string {
  const { rule, scope, subject, userId, instrumentId } = payload
  return `${tenantId}|${JSON.stringify([rule, scope, subject, userId, instrumentId])}`
}

/** To the user who ran into the limit and to risk; how often it came meanwhile is said with the next one. */
export function noticesOfBreach(
  told: ToldBreach | undefined,
  { occurredAt, payload }: AlertsEnvelope,
): Noticed<ToldBreach> {
  if (told !== undefined && occurredAt - told.toldAtMs < BREACH_QUIET_MS) {
    return { state: { ...told, untold: told.untold + 1 }, notices: [] }
  }
  const { figure, instrumentId, limit, reason, rfqId, rule, scope, subject, userId } = payload
  const audiences = userId === '' ? [toRole('RISK')] : [toUser(userId), toRole('RISK')]
  const who = userId === '' ? subject : userId
  const where = instrumentId === null ? '' : ` in ${instrumentId}`
  // Most reasons have the figures in them.
  const figures = reason.includes(figure) ? '' : ` (${figure}; allowed: ${limit})`
  const again =
    told === undefined || told.untold === 0
      ? ''
      : ` ${told.untold} more since ${shownTime(told.toldAtMs)}.`
  const notices = toAll(audiences, {
    kind: 'RISK_LIMIT_BREACHED',
    severity: 'WARNING',
    title: `Limit breached: ${limitOf(rule)}, ${who}${where}`,
    text: `${sentence(`${reason}${figures}`)}${again}`,
    entityType: rfqId === null ? 'Limits' : 'RFQ',
    entityId: rfqId ?? `${scope}|${subject}`,
  })
  return { state: { toldAtMs: occurredAt, untold: 0 }, notices }
}

/** By what its name begins with; a rule that is not known here goes by its name. */
const LIMITS: Readonly<Record<string, string>> = {
  MAX_NOTIONAL: 'largest amount',
  RFQ_RATE: 'RFQs a minute',
  ENTITLED: 'entitlement',
}

function limitOf(rule: string): string {
  return Object.entries(LIMITS).find(([start]) => rule.startsWith(start))?.[1] ?? rule
}
