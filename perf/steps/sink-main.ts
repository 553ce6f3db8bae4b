/** Sinks what is on the topics into an embedded ClickHouse, in a process of its own as always, until everything is committed. */
import { join } from 'node:path'
import { checkSink, openClickHouse, sinkGroupId, startEmbeddedClickHouse, startSink } from '#sink'
import { systemClock } from '#streams'
import { CpuMeter, type CpuUse, processUse } from '../measuring/cpu.ts'
import { openPlatform, type Place, stderrLogger } from '../measuring/platform.ts'
import { lagOf, partitionsOf, pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface SinkArgument {
  readonly place: Place
  /** ClickHouse server; the embedded engine when left out. */
  readonly clickhouse?: string | undefined
}

export interface SinkResult {
  readonly rows: number
  readonly rowsPerSecond: number
  /** With the engine's own as `clickhouse`. */
  readonly use: CpuUse
  readonly peakRssMiB: number
  readonly clickhousePeakRssMiB: number | undefined
  readonly rowsOf: Readonly<Record<string, number>>
  readonly faults: readonly string[]
}

const LOOK_MS = 20
const TOKEN = 'bench-service-token-of-32-characters-or-more'

const { place, clickhouse: url } = stepArgument<SinkArgument>()
const platform = await openPlatform(place)
const { log, topics } = platform
const logger = stderrLogger()
const engine =
  url === undefined
    ? await startEmbeddedClickHouse({
        directory: join(place.directory, 'clickhouse'),
        port: 0,
        jwks: { keys: [] },
        serviceToken: TOKEN,
        logger,
        clock: systemClock,
      })
    : undefined
const clickhouse =
  engine === undefined
    ? openClickHouse({ url: url ?? '' })
    : openClickHouse({ url: engine.url, serviceToken: TOKEN })

const { ticks, snapshots, bars } = topics.marketdata
const places = [ticks, snapshots, bars].flatMap((topic) => partitionsOf(topic))
const pid = engine?.pid()
const meter = new CpuMeter(pid === undefined ? {} : { clickhouse: pid })
const startMs = performance.now()
const sink = await startSink({
  log,
  topics,
  env: place.run,
  clickhouse,
  logger,
  clock: systemClock,
  bytesMax: 60e9,
})
while ((await lagOf(log, sinkGroupId(place.run), places)) > 0) await pause(LOOK_MS)
const seconds = (performance.now() - startMs) / 1_000
const use = meter.read()
const { rows } = sink.progress()
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
const clickhousePeakRssMiB = pid === undefined ? undefined : processUse(pid)?.peakRssMiB

const check = await checkSink({ log, clickhouse, topics, env: place.run })
const rowsOf: Record<string, number> = {}
for (const { topic, rows: count } of check.partitions) rowsOf[topic] = (rowsOf[topic] ?? 0) + count
const faults = check.partitions
  .filter(({ ok }) => !ok)
  .map(
    ({ topic, partition, missing, duplicates, foreign }) =>
      `${topic}-${partition}: ${missing} missing, ${duplicates} twice, ${foreign} foreign`,
  )
await sink.close()
await clickhouse.close()
await engine?.close()
await platform.close()
endStep({
  rows,
  rowsPerSecond: Math.round(rows / seconds),
  use,
  peakRssMiB,
  clickhousePeakRssMiB,
  rowsOf,
  faults,
} satisfies SinkResult)
