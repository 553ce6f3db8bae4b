import type { Log, LogRecord, TopicPartition } from '#streams/log'

const POLL_MS = 500

export interface ReadOptions {
  /** Offsets to start at, one a partition. */
  readonly from: readonly (TopicPartition & { readonly offset: number })[]
  /** Stop at the end that the log has now; else wait for more. */
  readonly until: 'end' | 'stopped'
}

export interface ReadRecord extends TopicPartition {
  readonly record: LogRecord
}

/** Committed records of partitions, without a group; in offset order within each. */
export async function* readRecords(
  log: Log,
  clientId: string,
  { from: asked, until }: ReadOptions,
): AsyncIterable<ReadRecord> {
  const [starts, ends] = await Promise.all([
    log.admin.offsets(asked, 'earliest'),
    log.admin.offsets(asked, 'stable'),
  ])
  // What is gone cannot be read: of a partition that lost all of it, nothing would ever come.
  const from = asked.map((one, index) => ({
    ...one,
    offset: Math.max(one.offset, starts[index] ?? 0),
  }))
  const open = new Map(
    from.flatMap(({ topic, partition, offset }, index) =>
      (ends[index] ?? 0) > offset ? [[`${topic}-${partition}`, ends[index] ?? 0] as const] : [],
    ),
  )
  if (until === 'end' && open.size === 0) return
  const reader = await log.createPartitionReader({ clientId })
  try {
    await reader.assign(from)
    while (until === 'stopped' || open.size > 0) {
      for (const { topic, partition, records, nextOffset } of await reader.poll({
        maxWaitMs: POLL_MS,
      })) {
        const end =
          until === 'end'
            ? (ends[from.findIndex((one) => one.topic === topic && one.partition === partition)] ??
              0)
            : Number.POSITIVE_INFINITY
        for (const record of records) if (record.offset < end) yield { topic, partition, record }
        if (nextOffset >= end) open.delete(`${topic}-${partition}`)
      }
    }
  } finally {
    await reader.close()
  }
}

/** Every partition of a topic. */
export async function partitionsOf(log: Log, topic: string): Promise<TopicPartition[]> {
  const [description] = await log.admin.describeTopics([topic])
  return Array.from({ length: description?.partitions ?? 0 }, (_, partition) => ({
    topic,
    partition,
  }))
}
