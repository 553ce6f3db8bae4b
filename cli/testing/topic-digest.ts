import { createHash } from 'node:crypto'
import type { Log } from '#streams/log'
import { partitionsOf, readRecords } from '../operator/topic-reading.ts'

export interface PartitionDigest {
  readonly records: number
  /** SHA-256 of the sequence of keys, values and timestamps. */
  readonly sequence: string
}

/** What the committed records of each partition are, in order: equal digests, equal sequences. */
export async function topicDigest(log: Log, topic: string): Promise<readonly PartitionDigest[]> {
  const partitions = await partitionsOf(log, topic)
  const digests = partitions.map(() => ({ hash: createHash('sha256'), records: 0 }))
  const from = partitions.map((partition) => ({ ...partition, offset: 0 }))
  for await (const { partition, record } of readRecords(log, 'digest', { from, until: 'end' })) {
    const digest = digests[partition] as (typeof digests)[number]
    const head = Buffer.alloc(16)
    head.writeDoubleBE(record.timestampMs)
    head.writeInt32BE(record.key?.length ?? -1, 8)
    head.writeInt32BE(record.value?.length ?? -1, 12)
    digest.hash.update(head)
    if (record.key !== null) digest.hash.update(record.key)
    if (record.value !== null) digest.hash.update(record.value)
    digest.records += 1
  }
  return digests.map(({ hash, records }) => ({ records, sequence: hash.digest('hex') }))
}
