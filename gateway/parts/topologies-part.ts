import { topologyRoutes } from '../api/topology-routes.ts'
import type { GatewayOptions } from '../gateway-options.ts'
import type { GatewayLimits } from '../limits.ts'
import { TopicView, viewSource } from '../views/topic-view.ts'
import { TopologiesView } from '../views/topologies-view.ts'
import type { GatewayPart } from './part.ts'

export interface TopologiesPart extends GatewayPart {
  readonly reported: TopologiesView
}

/** What runs where. */
export function topologiesPart(
  { clock, graphs, log, logger, metrics, topics }: GatewayOptions,
  limits: GatewayLimits,
): TopologiesPart {
  const reported = new TopologiesView({
    clock,
    instancesMax: limits.topologyInstancesMax,
    graphs: graphs ?? new Map(),
  })
  const reports: TopicView = new TopicView({
    name: 'topologies',
    log,
    logger,
    metrics,
    sources: [
      viewSource(topics.ops.topologies, (key, event) =>
        reported.apply(key, event, { isReplayed: !reports.state().ok }),
      ),
    ],
  })
  return { reported, routes: topologyRoutes(reported), viewsBeside: [reports] }
}
