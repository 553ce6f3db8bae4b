import type { Log } from '#streams/log'

export interface TopicBytes {
  readonly records: number
  /** Of keys and values. */
  readonly bytes: number
}

/** All that is on some topics now. */
export async function bytesOn(log: Log, topics: readonly string[]): Promise<TopicBytes> {
  let records = 0
  let bytes = 0
  for (const { topic, partitions } of await log.admin.describeTopics(topics)) {
    for (let partition = 0; partition < partitions; partition++) {
      const place = { topic, partition }
      const [start = 0] = await log.admin.offsets([place], 'earliest')
      const [end = 0] = await log.admin.offsets([place], 'stable')
      const reader = await log.createPartitionReader({ clientId: 'orion-bench-bytes' })
      await reader.assign([{ ...place, offset: start }])
      for (let at = start; at < end; ) {
        for (const batch of await reader.poll({ maxWaitMs: 1_000 })) {
          at = batch.nextOffset
          for (const { key, value } of batch.records) {
            records++
            bytes += (key?.byteLength ?? 0) + (value?.byteLength ?? 0)
          }
        }
      }
      await reader.close()
    }
  }
  return { records, bytes }
}
