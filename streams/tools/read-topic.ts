import type { Log, LogRecord, TopicPartition } from '../log/log.ts'

const POLL_MS = 500

export interface ReadPart extends TopicPartition {
  readonly records: readonly LogRecord[]
  /** After them, and after what the log skipped behind them. */
  readonly nextOffset: number
}

/** Committed records from given offsets to the ends that the log has now, in offset order within each partition. */
export async function* readToEnd(
  log: Log,
  clientId: string,
  positions: readonly (TopicPartition & { readonly offset: number })[],
): AsyncIterable<ReadPart> {
  const [starts, ends] = await Promise.all([
    log.admin.offsets(positions, 'earliest'),
    log.admin.offsets(positions, 'stable'),
  ])
  const open = new Map<string, number>()
  for (const [index, { topic, partition, offset }] of positions.entries()) {
    const end = ends[index] ?? 0
    // A partition that was emptied has nothing to bring.
    if (end > Math.max(offset, starts[index] ?? 0)) open.set(`${topic}-${partition}`, end)
  }
  if (open.size === 0) return
  const reader = await log.createPartitionReader({ clientId })
  try {
    await reader.assign(positions)
    while (open.size > 0) {
      for (const batch of await reader.poll({ maxWaitMs: POLL_MS })) {
        const { topic, partition, records, nextOffset } = batch
        yield { topic, partition, records, nextOffset }
        if (nextOffset >= (open.get(`${topic}-${partition}`) ?? Number.POSITIVE_INFINITY))
          open.delete(`${topic}-${partition}`)
      }
    }
  } finally {
    await reader.close()
  }
}
