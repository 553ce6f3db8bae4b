import type { Log } from '#streams/log'
import { openapiDocument } from './api/openapi.ts'
import { type CheckResult, operationsRoutes, type ReadinessCheck } from './api/operations-routes.ts'
import { sessionRoutes } from './api/session-routes.ts'
import { EventWriter } from './commands/event-writer.ts'
import type { GatewayOptions } from './gateway-options.ts'
import { HttpFront } from './http/http-front.ts'
import { RequestLog } from './http/request-log.ts'
import { RequestMetrics } from './http/request-metrics.ts'
import type { Route } from './http/route.ts'
import { Router } from './http/router.ts'
import { StaticFiles } from './http/static-files.ts'
import type { GatewayLimits } from './limits.ts'
import { adminPart, adminReader } from './parts/admin-part.ts'
import { alertsPart } from './parts/alerts-part.ts'
import { analyticsPart } from './parts/analytics-part.ts'
import { marketPart } from './parts/market-part.ts'
import type { GatewayPart, PartContext } from './parts/part.ts'
import { rfqPart } from './parts/rfq-part.ts'
import { topologiesPart } from './parts/topologies-part.ts'
import { tradesPart } from './parts/trades-part.ts'
import { randomId } from './random-source.ts'
import { clientMessageSchema } from './stream/client-message.ts'
import { JournalChannels } from './stream/journal-channels.ts'
import { StreamEndpoint } from './stream/stream-endpoint.ts'
import { EventFeed } from './views/event-feed.ts'
import type { TopicView } from './views/topic-view.ts'

/** Makes the parts and puts them together; nothing runs yet. */
export function assemble(options: GatewayOptions, limits: GatewayLimits) {
  const { clock, identity, logger, metrics, random } = options
  const newId = () => randomId(random)
  const market = marketPart(options, limits)
  const topologies = topologiesPart(options, limits)
  const writer = new EventWriter({
    log: options.log,
    instanceId: newId(),
    waitingMax: limits.commandsWaitingMax,
    clock,
    logger,
    metrics,
  })
  const channels = new JournalChannels({ limits, clock, metrics: market.streamMetrics })
  const { feed, events, parts } = tradingParts(options, {
    limits,
    writer,
    channels,
    instruments: market.instruments,
    admin: adminReader({ limits, options }),
  })
  feed.onApplied(() => channels.flush())
  const all: readonly GatewayPart[] = [market, ...parts, topologies]
  const views = [
    ...all.flatMap((part) => part.views ?? []),
    ...(events === undefined ? [] : [events]),
  ]
  metrics.observe(
    'orion_gateway_left_out',
    'Events left out because a view is full.',
    {},
    () => market.instruments.leftOut + market.market.leftOut + topologies.reported.leftOut,
  )
  const checks: readonly ReadinessCheck[] = [
    ...views.map((view) => ({ name: `view ${view.name}`, check: () => view.state() })),
    { name: 'log', check: () => logCheck(options.log) },
    ...(options.checks ?? []),
  ]
  const documented: Route[] = []
  let description: string | undefined
  const openapi = () => (description ??= JSON.stringify(openapiDocument(documented)))
  documented.push(
    ...operationsRoutes({ checks, metricsText: options.metricsText, openapi }),
    ...sessionRoutes({ identity, limits, clock }),
    ...all.flatMap(({ routes }) => routes),
  )
  const http = new HttpFront({
    router: new Router(documented),
    staticFiles:
      options.dashboardDirectory === undefined
        ? undefined
        : new StaticFiles(options.dashboardDirectory),
    identity,
    limits,
    clock,
    logger,
    metrics: new RequestMetrics(metrics),
    log: new RequestLog({ clock, logger, metrics }),
    newId,
  })
  const stream = new StreamEndpoint({
    identity,
    limits,
    clock,
    logger,
    metrics,
    newId,
    context: {
      market: market.market,
      instruments: market.instruments,
      channel: market.channel,
      journals: channels,
      limits,
      metrics: market.streamMetrics,
      schema: clientMessageSchema(limits.subscriptionIdsMax),
      nowMs: () => clock.nowMs(),
    },
  })
  return {
    channel: market.channel,
    channels,
    http,
    stream,
    writer,
    views: [...views, ...all.flatMap((part) => part.viewsBeside ?? [])],
  }
}

/** Parts of the trading chain, one line each: what they add to the feed is followed by one view. */
function tradingParts(
  options: GatewayOptions,
  shared: Omit<PartContext, 'options' | 'feed' | 'events'>,
): {
  readonly feed: EventFeed
  readonly events: TopicView | undefined
  readonly parts: readonly GatewayPart[]
} {
  const feed = new EventFeed()
  let view: TopicView | undefined
  const context: PartContext = {
    ...shared,
    options,
    feed,
    events: () => {
      if (view === undefined) throw new Error('the parts are not made yet')
      return view
    },
  }
  const parts: readonly GatewayPart[] = PARTS.map((part) => part(context))
  view = feed.isEmpty ? undefined : feed.open(options)
  return { feed, events: view, parts }
}

const PARTS: readonly ((context: PartContext) => GatewayPart)[] = [
  rfqPart,
  tradesPart,
  adminPart,
  alertsPart,
  analyticsPart,
]

/** Calls that wait for brokers, and why: what an operator has to mend. */
function logCheck(log: Log): CheckResult {
  const health = log.health?.() ?? { waiting: false }
  if (!health.waiting) return { ok: true, detail: 'no call waits' }
  const { calls, waitingMs, why } = health
  return { ok: false, detail: `${calls} calls wait, for ${waitingMs} ms: ${why}` }
}
