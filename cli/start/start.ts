import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { serveRegistry } from '#avro'
import { clickhouseBars, startGateway } from '#gateway'
import { sinkGroupId, startSink } from '#sink'
import { type Logger, processIdOf, systemClock, systemTimers, type Topology } from '#streams'
import type { Log, NewTopic } from '#streams/log'
import { newTopics, openTopics, type Topics } from '#topics'
import type { Config } from '../config/options.ts'
import { openIdentity, systemRandom } from '../identity.ts'
import { createLogger, logProcessTrouble } from '../logging.ts'
import { openControl } from '../operator/control-server.ts'
import { LocalOperator } from '../operator/local-operator.ts'
import type { RunningPorts } from '../operator/operator.ts'
import { runningStores } from '../operator/store-access.ts'
import { withWorkerStores } from '../operator/worker-stores.ts'
import { type PrometheusMetrics, prometheusMetrics } from '../prometheus.ts'
import { VERSION } from '../version.ts'
import { startClickHouse } from './clickhouse.ts'
import { Closers } from './closers.ts'
import { dashboardDirectory } from './dashboard-build.ts'
import { upgradeDataDir } from './data-dir-format.ts'
import { DiskGuard, type DiskGuardOptions } from './disk-guard.ts'
import { drained } from './drain.ts'
import { planFeed, publishReferenceData, startFeed } from './feed.ts'
import { openLpBots } from './lp-bots.ts'
import { openLog, openOwnLog } from './open-log.ts'
import { openRegistry } from './open-registry.ts'
import { applicationId, type RunningTopology, scheduleBytesMax } from './open-topology.ts'
import { openQueryService } from './query-service.ts'
import { registerTopics } from './register-topics.ts'
import { runTopologies } from './run-topologies.ts'
import { type StopRequest, untilStopped } from './signals.ts'
import { startStreamWorkers } from './stream-workers.ts'
import { drawnTopologies } from './topology-diagrams.ts'
import { topologyReadiness, workersReadiness } from './topology-readiness.ts'
import { TopologyReporter } from './topology-reporter.ts'
import { topologySettings } from './topology-settings.ts'

/** Shares of --disk-max; the rest is left to state stores, write-ahead logs, keys and slack. */
const LOG_SHARE = 0.45
const CHANGELOG_SHARE = 0.03
const CLICKHOUSE_SHARE = 0.28

/** How long a stop waits for what is just being opened. */
const OPENING_MS_MAX = 1_000

/** Runs the platform as configured until a signal, the end of its feed, or a failure. The process ends with it. */
export async function start(config: Config, environment: Environment): Promise<void> {
  const logger = createLogger(config.logLevel, { env: config.env, role: config.role })
  logProcessTrouble(logger)
  const metrics = prometheusMetrics()
  const closers = new Closers(logger)
  const stop = untilStopped(logger)
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  const opening = open(config, { logger, metrics, closers, stop, environment })
  try {
    const url = await Promise.race([opening, stop.requested.then(() => undefined)])
    if (url !== undefined) process.stdout.write(`ready ${url}\n`)
  } catch (error) {
    if (!stop.stopping) {
      await closers.close()
      throw error
    }
  }
  const failed = await stop.requested
  await closers.close()
  // A part that was being opened meanwhile is closed too, unless it takes long: it ends with the process.
  await settledWithin(opening, OPENING_MS_MAX)
  await closers.close()
  process.exit(failed ? 1 : 0)
}

function settledWithin(work: Promise<unknown>, ms: number): Promise<unknown> {
  const late = new Promise((resolve) => setTimeout(resolve, ms))
  return Promise.race([work.catch(() => undefined), late])
}

type Environment = Readonly<Record<string, string | undefined>>

interface Parts {
  readonly logger: Logger
  readonly metrics: PrometheusMetrics
  readonly closers: Closers
  readonly stop: StopRequest
  readonly environment: Environment
}

