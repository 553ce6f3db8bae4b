import type { ProcessorMetrics } from '#streams'
import { type CountUnder, countBy } from '../metrics/count-by.ts'
import { NOTICE_KINDS, type NoticeKind } from './notice.ts'

/** One for each audience. */
export function notificationCounts(metrics: ProcessorMetrics): CountUnder<NoticeKind> {
  return countBy(metrics, {
    name: 'orion_alerts_notifications_total',
    help: 'Notifications raised, one for each audience, by kind.',
    label: 'kind',
    values: NOTICE_KINDS,
  })
}
