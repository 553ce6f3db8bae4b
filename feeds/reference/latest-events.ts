import { type Log, partitionFor } from '#streams/log'
import type { Topic } from '#topics'

/** The last event of each record key on a compacted topic; undefined where the key was deleted. */
export async function latestEvents<E>(
  log: Log,
  topic: Topic<E>,
): Promise<ReadonlyMap<string, E | undefined>> {
  const partitions = Array.from({ length: topic.entry.partitions }, (_, partition) => ({
    topic: topic.name,
    partition,
  }))
  const [starts, ends] = await Promise.all([
    log.admin.offsets(partitions, 'earliest'),
    log.admin.offsets(partitions, 'stable'),
  ])
  const positions = partitions.map((partition, index) => ({
    ...partition,
    offset: starts[index] ?? 0,
  }))
  const open = new Map(
    positions.flatMap(({ partition, offset }) =>
      (ends[partition] ?? 0) > offset ? [[partition, ends[partition] ?? 0] as const] : [],
    ),
  )
  const latest = new Map<string, E | undefined>()
  const reader = await log.createPartitionReader({ clientId: CLIENT })
  try {
    await reader.assign(positions)
    while (open.size > 0) {
      for (const batch of await reader.poll({ maxWaitMs: 1_000 })) {
        for (const { key, value } of batch.records) {
          if (key === null) continue
          const recordKey = topic.keySerde.deserialize(topic.name, key)
          if (value === null) {
            latest.set(recordKey, undefined)
            continue
          }
          await topic.valueSerde.pending?.(value)
          latest.set(recordKey, topic.valueSerde.deserialize(topic.name, value))
        }
        if (batch.nextOffset >= (open.get(batch.partition) ?? 0)) open.delete(batch.partition)
      }
    }
  } finally {
    await reader.close()
  }
  return latest
}

export interface KeyedEvent<E> {
  readonly key: string
  readonly event: E
}

/** Appends events, each to the partition of its key. */
export async function appendEvents<E>(
  log: Log,
  topic: Topic<E>,
  events: readonly KeyedEvent<E>[],
  timestampMs: number,
): Promise<void> {
  if (events.length === 0) return
  const appends = new Map<number, { key: Uint8Array; value: Uint8Array; timestampMs: number }[]>()
  for (const { key: text, event } of events) {
    const key = topic.keySerde.serialize(topic.name, text)
    const partition = partitionFor(key, topic.entry.partitions)
    const records = appends.get(partition) ?? []
    records.push({ key, value: topic.valueSerde.serialize(topic.name, event), timestampMs })
    appends.set(partition, records)
  }
  const producer = await log.createProducer({ clientId: CLIENT })
  try {
    await producer.send(
      [...appends].map(([partition, records]) => ({ topic: topic.name, partition, records })),
    )
  } finally {
    await producer.close()
  }
}

const CLIENT = 'orion-feeds-reference'
