import type { AlertsEnvelope, ToldBreach } from '#avro'
import { type Noticed, shownTime, toAll, toRole, toUser } from './notice.ts'

/** So long is a breach that repeats itself kept back: a program that runs into a limit a hundred times a second is told of once a minute. */
export const BREACH_QUIET_MS = 60_000

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
  const where = instrumentId === null ? '' : ` in ${instrumentId}`
  const against = limit === '' ? figure : `${figure} against ${limit}`
  const again =
    told === undefined || told.untold === 0
      ? ''
      : ` And ${told.untold} more since ${shownTime(told.toldAtMs)}.`
  const notices = toAll(audiences, {
    kind: 'RISK_LIMIT_BREACHED',
    severity: 'WARNING',
    title: `Limit breached: ${rule}, ${userId === '' ? subject : userId}${where}`,
    text: `${reason} ${against} (${scope.toLowerCase()} ${subject}).${again}`,
    entityType: rfqId === null ? 'Limit' : 'RFQ',
    entityId: rfqId ?? `${scope}|${subject}`,
  })
  return { state: { toldAtMs: occurredAt, untold: 0 }, notices }
}
