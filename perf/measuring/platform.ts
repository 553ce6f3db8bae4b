import { join } from 'node:path'
import { openEmbeddedRegistry } from '#avro'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { type Logger, type Metrics, noMetrics, Streams, systemClock } from '#streams'
import { type EmbeddedLog, type Log, openEmbeddedLog, openKafkaLog } from '#streams/log'
import { newTopics, openTopics, prepareTopics, type Topics } from '#topics'
import { topologies } from '#topologies'

/** Where a measurement takes place. */
export interface Place {
  readonly directory: string
  /** `host:port,...`; the embedded log when left out. */
  readonly brokers?: string | undefined
  /** Of the feed's topics. */
  readonly source: string
  /** Of everything that is made from them, so that one set of raw messages serves several runs. */
  readonly run: string
}

export interface Platform {
  readonly log: Log
  /** Raw and instruments of `source`, the rest of `run`. */
  readonly topics: Topics
  close(): Promise<void>
}

/** Nothing that is measured may expire while it is measured. */
const DISK_MAX_BYTES = 60e9

export async function openPlatform(place: Place): Promise<Platform> {
  const logger = stderrLogger()
  const log = await openLog(place, logger)
  const registry = openEmbeddedRegistry({ directory: join(place.directory, 'registry') })
  const source = openTopics({ env: place.source, registry })
  const run = openTopics({ env: place.run, registry })
  for (const topics of place.source === place.run ? [run] : [source, run]) {
    await prepareTopics(topics, registry)
    await log.admin.createTopics(newTopics(topics, { diskMaxBytes: DISK_MAX_BYTES }))
  }
  return {
    log,
    topics: {
      ...run,
      admin: source.admin,
      marketdata: { ...run.marketdata, raw: source.marketdata.raw },
    },
    close: async () => {
      await log.close()
      await registry.close()
    },
  }
}

/** The log of a place. */
export function openLog(
  { brokers, directory }: Pick<Place, 'brokers' | 'directory'>,
  logger: Logger,
): Promise<Log> {
  const parts = { logger, metrics: noMetrics, clock: systemClock }
  return brokers === undefined
    ? openOwnLog({ directory }, logger)
    : openKafkaLog({ ...parts, brokers: brokers.split(','), clientId: 'orion-bench' })
}

/** The embedded log of a place, as its owner has it: to be served to other threads. */
export function openOwnLog(
  { directory }: Pick<Place, 'directory'>,
  logger: Logger,
): Promise<EmbeddedLog> {
  return openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(directory, 'log'),
    ...{ logger, metrics: noMetrics, clock: systemClock },
  })
}

/** Of market data. */
export type TopologyName = 'market-data' | 'snapshots' | 'bars'

/** Of RFQs. */
export type RfqTopologyName = 'rfq' | 'execution' | 'post-trade' | 'analytics' | 'alerts'

export function applicationOf({ run }: Place, name: TopologyName | RfqTopologyName): string {
  return `orion-${run}-${name}`
}

export interface RunOptions {
  /** Whether a schedule is written; true unless given. */
  readonly exactReplay?: boolean
  readonly metrics?: Metrics
  readonly threads?: number
  readonly commitIntervalMs?: number | undefined
  readonly drainedCommitSpacingMs?: number | undefined
}

/** As `orion start` runs it, but without dead letters: the benchmark's input has no faults, so that one would be a failure. */
export function streamsOf(
  place: Place,
  { log, topics }: Platform,
  name: TopologyName | RfqTopologyName,
  {
    metrics = noMetrics,
    threads = 1,
    exactReplay = true,
    commitIntervalMs,
    drainedCommitSpacingMs,
  }: RunOptions = {},
): Streams {
  const entry = topologies.find((topology) => topology.name === name)
  if (entry === undefined) throw new Error(`there is no topology ${name}`)
  return new Streams({
    topology: entry.build(topics),
    applicationId: applicationOf(place, name),
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory: join(place.directory, 'streams'),
    clock: systemClock,
    logger: stderrLogger(),
    metrics,
    guarantee: 'exactly_once_v2',
    threads,
    exactReplay,
    ...(commitIntervalMs === undefined ? {} : { commitIntervalMs }),
    ...(drainedCommitSpacingMs === undefined ? {} : { drainedCommitSpacingMs }),
  })
}

/** Warnings and errors only: a benchmark that logs measures its logger. */
export function stderrLogger(): Logger {
  const nothing = (): void => undefined
  const line =
    (level: string) =>
    (fields: object, message: string): void => {
      process.stderr.write(`${level}: ${message} ${JSON.stringify(fields)}\n`)
    }
  const logger: Logger = {
    debug: nothing,
    info: nothing,
    warn: line('warn'),
    error: line('error'),
    child: () => logger,
  }
  return logger
}
