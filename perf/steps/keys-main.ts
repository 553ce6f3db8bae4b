/** Writes records of distinct keys to an embedded log, or counts them by key: a store that has one entry a record. */
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import {
  Consumed,
  longSerde,
  noMetrics,
  Streams,
  StreamsBuilder,
  silentLogger,
  stringSerde,
  systemClock,
} from '#streams'
import { openEmbeddedLog, type ProducerRecord, partitionFor } from '#streams/log'
import { CpuMeter, type CpuUse } from '../measuring/cpu.ts'
import { pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface KeysArgument {
  readonly directory: string
  readonly what: 'load' | 'count'
  readonly keys: number
  readonly partitions: number
}

export interface KeysResult {
  readonly seconds: number
  readonly use: CpuUse | undefined
  readonly peakRssMiB: number
  /** Resident memory while it ran, MiB, every two seconds. */
  readonly rssMiB: readonly number[]
  readonly faults: readonly string[]
}

const TOPIC = 'events'
const BATCH = 20_000
const LOOK_MS = 2_000
/** Spreads keys over the key space, so that writes do not come in order. */
const STRIDE = 7_368_787

const { directory, what, keys, partitions } = stepArgument<KeysArgument>()
const ports = { clock: systemClock, logger: silentLogger, metrics: noMetrics }
const log = await openEmbeddedLog({
  engine: rocksdbEngine(),
  directory: join(directory, 'log'),
  ...ports,
})
const startMs = performance.now()
const rssMiB: number[] = []
const faults: string[] = []
let use: CpuUse | undefined
if (what === 'load') await load()
else use = await count()
const seconds = (performance.now() - startMs) / 1_000
await log.close()
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1_024)
endStep({ seconds, use, peakRssMiB, rssMiB, faults } satisfies KeysResult)

async function load(): Promise<void> {
  await log.admin.createTopics([
    { topic: TOPIC, partitions, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 },
  ])
  const producer = await log.createProducer({ clientId: 'bench' })
  const value = Buffer.from('1')
  for (let first = 0; first < keys; first += BATCH) {
    const records = Array.from({ length: partitions }, (): ProducerRecord[] => [])
    for (let index = first; index < Math.min(keys, first + BATCH); index += 1) {
      const key = Buffer.from(`customer-${(index * STRIDE) % keys}`)
      records[partitionFor(key, partitions)]?.push({ key, value, timestampMs: index })
    }
    await producer.send(
      records.map((some, partition) => ({ topic: TOPIC, partition, records: some })),
    )
  }
  await producer.close()
}

async function count(): Promise<CpuUse> {
  const t = new StreamsBuilder()
  t.stream(TOPIC, Consumed.with(stringSerde, stringSerde, { as: 'events' }))
    .groupByKey()
    .count({ as: 'counts', materialized: { valueSerde: longSerde } })
  const streams = new Streams({
    topology: t.build('keys'),
    applicationId: 'keys',
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory: join(directory, 'state'),
    ...ports,
  })
  const meter = new CpuMeter({})
  await streams.start()
  await streams.reached('RUNNING')
  for (;;) {
    if (streams.state() === 'ERROR') throw streams.error()
    const lags = await streams.lag()
    rssMiB.push(Math.round(process.memoryUsage.rss() / 2 ** 20))
    if (lags.length > 0 && lags.every(({ lag }) => lag === 0) && streams.isCommitted()) break
    await pause(LOOK_MS)
  }
  const used = meter.read()
  const entries = streams.checksum('counts').reduce((sum, store) => sum + store.entries, 0)
  if (entries !== keys) faults.push(`${entries} of ${keys} keys are in the store`)
  await streams.close()
  return used
}
