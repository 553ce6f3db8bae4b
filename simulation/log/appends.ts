import { StreamsError } from '#streams'
import type { PartitionAppend } from '#streams/log'
import type { Broker } from './broker.ts'
import type { Partition } from './partition.ts'

const RECORD_BYTES_MAX = 1_000_000

/** @throws {StreamsError} LOG_UNKNOWN_TOPIC, LOG_RECORD_TOO_LARGE; nothing is written then */
export function withPartitions(
  broker: Broker,
  appends: readonly PartitionAppend[],
): (PartitionAppend & { readonly to: Partition })[] {
  for (const { topic, partition, records } of appends) {
    for (const { key, value } of records) {
      if ((key?.length ?? 0) + (value?.length ?? 0) <= RECORD_BYTES_MAX) continue
      throw new StreamsError(
        'LOG_RECORD_TOO_LARGE',
        'the record is too large',
        { topic, partition },
        'Send less in one record.',
      )
    }
  }
  return appends.map((append) => ({ ...append, to: broker.partition(append) }))
}
