import type { KillswitchEnvelope } from '#avro'
import { sentence } from '../words/shown.ts'
import { type Notice, toAll, toRole } from './notice.ts'

/**
 * To all who trade, sell and control. The switch of all tenants is an event of the tenant `platform`, and so are its notices: whoever reads an
 * inbox reads the platform's notices to the same roles too, so nobody has to know the tenants, and one that is new is told as well.
 */
export function noticesOfKillSwitch(event: KillswitchEnvelope): readonly Notice[] {
  const { changedBy, reason, scope } = event.payload
  const stopped = event.eventType === 'KillSwitchEnabled'
  const whose = scope === 'GLOBAL' ? ' for all tenants' : ''
  return toAll([toRole('TRADER'), toRole('SALES'), toRole('RISK')], {
    kind: stopped ? 'KILL_SWITCH_ENABLED' : 'KILL_SWITCH_DISABLED',
    severity: stopped ? 'CRITICAL' : 'WARNING',
    title: stopped ? `Trading stopped${whose}` : `Trading released${whose}`,
    text: stopped
      ? `${sentence(`${changedBy} threw the kill switch: ${reason}`)} New RFQs are refused until it is released; open ones can still be cancelled.`
      : `${sentence(`${changedBy} released the kill switch: ${reason}`)} New RFQs are taken again.`,
    entityType: 'KillSwitch',
    entityId: event.entity.entityId,
  })
}
