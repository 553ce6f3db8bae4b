import { join } from 'node:path'
import { createStoreBackend, rocksdbEngine } from '#state-stores'
import { noMetrics, Streams, silentLogger, systemClock } from '#streams'
import { type Log, openEmbeddedLog, type PartitionAppend, partitionFor } from '#streams/log'
import type { Example, InputTopic } from './example.ts'

const PARTITIONS = 3
const POLL_MS = 20

/**
 * Runs an example as an application would run: on the embedded log, stores on disk, exactly once. Hands on each record of its output as it is
 * committed; ends when all of the input is processed.
 */
export async function runExample(
  example: Example,
  directory: string,
  say: (line: string) => void,
): Promise<void> {
  const ports = { clock: systemClock, logger: silentLogger, metrics: noMetrics }
  const log = await openEmbeddedLog({
    engine: rocksdbEngine(),
    directory: join(directory, 'log'),
    ...ports,
  })
  const streams = new Streams({
    topology: example.topology,
    applicationId: example.name,
    log,
    stores: createStoreBackend(rocksdbEngine()),
    directory: join(directory, 'state'),
    ...ports,
  })
  try {
    await createTopics(log, example)
    await produce(log, example.inputs)
    await streams.start()
    await streams.reached('RUNNING')
    await processed(streams)
    await readAll(log, example, say)
  } finally {
    await streams.close()
    await log.close()
  }
}

async function createTopics(log: Log, { inputs, output }: Example): Promise<void> {
  const topics = [...inputs.map(({ topic }) => topic), output.topic]
  await log.admin.createTopics(
    topics.map((topic) => ({
      topic,
      partitions: PARTITIONS,
      cleanup: 'delete',
      retentionMs: -1,
      retentionBytes: -1,
    })),
  )
}

async function produce(log: Log, inputs: readonly InputTopic[]): Promise<void> {
  const producer = await log.createProducer({ clientId: 'example' })
  const appends: PartitionAppend[] = inputs.flatMap(({ topic, records }) =>
    records.map((record) => ({
      topic,
      partition: record.key === null ? 0 : partitionFor(record.key, PARTITIONS),
      records: [record],
    })),
  )
  await producer.send(appends)
  await producer.close()
}

/** All inputs, repartition topics included, are processed and committed. */
async function processed(streams: Streams): Promise<void> {
  for (let quiet = 0; quiet < 2; ) {
    if (streams.state() === 'ERROR') throw streams.error()
    const lags = await streams.lag('latest')
    quiet = lags.every(({ lag }) => lag === 0) && streams.isCommitted() ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

async function readAll(log: Log, { output }: Example, say: (line: string) => void): Promise<void> {
  const places = Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic: output.topic,
    partition,
  }))
  const ends = await log.admin.offsets(places, 'stable')
  const reader = await log.createPartitionReader({
    clientId: 'example',
    isolation: 'read_committed',
  })
  await reader.assign(places.map((place) => ({ ...place, offset: 0 })))
  const next = places.map(() => 0)
  while (next.some((offset, partition) => offset < (ends[partition] ?? 0))) {
    for (const batch of await reader.poll({ maxWaitMs: POLL_MS })) {
      next[batch.partition] = batch.nextOffset
      for (const record of batch.records) say(output.show(record))
    }
  }
  await reader.close()
}
