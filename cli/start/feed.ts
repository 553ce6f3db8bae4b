import {
  createReplay,
  createSimulator,
  type FeedSource,
  publishDemoReference,
  publishInstruments,
  type RunningFeed,
  runFeed,
} from '#feeds'
import { type Logger, type Metrics, StreamsError, systemClock } from '#streams'
import type { Log } from '#streams/log'
import type { Topics } from '#topics'
import type { Config } from '../config/options.ts'
import { systemRandom } from '../identity.ts'
import type { DiskGuard } from './disk-guard.ts'

/** A feed that is known but not yet running. */
export interface PlannedFeed {
  readonly instruments: FeedSource['instruments']
  /** The source, from now on: a simulation without a start time begins at this moment. */
  open(): FeedSource
}

/** The feed that the configuration names; undefined for none. A seed that was not given is chosen and logged, so that the run can be repeated. */
export async function planFeed(config: Config, logger: Logger): Promise<PlannedFeed | undefined> {
  switch (config.feed) {
    case 'none':
      return undefined
    case 'replay': {
      if (config.replay === undefined)
        throw new StreamsError(
          'CONFIG_INVALID',
          '--feed replay needs --replay',
          {},
          'Give a file or directory',
        )
      const source = await createReplay(config.replay)
      const { rowsTotal, skipped } = source.progress()
      logger.info(
        { entity: source.feedId, rows: rowsTotal, instruments: source.instruments.length },
        'replaying recorded market data',
      )
      for (const { path, reason } of skipped)
        logger.warn({ entity: source.feedId, path, reason }, 'not replayed')
      return { instruments: source.instruments, open: () => source }
    }
    case 'simulator': {
      const seed = config.seed ?? Buffer.from(systemRandom.bytes(4)).readUInt32LE()
      const simulator = (startTimeMs: number): FeedSource =>
        createSimulator({
          seed,
          startTimeMs,
          ticksPerSecond: config.rate,
          instruments: config.instruments,
          ...(config.ticks === undefined ? {} : { ticks: config.ticks }),
        })
      return {
        instruments: simulator(0).instruments,
        open: () => {
          const startTimeMs = config.startTime ?? systemClock.nowMs()
          logger.info(
            {
              entity: 'simulator',
              seed,
              startTimeMs,
              rate: config.rate,
              instruments: config.instruments,
            },
            'simulating a market',
          )
          return simulator(startTimeMs)
        },
      }
    }
  }
}

/**
 * Publishes the feed's reference data: nothing is normalised before it is there. In dev also what a demonstration needs beside it, without
 * a feed too, since the instruments of an earlier one may be there.
 */
export async function publishReferenceData(
  config: Config,
  planned: PlannedFeed | undefined,
  { log, topics, logger }: { readonly log: Log; readonly topics: Topics; readonly logger: Logger },
): Promise<void> {
  const nowMs = systemClock.nowMs()
  if (planned !== undefined) {
    const { instruments } = planned
    const written = await publishInstruments(log, topics.admin.instruments, instruments, {
      run: config.feed,
      nowMs,
    })
    logger.info(
      {
        entity: config.feed,
        topic: topics.admin.instruments.name,
        instruments: instruments.length,
        written,
      },
      'reference data published',
    )
  }
  if (config.env !== 'dev') return
  const written = await publishDemoReference(log, topics, { nowMs })
  logger.info({ entity: 'demo', ...written }, 'reference data of the demonstration published')
}

export function startFeed(
  config: Config,
  source: FeedSource,
  parts: {
    readonly log: Log
    readonly topics: Topics
    readonly logger: Logger
    readonly metrics: Metrics
    readonly guard: DiskGuard | undefined
  },
): RunningFeed {
  return runFeed({
    env: config.env,
    source,
    log: parts.log,
    topic: parts.topics.marketdata.raw,
    speed: config.speed === 'max' ? Number.POSITIVE_INFINITY : config.speed,
    holdMs: () => parts.guard?.holdMs(config.speed === 'max' ? 'as-fast-as-possible' : 'live') ?? 0,
    clock: systemClock,
    logger: parts.logger,
    metrics: parts.metrics,
  })
}
