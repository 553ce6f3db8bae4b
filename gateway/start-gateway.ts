import type { TemplatedApp, us_listen_socket } from 'uWebSockets.js'
import { createServer } from 'node:net'
import { type Clock, type Logger, type Metrics, StreamsError } from '#streams'
import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import type { BarSource } from './api/bar-source.ts'
import { instrumentRoutes } from './api/instrument-routes.ts'
import { marketRoutes } from './api/market-routes.ts'
import { openapiDocument } from './api/openapi.ts'
import { type CheckResult, operationsRoutes, type ReadinessCheck } from './api/operations-routes.ts'
import { sessionRoutes } from './api/session-routes.ts'
import { topologyRoutes } from './api/topology-routes.ts'
import { HttpFront } from './http/http-front.ts'
import { loadUws } from './http/load-uws.ts'
import { RequestLog } from './http/request-log.ts'
import { RequestMetrics } from './http/request-metrics.ts'
import type { Route } from './http/route.ts'
import { Router } from './http/router.ts'
import { StaticFiles } from './http/static-files.ts'
import type { IdentityProvider } from './identity/identity-provider.ts'
import { type GatewayLimits, gatewayLimits } from './limits.ts'
import { type RandomSource, randomId } from './random-source.ts'
import { clientMessageSchema } from './stream/client-message.ts'
import { MarketChannel } from './stream/market-channel.ts'
import { StreamEndpoint } from './stream/stream-endpoint.ts'
import { streamMetrics } from './stream/stream-metrics.ts'
import { InstrumentsView } from './views/instruments-view.ts'
import { MarketView } from './views/market-view.ts'
import { TopicView, viewSource } from './views/topic-view.ts'
import { type DrawnTopology, TopologiesView } from './views/topologies-view.ts'

export interface GatewayOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly log: Log
  readonly topics: Topics
  /** From `openIdentityProvider`; the gateway does not close it. */
  readonly identity: IdentityProvider
  /** `clickhouseBars(...)`. Without it `/market/bars` answers 503. */
  readonly bars?: BarSource
  /** Graphs of the topologies by name, in the order of the list. What runs is read from `ops.topologies`; without its graph it is shown as a table. */
  readonly graphs?: ReadonlyMap<string, DrawnTopology>
  /** Of a build of the dashboard. */
  readonly dashboardDirectory?: string
  readonly metricsText: () => Promise<string>
  /** Beside the gateway's own. */
  readonly checks?: readonly ReadinessCheck[]
  readonly limits?: Partial<GatewayLimits>
  readonly clock: Clock
  readonly random: RandomSource
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface Gateway {
  readonly url: string
  readonly port: number
  /** Open WebSocket connections. */
  readonly connections: number
  /** May be called again. Ends connections with 1001, waits up to 2 s for requests under way, stops the views. */
  close(): Promise<void>
}

const CLOSE_MS_MAX = 2_000
/** Part of the time that passes may take, other work in between them included. */
const PASS_SHARE = 0.5
/** Intervals that two passes are apart at most. */
const APART_MAX = 2

/**
 * Starts the gateway; resolves when it listens. The views fill while it serves: `/readyz` says when they have caught up.
 * @throws {StreamsError} GATEWAY_UNSUPPORTED_NODE, GATEWAY_PORT_UNAVAILABLE, GATEWAY_BAD_LIMIT
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const limits = gatewayLimits(options.limits)
  const uws = await loadUws()
  await options.identity.prepare()
  const parts = assemble(options, limits)
  const app = uws.App()
  parts.stream.attach(app)
  app.any('/*', (res, req) => parts.http.handle(res, req))
  const listening = await listenAlone(app, options)
  if (listening === false) {
    parts.stream.close()
    throw new StreamsError(
      'GATEWAY_PORT_UNAVAILABLE',
      `cannot listen on ${options.host}:${options.port}`,
      {},
      'End what listens there, or choose another --port.',
    )
  }
  for (const view of parts.views) view.start()
  const stopFrames = startFrames(parts.channel, limits.coalesceIntervalMs, options)
  const port = uws.us_socket_local_port(listening)
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    uws.us_listen_socket_close(listening)
    stopFrames()
    parts.stream.close()
    await Promise.all(parts.views.map((view) => view.close()))
    await idle(parts.http)
    app.close()
  }
  const name =
    options.host === '127.0.0.1' || options.host === '0.0.0.0' || options.host === '::'
      ? 'localhost'
      : options.host
  return {
    url: `http://${name}:${port}`,
    port,
    get connections() {
      return parts.stream.connections
    },
    close: () => {
      closed ??= close()
      return closed
    },
  }
}

/**
 * uWebSockets shares a port that another process listens on (SO_REUSEPORT), and its exclusive flag refuses a port with connections in TIME_WAIT, that is
 * every restart with a client open. So Node's own listener asks first, which minds the one and not the other. The typings lack this form of `listen`.
 */
