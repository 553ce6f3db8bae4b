import { adminRoutes } from '../api/admin-routes.ts'
import { killSwitchRoutes } from '../api/killswitch-routes.ts'
import { AdminChanges } from '../commands/admin-changes.ts'
import { AdminView } from '../views/admin-view.ts'
import { TopicView } from '../views/topic-view.ts'
import type { AdminReader, GatewayPart, PartContext } from './part.ts'

/** What administrators set, read once for all parts. */
export function adminReader({
  limits,
  options,
}: Pick<PartContext, 'limits' | 'options'>): AdminReader {
  const { log, logger, metrics, topics } = options
  const view = new AdminView({
    requestsMax: limits.outcomesRememberedMax,
    rowsMax: limits.instrumentsMax,
  })
  const reader = new TopicView({
    name: 'administration',
    log,
    logger,
    metrics,
    // The outcome of each change counts, and who asked for it.
    everyRecord: true,
    sources: view.sources(topics),
  })
  metrics.observe(
    'orion_gateway_admin_left_out',
    'Rows of administrators left out because the view is full.',
    {},
    () => view.leftOut,
  )
  return { view, reader }
}

/** What administrators see and set. */
export function adminPart({ admin, limits, options, writer }: PartContext): GatewayPart {
  const { clock, random, topics } = options
  const { reader, view } = admin
  const changes = new AdminChanges({
    topics,
    view,
    reader,
    writer,
    waitMs: limits.commandWaitMs,
    clock,
    random,
  })
  const shared = {
    topics,
    view,
    reader: () => reader,
    changes,
    positionWaitMs: limits.positionWaitMs,
  }
  return { views: [reader], routes: [...adminRoutes(shared), ...killSwitchRoutes(shared)] }
}
