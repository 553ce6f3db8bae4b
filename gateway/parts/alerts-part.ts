import { alertRoutes } from '../api/alert-routes.ts'
import { InboxView } from '../views/inbox-view.ts'
import type { GatewayPart, PartContext } from './part.ts'

/** What users and roles are told. */
export function alertsPart(context: PartContext): GatewayPart {
  const { channels, events, feed, limits, options } = context
  const { inbox: topic } = options.topics.notify
  const inbox = new InboxView({
    perAudienceMax: limits.alertsPerAudienceMax,
    changesMax: limits.journalChangesMax,
  })
  feed.on(topic, (event) => inbox.apply(event))
  channels.add('alerts', inbox)
  const { positionWaitMs } = limits
  return { routes: alertRoutes({ inbox, topic: topic.name, events, positionWaitMs }) }
}
