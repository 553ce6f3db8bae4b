/** Writes a seeded simulation to marketdata.raw through the feeds' own way in: envelope, keys, transactions and all. */
import { writeFileSync } from 'node:fs'
import { createSimulator, publishInstruments, runFeed } from '#feeds'
import { noMetrics, systemClock } from '#streams'
import { expecting } from '../measuring/expectation.ts'
import { openPlatform, type Place, stderrLogger } from '../measuring/platform.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface LoadArgument {
  readonly place: Place
  readonly seed: number
  readonly ticks: number
  readonly instruments: number
  /** Of event time. */
  readonly ticksPerSecond: number
  /** File for what must come out. */
  readonly expectation: string
}

export interface LoadResult {
  readonly messages: number
  readonly seconds: number
}

/** Any instant will do, the same for every run. */
const START_MS = Date.UTC(2026, 2, 2, 9)

const {
  place,
  seed,
  ticks,
  instruments,
  ticksPerSecond,
  expectation: file,
} = stepArgument<LoadArgument>()
const platform = await openPlatform(place)
const source = createSimulator({
  seed,
  startTimeMs: START_MS,
  ticksPerSecond,
  instruments,
  ticks,
  faults: { late: 0, crossed: 0, malformed: 0 },
})
const { expectation, watch } = expecting(source.instruments)
await publishInstruments(platform.log, platform.topics.admin.instruments, source.instruments, {
  run: 'bench',
  nowMs: START_MS,
})
const startMs = performance.now()
const { sentNow } = await runFeed({
  env: place.source,
  source: { ...source, messages: () => watch(source.messages()) },
  log: platform.log,
  topic: platform.topics.marketdata.raw,
  speed: Number.POSITIVE_INFINITY,
  clock: systemClock,
  logger: stderrLogger(),
  metrics: noMetrics,
}).done
const result: LoadResult = { messages: sentNow, seconds: (performance.now() - startMs) / 1_000 }
writeFileSync(file, JSON.stringify(expectation))
await platform.close()
endStep(result)
