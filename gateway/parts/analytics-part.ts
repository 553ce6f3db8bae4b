import { analyticsRoutes } from '../api/analytics-routes.ts'
import { AnalyticsView } from '../views/analytics-view.ts'
import type { GatewayPart, PartContext } from './part.ts'

/** Figures of liquidity providers and of trades. */
export function analyticsPart({ events, feed, limits, options }: PartContext): GatewayPart {
  const { topics } = options
  const view = new AnalyticsView(limits)
  feed.on(topics.analytics['lp-metrics'], (event) => view.applyMetrics(event))
  feed.on(topics.analytics.tca, (event) => view.applyTca(event))
  const { positionWaitMs } = limits
  return { routes: analyticsRoutes({ view, topics, events, positionWaitMs }) }
}
