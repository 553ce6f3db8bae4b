/** Counts lots by key and window in this process until everything that was written before is committed; then reads back what came out. */
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import {
  Consumed,
  EmitStrategy,
  longSerde,
  noMetrics,
  Produced,
  Streams,
  StreamsBuilder,
  stringSerde,
  systemClock,
  TimeWindows,
  type Topology,
  timeWindowedSerde,
} from '#streams'
import { type Log, openEmbeddedLog, type ProducerRecord } from '#streams/log'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { type GarbageFigures, GarbageMeter } from '../measuring/garbage.ts'
import { stderrLogger } from '../measuring/platform.ts'
import { lagOf, pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

/** On update, with and without the record cache; on close, from windows or from slices. */
export type Emission = 'each' | 'cached' | 'close' | 'sliced'

export interface HoppingArgument {
  readonly directory: string
  readonly records: number
  readonly keys: number
  readonly recordsPerEventSecond: number
  readonly sizeMs: number
  readonly advanceMs: number
  readonly emission: Emission
  readonly commitIntervalMs: number
}

export interface HoppingResult {
  readonly use: CpuUse
  readonly peakRssMiB: number
  readonly garbage: Readonly<Record<string, GarbageFigures>>
  readonly outputs: number
  /** Of the last value of each window: each lot once for every window that it is in. */
  readonly lotsInWindows: number
  readonly lots: number
}

const LOOK_MS = 20
const GRACE_MS = 5_000
const START_MS = Date.UTC(2026, 2, 2, 9)
/** A record of this key, far behind all others, closes what is open. */
const LAST_KEY = 'end'
const SEND_RECORDS = 5_000
const APPLICATION = 'windows'
const INPUT = { topic: 'lots', partition: 0 }
const OUTPUT = { topic: 'lots-by-window', partition: 0 }

const argument = stepArgument<HoppingArgument>()
const parts = { logger: stderrLogger(), metrics: noMetrics, clock: systemClock }
const { directory } = argument
const log = await openEmbeddedLog({
  ...parts,
  engine: rocksdbEngine(),
  directory: join(directory, 'log'),
})
const lots = await writeInput(log)
const streams = new Streams({
  ...parts,
  topology: topologyOf(argument),
  applicationId: APPLICATION,
  log,
  stores: createStoreBackend(rocksdbEngine()),
  directory: join(directory, 'streams'),
  guarantee: 'exactly_once_v2',
  threads: 1,
  commitIntervalMs: argument.commitIntervalMs,
  ...(argument.emission === 'cached' ? {} : { recordCacheBytesMax: 0 }),
})
// Joined, nothing processed: the measurement begins with the first record.
streams.pause()
await streams.start()
await streams.reached('RUNNING')
const collector = new GarbageMeter()
const meter = new CpuMeter()
streams.resume()
while ((await lagOf(log, APPLICATION, [INPUT])) > 0) {
  if (streams.state() !== 'RUNNING') throw streams.error() ?? new Error(streams.state())
  await pause(LOOK_MS)
}
const use = meter.read()
const garbage = collector.read()
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
await streams.close()
const came = await readOutput(log)
await log.close()
endStep({ use, peakRssMiB, garbage, lots, ...came } satisfies HoppingResult)

function topologyOf({ sizeMs, advanceMs, emission }: HoppingArgument): Topology {
  const t = new StreamsBuilder()
  const windows = TimeWindows.ofSizeAndGrace(sizeMs, GRACE_MS).advanceBy(advanceMs)
  const isOnClose = emission === 'close' || emission === 'sliced'
  const emit = isOnClose ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate()
  t.stream(INPUT.topic, Consumed.with(stringSerde, longSerde, { as: 'lots' }))
    .groupByKey()
    .windowedBy(windows)
    .emitStrategy(emit)
    .aggregate(
      () => 0,
      (_key, lot, sum: number) => sum + lot,
      {
        as: 'by-window',
        materialized: { valueSerde: longSerde },
        ...(emission === 'sliced' ? { slices: (_key, left, right) => left + right } : {}),
      },
    )
    .toStream({ as: 'changes' })
    .to(OUTPUT.topic, Produced.with(timeWindowedSerde(stringSerde, sizeMs), longSerde))
  return t.build(APPLICATION)
}

async function writeInput(to: Log): Promise<number> {
  const kept = { partitions: 1, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 } as const
  const topics = [INPUT, OUTPUT].map(({ topic }) => ({ topic, ...kept }))
  await to.admin.createTopics(topics)
  const producer = await to.createProducer({ clientId: 'bench' })
  let sum = 0
  let records: ProducerRecord[] = []
  const add = (key: string, lot: number, timestampMs: number) =>
    records.push({
      key: stringSerde.serialize(INPUT.topic, key),
      value: longSerde.serialize(INPUT.topic, lot),
      timestampMs,
    })
  const eventMs = (index: number) =>
    START_MS + Math.floor((index * 1_000) / argument.recordsPerEventSecond)
  for (let index = 0; index < argument.records; index += 1) {
    const lot = 1 + (index % 7)
    sum += lot
    // Keys in an order that repeats after all of them, neighbours far apart.
    add(`key-${(index * 7_919) % argument.keys}`, lot, eventMs(index))
    if (records.length < SEND_RECORDS) continue
    await producer.send([{ ...INPUT, records }])
    records = []
  }
  add(LAST_KEY, 1, eventMs(argument.records) + 2 * argument.sizeMs + GRACE_MS)
  await producer.send([{ ...INPUT, records }])
  await producer.close()
  return sum
}

async function readOutput(from: Log): Promise<{ outputs: number; lotsInWindows: number }> {
  const serde = timeWindowedSerde(stringSerde, argument.sizeMs)
  const [end = 0] = await from.admin.offsets([OUTPUT], 'stable')
  const reader = await from.createPartitionReader({
    clientId: 'bench-check',
    isolation: 'read_committed',
  })
  const last = new Map<string, number>()
  let outputs = 0
  await reader.assign([{ ...OUTPUT, offset: 0 }])
  for (let at = 0; at < end; ) {
    for (const batch of await reader.poll({ maxWaitMs: 1_000 })) {
      for (const { key, value } of batch.records) {
        if (key === null || value === null) continue
        outputs += 1
        const windowed = serde.deserialize(OUTPUT.topic, key)
        if (windowed.key === LAST_KEY) continue
        last.set(`${windowed.key}@${windowed.startMs}`, longSerde.deserialize(OUTPUT.topic, value))
      }
      at = batch.nextOffset
    }
  }
  await reader.close()
  let lotsInWindows = 0
  for (const value of last.values()) lotsInWindows += value
  return { outputs, lotsInWindows }
}
