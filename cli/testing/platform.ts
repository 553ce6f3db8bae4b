import { join } from 'node:path'
import { createSimulator, publishInstruments, runFeed } from '#feeds'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { noMetrics, silentLogger, systemClock } from '#streams'
import type { Log } from '#streams/log'
import { openChangelogStore } from '#streams/tools'
import { newTopics, openTopics, prepareTopics, type Topics } from '#topics'
import { topologies } from '#topologies'
import { loadConfig } from '../config/load-config.ts'
import type { Config } from '../config/options.ts'
import { LocalOperator } from '../operator/local-operator.ts'
import { directoryStores } from '../operator/store-access.ts'
import { Closers } from '../start/closers.ts'
import { openLog } from '../start/open-log.ts'
import { openRegistry } from '../start/open-registry.ts'
import { applicationId, type RunningTopology } from '../start/open-topology.ts'
import { runTopologies } from '../start/run-topologies.ts'
import { topologySettings } from '../start/topology-settings.ts'
import { topicDigest } from './topic-digest.ts'

const INSTRUMENTS = 6
const LOOK_MS = 20
const HOUR_MS = 3_600_000

export interface PlatformOptions {
  readonly dataDir: string
  readonly env?: string
  readonly brokers?: string
  /** Further options of `orion start`. */
  readonly options?: Partial<Config>
}

interface Running {
  readonly topologies: readonly RunningTopology[]
  /** Closes when all that is on the log is processed and committed, in the order of the data's way. */
  closeAtEnd(): Promise<void>
  close(): Promise<void>
}

/** Topics, feed and topologies as the platform runs them, without gateway, sink and socket, in this process. */
export interface Platform {
  readonly log: Log
  readonly topics: Topics
  /**
   * Appends a seeded market, which begins at `startTimeMs`.
   * @param staleAfterMs of every instrument; without it none falls silent, so that nothing depends on how long a run takes
   * @param tradingHours of every instrument; its market's unless given
   */
  feed(options: {
    ticks: number
    startTimeMs: number
    staleAfterMs?: number
    tradingHours?: string
  }): Promise<void>
  run(...names: readonly string[]): Promise<Running>
  /** Of the stores' changelogs, whoever runs them: `<topology>/<store>-<partition> <entries> <digest>`. */
  stores(...names: readonly string[]): Promise<string[]>
  outputs(...streams: readonly ('ticks' | 'status' | 'snapshots' | 'bars')[]): Promise<unknown>
  /** With what the command opens where no process runs. */
  operator<Result>(ask: (operator: LocalOperator) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

export async function openPlatform({
  dataDir,
  env = 'dev',
  brokers,
  options = {},
}: PlatformOptions): Promise<Platform> {
  const ports = { logger: silentLogger, metrics: noMetrics }
  const config = loadConfig({ flags: { dataDir, env, brokers, ...options }, environment: {} })
  const log = await openLog(config, ports)
  const { registry, close } = openRegistry(config)
  const topics = openTopics({ env, registry })
  await prepareTopics(topics, registry)
  await log.admin.createTopics(newTopics(topics, { diskMaxBytes: config.diskMax / 2 }))

  const run = async (...names: readonly string[]): Promise<Running> => {
    const closers = new Closers(silentLogger)
    const failed: string[] = []
    const running = await runTopologies(
      { ...config, topology: [...names] },
      {
        log,
        topics,
        ...ports,
        closers,
        queries: undefined,
        onFailure: (name) => failed.push(name),
      },
    )
    await Promise.all(running.map(({ streams }) => streams.reached('RUNNING')))
    const atEnd = async ({ streams }: RunningTopology): Promise<void> => {
      for (;;) {
        if (failed.length > 0) throw new Error(`${failed} failed: ${streams.error()}`)
        const lags = await streams.lag('latest')
        if (lags.length > 0 && lags.every(({ lag }) => lag === 0) && streams.isCommitted()) return
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
    }
    return {
      topologies: running,
      closeAtEnd: async () => {
        for (const one of running) await atEnd(one)
        await closers.close()
      },
      close: () => closers.close(),
    }
  }

  return {
    log,
    topics,
    run,
    feed: async ({ ticks, startTimeMs, staleAfterMs = HOUR_MS, tradingHours }) => {
      const source = createSimulator({
        seed: 7,
        startTimeMs,
        ticksPerSecond: 20,
        instruments: INSTRUMENTS,
        ticks,
      })
      const instruments = source.instruments.map((one) => ({
        ...one,
        staleAfterMs,
        tradingHours: tradingHours ?? one.tradingHours,
      }))
      await publishInstruments(log, topics.admin.instruments, instruments, {
        run: 'test',
        nowMs: startTimeMs,
      })
      await runFeed({
        env,
        source,
        log,
        topic: topics.marketdata.raw,
        speed: Number.POSITIVE_INFINITY,
        clock: systemClock,
        ...ports,
      }).done
    },
    stores: async (...names) => {
      const digests: string[] = []
      for (const { name, build } of topologies.filter((one) => names.includes(one.name)))
        for (const { stores } of build(topics).subTopologies)
          for (const spec of stores)
            digests.push(...(await digestsOf(log, applicationId(env, name), name, spec, dataDir)))
      return digests
    },
    outputs: async (...streams) =>
      Object.fromEntries(
        await Promise.all(
          streams.map(
            async (stream) =>
              [stream, await topicDigest(log, topics.marketdata[stream].name)] as const,
          ),
        ),
      ),
    operator: async (ask) => {
      const stores = directoryStores({ dataDir, env, topics })
      const none = { clickhouse: undefined, ports: undefined, mayFollow: false }
      try {
        const settings = topologySettings(config)
        return await ask(
          new LocalOperator({ dataDir, env, log, topics, settings, stores, ...none }),
        )
      } finally {
        await stores.close()
      }
    },
    close: async () => {
      await log.close()
      close()
    },
  }
}

type Spec = Parameters<typeof openChangelogStore>[0]['spec']

async function digestsOf(
  log: Log,
  application: string,
  name: string,
  spec: Spec,
  dataDir: string,
): Promise<string[]> {
  const stores = createStoreBackend(rocksdbEngine())
  const directory = join(dataDir, 'copies', spec.name)
  const copy = await openChangelogStore({
    log,
    applicationId: application,
    spec,
    directory,
    stores,
  })
  const lines = copy.parts.map(({ partition, store }) => {
    const { entries, digest } = store.digest()
    return `${name}/${spec.name}-${partition} ${entries} ${digest}`
  })
  await copy.close()
  for (const { partition } of copy.parts) await stores.wipe(join(directory, `0_${partition}`))
  return lines
}

export async function all<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const row of rows) found.push(row)
  return found
}

/** Opens the platform, asks, and closes it again, so that commands can open what it holds. */
export async function onPlatform<Result>(
  options: PlatformOptions,
  ask: (platform: Platform) => Promise<Result>,
): Promise<Result> {
  const platform = await openPlatform(options)
  try {
    return await ask(platform)
  } finally {
    await platform.close()
  }
}

/** A seeded market on the log, and all that the topologies make of it. */
export async function fedPlatform(options: PlatformOptions, ticks: number): Promise<void> {
  await onPlatform(options, async (platform) => {
    await platform.feed({ ticks, startTimeMs: Date.UTC(2026, 2, 2, 9) })
    await (await platform.run()).closeAtEnd()
  })
}