/** Opens every part that the role needs, in the order in which they need each other. Resolves with the address to tell the user. */
async function open(config: Config, parts: Parts): Promise<string> {
  const { logger, metrics, closers, stop, environment } = parts
  const control = await openControl(config.dataDir, logger)
  closers.add('control', () => control.close())
  upgradeDataDir(config.dataDir, logger)
  const role = (name: Config['role']): boolean => config.role === 'all' || config.role === name
  const dashboard = role('gateway') ? dashboardDirectory(logger) : Promise.resolve(undefined)
  // Awaited below; a failure before that must not count as unhandled.
  dashboard.catch(() => undefined)

  const planned = role('feeds') ? await planFeed(config, logger) : undefined
  const logPorts = { logger: logger.child({ entity: 'log' }), metrics }
  const embedded =
    config.brokers === undefined ? await openOwnLog(config.dataDir, logPorts) : undefined
  const log: Log = embedded ?? (await openLog(config, { ...logPorts, signal: stop.signal }))
  closers.add('log', () => log.close())
  const { topics, created, registryPort } = await openSchemas(config, { ...parts, log })
  if (role('feeds')) await publishReferenceData(config, planned, { log, topics, logger })

  stop.goOn()
  const verifier =
    role('gateway') || (role('streams') && config.queryPort !== undefined)
      ? await openIdentity({
          dataDir: config.dataDir,
          env: config.env,
          logger,
          metrics,
          ...demoPassword(environment),
        })
      : undefined
  if (verifier !== undefined) closers.add('identity', () => verifier.close())
  const identity = role('gateway') ? verifier : undefined
  const clickhouse =
    role('sink') || role('gateway')
      ? await startClickHouse(config, { identity, logger, metrics, closers })
      : undefined

  stop.goOn()
  const queries =
    verifier === undefined || !role('streams')
      ? undefined
      : await openQueryService(config, { ...parts, identity: verifier })
  const reporter = new TopologyReporter({
    process: {
      processId: processIdOf(config.dataDir),
      host: hostname(),
      pid: process.pid,
      version: VERSION,
    },
    log,
    topic: topics.ops.topologies,
    clock: systemClock,
    timers: systemTimers,
    logger: logger.child({ entity: 'topology-reports' }),
    metrics,
  })
  // Before they start: it closes after them.
  closers.add('topology-reports', () => reporter.close())
  const running = role('streams')
    ? await runTopologies(config, {
        log,
        queries,
        topics,
        logger,
        metrics,
        closers,
        onFailure: (name) => stop.stop(`topology ${name} has failed`, true),
      })
    : []
  const workers = role('streams')
    ? await startStreamWorkers(config, {
        registry: config.registry ?? `http://127.0.0.1:${registryPort}`,
        log: embedded,
        logger,
        metrics,
        closers,
        onFailure: (worker) => stop.stop(worker, true),
      })
    : undefined
  if (running.length > 0) reporter.start({ running, workers })
  await Promise.all(running.map(({ streams }) => streams.reached('RUNNING')))
  const guard =
    embedded === undefined
      ? undefined
      : await boundDisk(config, {
          log: embedded,
          topics: created,
          readers: readersOf(config, topics, running, role('sink')),
          ...parts,
        })

  stop.goOn()
  if (role('sink') && clickhouse !== undefined) {
    const sink = await startSink({
      log,
      topics,
      env: config.env,
      clickhouse: clickhouse.clickhouse,
      logger: logger.child({ entity: 'sink' }),
      clock: systemClock,
      metrics,
      bytesMax: Math.floor(config.diskMax * CLICKHOUSE_SHARE),
    })
    closers.add('sink', () => sink.close())
  }

  stop.goOn()
  let url = `role ${config.role}`
  let gatewayPort = 0
  if (identity !== undefined) {
    const directory = await dashboard
    const gateway = await startGateway({
      host: config.host,
      port: config.port,
      log,
      topics,
      identity,
      metricsText: () => metrics.text(),
      graphs: drawnTopologies(topics),
      ...(clickhouse === undefined ? {} : { bars: clickhouseBars(clickhouse.clickhouse) }),
      ...(directory === undefined ? {} : { dashboardDirectory: directory }),
      checks: [
        ...running.map(({ name, streams }) => ({
          name: `topology ${name}`,
          check: () => topologyReadiness(streams.metadata()),
        })),
        ...workersReadiness(workers),
      ],
      clock: systemClock,
      random: systemRandom,
      logger: logger.child({ entity: 'gateway' }),
      metrics,
    })
    closers.add('gateway', () => gateway.close())
    url = gateway.url
    gatewayPort = gateway.port
  }

  await openLpBots(config, { log, topics, logger, metrics, closers })
  const ports: RunningPorts = {
    gateway: gatewayPort,
    sql: clickhouse?.sqlPort ?? 0,
    registry: registryPort,
    pid: process.pid,
  }
  const operator = new LocalOperator({
    dataDir: config.dataDir,
    env: config.env,
    log,
    topics,
    settings: topologySettings(config),
    logger,
    stores: withWorkerStores(runningStores(running), workers),
    clickhouse: clickhouse?.clickhouse,
    ports,
    mayFollow: true,
  })
  control.serve(operator)
  logger.info(
    {
      entity: 'orion',
      ...addresses(config, ports, url),
      ...whereDemoPassword(config, environment),
    },
    'running',
  )

  if (planned !== undefined) {
    const source = planned.open()
    const feed = startFeed(config, source, {
      log,
      topics,
      logger,
      metrics,
      guard,
    })
    closers.add('feed', async () => {
      feed.stop()
      await feed.done
    })
    feed.done
      .then(async ({ position, sentNow, ended, progress }) => {
        logger.info(
          { entity: source.feedId, position, sentNow, rows: progress.rows, ended },
          'the feed has ended',
        )
        if (!ended || !(config.exitWhenDone || config.ticks !== undefined)) return
        await drained({
          log,
          topics,
          env: config.env,
          running,
          isOwnLog: embedded !== undefined,
          workers,
          sinking: role('sink'),
          logger,
          closing: () => stop.stopping,
        })
        stop.stop('everything is processed', false)
      })
      .catch((error: unknown) => {
        logger.error({ entity: source.feedId, error: String(error) }, 'the feed has failed')
        stop.stop('the feed has failed', true)
      })
  }
  return url
}

