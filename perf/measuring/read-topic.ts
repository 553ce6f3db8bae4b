import type { Log, LogRecord, TopicPartition } from '#streams/log'
import type { Topic } from '#topics'

export function partitionsOf({ name, entry }: Topic<unknown>): readonly TopicPartition[] {
  return Array.from({ length: entry.partitions }, (_, partition) => ({ topic: name, partition }))
}

/** Every committed event that is on the topic now, by partition in order. */
export async function readTopic<E>(
  log: Log,
  topic: Topic<E>,
  take: (value: E, key: string, record: LogRecord) => void,
): Promise<number> {
  let events = 0
  await readRecords(log, partitionsOf(topic as Topic<unknown>), (record) => {
    if (record.key === null || record.value === null) return
    events += 1
    const key = topic.keySerde.deserialize(topic.name, record.key)
    take(topic.valueSerde.deserialize(topic.name, record.value), key, record)
  })
  return events
}

/** Every committed record that is on these partitions now, by partition in order. */
export async function readRecords(
  log: Log,
  places: readonly TopicPartition[],
  take: (record: LogRecord) => void,
): Promise<void> {
  const ends = await log.admin.offsets(places, 'stable')
  const starts = await log.admin.offsets(places, 'earliest')
  const open = new Map(
    places.flatMap(({ partition }, index) =>
      (ends[index] ?? 0) > (starts[index] ?? 0) ? [[partition, ends[index] ?? 0]] : [],
    ),
  )
  const reader = await log.createPartitionReader({
    clientId: 'orion-bench-check',
    isolation: 'read_committed',
  })
  try {
    await reader.assign(places.map((place, index) => ({ ...place, offset: starts[index] ?? 0 })))
    while (open.size > 0) {
      for (const batch of await reader.poll({ maxWaitMs: 1_000 })) {
        const end = open.get(batch.partition) ?? 0
        for (const record of batch.records) if (record.offset < end) take(record)
        if (batch.nextOffset >= end) open.delete(batch.partition)
      }
    }
  } finally {
    await reader.close()
  }
}

/** Records that a group has not committed yet. */
export async function lagOf(
  log: Log,
  groupId: string,
  places: readonly TopicPartition[],
): Promise<number> {
  const [ends, starts, committed] = await Promise.all([
    log.admin.offsets(places, 'stable'),
    log.admin.offsets(places, 'earliest'),
    log.admin.groupOffsets(groupId, places),
  ])
  return places.reduce(
    (sum, _, index) =>
      sum + Math.max(0, (ends[index] ?? 0) - (committed[index]?.offset ?? starts[index] ?? 0)),
    0,
  )
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
