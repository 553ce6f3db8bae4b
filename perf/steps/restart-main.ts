/** Loads records of distinct keys, or counts them by key: told when it runs, when it takes its first record, and what it restored. */
import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import {
  Consumed,
  longSerde,
  noMetrics,
  Streams,
  StreamsBuilder,
  stringSerde,
  systemClock,
} from '#streams'
import {
  type Log,
  openEmbeddedLog,
  openKafkaLog,
  type ProducerRecord,
  partitionFor,
} from '#streams/log'
import { stderrLogger } from '../measuring/platform.ts'
import { pause } from '../measuring/read-topic.ts'
import { endStep, stepArgument } from '../measuring/step.ts'

export interface RestartArgument {
  readonly directory: string
  readonly brokers: string | undefined
  readonly run: string
  readonly what: 'load' | 'count'
  readonly keys: number
  /** Records that come after one of each key. */
  readonly more: number
  readonly partitions: number
  /** Ends when everything is counted; else it goes on until it is killed. */
  readonly ends: boolean
}

/** All times from the start of the process. */
export interface RestartResult {
  readonly runningMs: number
  readonly firstRecordMs: number
  readonly caughtUpMs: number
  readonly restoredRecords: number
  /** From the beginning of the first restoration to the end of the last. */
  readonly restoreMs: number
  /** Sum of all counts in the store. */
  readonly total: number
}

const BATCH = 20_000
/** Spreads keys over the key space, so that writes do not come in order. */
const STRIDE = 7_368_787
const TOLD_EVERY = 10_000
const LOOK_MS = 20

const { directory, brokers, run, what, keys, more, partitions, ends } =
  stepArgument<RestartArgument>()
const topic = `bench-restart-${run}`
const logger = stderrLogger()
const ports = { clock: systemClock, logger, metrics: noMetrics }
const log: Log =
  brokers === undefined
    ? await openEmbeddedLog({
        engine: rocksdbEngine(),
        directory: join(directory, 'log'),
        ...ports,
      })
    : await openKafkaLog({ brokers: brokers.split(','), clientId: 'orion-bench', ...ports })
if (what === 'load') await load()
else await count()

async function load(): Promise<void> {
  await log.admin.createTopics([
    { topic, partitions, cleanup: 'delete', retentionMs: -1, retentionBytes: -1 },
  ])
  const producer = await log.createProducer({ clientId: 'bench' })
  const value = Buffer.from('1')
  for (let first = 0; first < keys + more; first += BATCH) {
    const records = Array.from({ length: partitions }, (): ProducerRecord[] => [])
    for (let index = first; index < Math.min(keys + more, first + BATCH); index += 1) {
      const key = Buffer.from(`customer-${(index * STRIDE) % keys}`)
      records[partitionFor(key, partitions)]?.push({ key, value, timestampMs: index })
    }
    await producer.send(
      records.flatMap((some, partition) =>
        some.length === 0 ? [] : [{ topic, partition, records: some }],
      ),
    )
  }
  await producer.close()
  await log.close()
  endStep({})
}

async function count(): Promise<void> {
  let taken = 0
  let firstRecordMs = 0
  let restoreBeganMs = 0
  let restoreEndedMs = 0
  let restoredRecords = 0
  const t = new StreamsBuilder()
  t.stream(topic, Consumed.with(stringSerde, stringSerde, { as: 'events' }))
    .peek(
      () => {
        if (taken === 0) firstRecordMs = performance.now()
        taken += 1
        if (taken % TOLD_EVERY === 0) process.stdout.write(`${JSON.stringify({ taken })}\n`)
      },
      { as: 'taken' },
    )
    .groupByKey()
    .count({ as: 'counts', materialized: { valueSerde: longSerde } })
  const streams = new Streams({
    topology: t.build('restart'),
    applicationId: `bench-restart-${run}`,
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory: join(directory, 'state'),
    restoreListener: {
      restoreStarted: () => {
        restoreBeganMs ||= performance.now()
      },
      restoreEnded: (_progress, records) => {
        restoreEndedMs = performance.now()
        restoredRecords += records
      },
    },
    ...ports,
  })
  await streams.start()
  await streams.reached('RUNNING')
  const runningMs = performance.now()
  if (!ends) return
  for (;;) {
    if (streams.state() === 'ERROR') throw streams.error()
    const lags = await streams.lag()
    if (lags.length > 0 && lags.every(({ lag }) => lag === 0) && streams.isCommitted()) break
    await pause(LOOK_MS)
  }
  const caughtUpMs = performance.now()
  let total = 0
  for (const [, each] of streams.store<string, number | bigint>('counts').all()) {
    total += Number(typeof each === 'object' ? (each as { value: number }).value : each)
  }
  const restoreMs = restoreEndedMs - restoreBeganMs
  await streams.close()
  await log.close()
  endStep({
    runningMs,
    firstRecordMs,
    caughtUpMs,
    restoredRecords,
    restoreMs,
    total,
  } satisfies RestartResult)
}
