import type { KillswitchEnvelope } from '#avro'
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
      ? `${changedBy} threw the kill switch: ${reason}. New requests are refused until it is released.`
      : `${changedBy} released the kill switch: ${reason}. New requests are taken again.`,
    entityType: 'KillSwitch',
    entityId: event.entity.entityId,
  })
}