/** What a user connects to; a part that runs elsewhere, or not at all, is left out. */
function addresses(config: Config, { gateway, sql, registry }: RunningPorts, url: string) {
  const of = (port: number): string => `http://${config.host}:${port}`
  return {
    ...(gateway === 0 ? {} : { gateway: url }),
    ...(sql === 0 ? {} : { sql: of(sql) }),
    ...(registry === 0 ? {} : { registry: of(registry) }),
  }
}

/** The file, never the password. Demo users are there in dev alone. */
function whereDemoPassword({ env, role, dataDir }: Config, environment: Environment) {
  const given = demoPassword(environment).demoPassword !== undefined
  if (env !== 'dev' || given || (role !== 'all' && role !== 'gateway')) return {}
  return { demoPasswordFile: resolve(dataDir, 'demo-password') }
}

function readersOf(
  config: Config,
  { marketdata }: Topics,
  running: readonly RunningTopology[],
  sinking: boolean,
): DiskGuardOptions['readers'] {
  const { raw, ticks, snapshots, bars } = marketdata
  // What a feed fills; the rest comes from what people and bots do.
  const filled: ReadonlySet<string> = new Set([raw, ticks].map(({ name }) => name))
  const readers = running.flatMap(({ name, topology }) => {
    const read = inputsOf(topology).filter((topic) => filled.has(topic))
    return read.length === 0 ? [] : [{ groupId: applicationId(config.env, name), topics: read }]
  })
  if (!sinking) return readers
  const sunk = [ticks, snapshots, bars].map(({ name }) => name)
  return [...readers, { groupId: sinkGroupId(config.env), topics: sunk }]
}

function inputsOf({ subTopologies }: Topology): readonly string[] {
  return subTopologies.flatMap(({ nodes }) =>
    nodes.flatMap((node) => (node.kind === 'source' ? node.topics : [])),
  )
}

/** The disk of a Kafka broker is the broker's: there `--disk-max` sizes topics when they are created, and no more. */
async function boundDisk(
  config: Config,
  {
    log,
    topics,
    readers,
    logger,
    metrics,
    closers,
  }: Parts & Pick<DiskGuardOptions, 'log' | 'topics' | 'readers'>,
): Promise<DiskGuard> {
  const guard = new DiskGuard({
    log,
    topics,
    changelogBytesMax: Math.floor(config.diskMax * CHANGELOG_SHARE),
    scheduleBytesMax: scheduleBytesMax(config.diskMax),
    dataDir: config.dataDir,
    bytesMax: config.diskMax,
    readers,
    logger: logger.child({ entity: 'disk' }),
  })
  closers.add('disk-guard', () => guard.close())
  await guard.start()
  metrics.observe(
    'orion_disk_used_bytes',
    'Disk that the data directory takes, in bytes, as of the last look.',
    {},
    () => guard.usedBytes,
  )
  metrics
    .gauge('orion_disk_max_bytes', 'Disk that the data directory may take (--disk-max), in bytes.')
    .set(config.diskMax)
  return guard
}

/** Registry and topics: incompatible schemas end the start before anything is written. */
async function openSchemas(
  config: Config,
  { log, logger, closers, stop }: Parts & { readonly log: Log },
): Promise<{ topics: Topics; created: readonly NewTopic[]; registryPort: number }> {
  const { registry, embedded, close } = openRegistry(config)
  closers.add('registry', close)
  const topics = openTopics({ env: config.env, registry })
  await registerTopics(topics, registry, { logger, stop })
  const created = newTopics(topics, { diskMaxBytes: Math.floor(config.diskMax * LOG_SHARE) })
  await log.admin.createTopics(created)
  if (embedded === undefined) return { topics, created, registryPort: 0 }
  const server = await serveRegistry(embedded, {
    port: config.registryPort,
    host: config.host,
    logger: logger.child({ entity: 'registry' }),
  })
  closers.add('registry-server', () => server.close())
  return { topics, created, registryPort: server.port }
}

function demoPassword(environment: Environment): { demoPassword?: string } {
  const password = environment['ORION_DEMO_PASSWORD']
  return password === undefined || password === '' ? {} : { demoPassword: password }
}