async function listenAlone(
  app: TemplatedApp,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<us_listen_socket | false> {
  if (port !== 0 && !(await portIsFree({ host, port }))) return false
  const listener = app as unknown as {
    listen(host: string, port: number, done: (socket: us_listen_socket | false) => void): void
  }
  return new Promise((resolve) => listener.listen(host, port, resolve))
}

function portIsFree({
  host,
  port,
}: {
  readonly host: string
  readonly port: number
}): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}

function assemble(options: GatewayOptions, limits: GatewayLimits) {
  const { clock, identity, log, logger, metrics, random, topics } = options
  const instruments = new InstrumentsView(limits.instrumentsMax)
  const market = new MarketView({
    clock,
    instrumentsMax: limits.instrumentsMax,
    marketSilentMs: limits.marketSilentMs,
    instrument: (key) => instruments.get(key),
  })
  const forStream = streamMetrics(metrics)
  const channel = new MarketChannel({ view: market, limits, clock, metrics: forStream })
  const views = [
    new TopicView({
      name: 'instruments',
      log,
      logger,
      metrics,
      sources: [
        viewSource(topics.admin.instruments, (key, event) => instruments.apply(key, event)),
      ],
    }),
    new TopicView({
      name: 'market',
      log,
      logger,
      metrics,
      sources: [
        viewSource(topics.marketdata.snapshots, (key, event) => market.applySnapshot(key, event)),
        viewSource(topics.marketdata.status, (key, event) => market.applyStatus(key, event)),
      ],
      gate: () => channel.passing,
    }),
  ]
  const reported = new TopologiesView({
    clock,
    instancesMax: limits.topologyInstancesMax,
    graphs: options.graphs ?? new Map(),
  })
  // Not among the checks: whether prices can be served does not depend on it.
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
  metrics.observe(
    'orion_gateway_instruments',
    'Instruments in the view.',
    {},
    () => instruments.size,
  )
  metrics.observe(
    'orion_gateway_left_out',
    'Events left out because a view is full.',
    {},
    () => instruments.leftOut + market.leftOut + reported.leftOut,
  )
  metrics.observe(
    'orion_gateway_unheard_instruments',
    'Instruments marked stale here because no market data at all is heard.',
    {},
    () => market.unheard,
  )
  metrics.observe(
    'orion_gateway_subscription_groups',
    'Distinct sets of instruments that connections are subscribed to.',
    {},
    () => channel.groupCount,
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
    ...instrumentRoutes(instruments),
    ...marketRoutes({ instruments, market, bars: options.bars, limits, clock, logger }),
    ...topologyRoutes(reported),
  )
  const newId = () => randomId(random)
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
      market,
      instruments,
      channel,
      limits,
      metrics: forStream,
      schema: clientMessageSchema(limits.subscriptionIdsMax),
      nowMs: () => clock.nowMs(),
    },
  })
  return { channel, http, stream, views: [...views, reports] }
}

/**
 * Passes start `intervalMs` apart. One that takes longer than its share shows that the thread has more to do than it can: the next is
 * put off, so that frames become fewer before prices become old.
 */
function startFrames(
  channel: MarketChannel,
  intervalMs: number,
  { clock, logger }: GatewayOptions,
): () => void {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const next = (startedMs: number) => {
    if (stopped) return
    const tookMs = clock.monotonicMs() - startedMs
    const apartMs = Math.max(intervalMs, Math.min(intervalMs * APART_MAX, tookMs / PASS_SHARE))
    timer = setTimeout(run, Math.max(0, apartMs - tookMs))
  }
  const run = () => {
    const startedMs = clock.monotonicMs()
    channel
      .pass()
      .catch((error: unknown) =>
        logger.error({ error: String(error) }, 'gateway: writing frames failed'),
      )
      .finally(() => next(startedMs))
  }
  next(clock.monotonicMs())
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

async function idle(http: HttpFront): Promise<void> {
  const steps = CLOSE_MS_MAX / 10
  for (let step = 0; step < steps && http.inFlight > 0; step += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Calls that wait for brokers, and why: what an operator has to mend. */
function logCheck(log: Log): CheckResult {
  const health = log.health?.() ?? { waiting: false }
  if (!health.waiting) return { ok: true, detail: 'no call waits' }
  const { calls, waitingMs, why } = health
  return { ok: false, detail: `${calls} calls wait, for ${waitingMs} ms: ${why}` }
}
