import type { TopicPartition } from '../log.ts'
import type { RawRequest } from './broker-link.ts'
import { ByteWriter } from './byte-writer.ts'
import { byTopic } from './partitions.ts'

export interface PartitionBatch extends TopicPartition {
  readonly batch: Buffer
}

export interface ProducedBatch extends TopicPartition {
  readonly code: number
  readonly baseOffset: number
}

/** Produce, version 7, acknowledged by all in-sync replicas. */
export function produceRequest(
  transactionalId: string | null,
  batches: readonly PartitionBatch[],
  timeoutMs: number,
): RawRequest<readonly ProducedBatch[]> {
  const body = new ByteWriter(sizeOf(batches))
    .string(transactionalId)
    .int16(-1)
    .int32(timeoutMs)
    .array(byTopic(batches), (writer, [topic, entries]) => {
      writer.string(topic)
      writer.array(entries, (each, entry) => each.int32(entry.partition).bytes(entry.batch))
    })
  return {
    apiKey: 0,
    apiVersion: 7,
    apiName: 'Produce',
    body,
    timeoutMs: timeoutMs + 5_000,
    read: (reader) => {
      const produced: ProducedBatch[] = []
      reader.array(() => {
        const topic = reader.string()
        reader.array(() => {
          const partition = reader.int32()
          const code = reader.int16()
          const baseOffset = reader.int64()
          reader.int64()
          reader.int64()
          produced.push({ topic, partition, code, baseOffset })
        })
      })
      return produced
    },
  }
}

/** Produce, version 12 (KIP-890): as version 7, and makes the partitions part of the transaction. */
export function joiningProduceRequest(
  transactionalId: string,
  batches: readonly PartitionBatch[],
  timeoutMs: number,
): RawRequest<readonly ProducedBatch[]> {
  const body = new ByteWriter(sizeOf(batches))
    .noTags()
    .compactString(transactionalId)
    .int16(-1)
    .int32(timeoutMs)
    .compactArray(byTopic(batches), (writer, [topic, entries]) => {
      writer.compactString(topic)
      writer.compactArray(entries, (each, entry) =>
        each.int32(entry.partition).compactBytes(entry.batch).noTags(),
      )
      writer.noTags()
    })
    .noTags()
  return {
    apiKey: 0,
    apiVersion: 12,
    apiName: 'Produce',
    body,
    timeoutMs: timeoutMs + 5_000,
    read: (reader) => {
      reader.skipTags()
      const produced: ProducedBatch[] = []
      reader.compactArray(() => {
        const topic = reader.compactString() ?? ''
        reader.compactArray(() => {
          const partition = reader.int32()
          const code = reader.int16()
          const baseOffset = reader.int64()
          reader.int64()
          reader.int64()
          reader.compactArray(() => {
            reader.int32()
            reader.compactString()
            reader.skipTags()
          })
          reader.compactString()
          reader.skipTags()
          produced.push({ topic, partition, code, baseOffset })
        })
        reader.skipTags()
      })
      return produced
    },
  }
}

function sizeOf(batches: readonly PartitionBatch[]): number {
  let size = 256
  for (const { topic, batch } of batches) size += batch.length + topic.length + 16
  return size
}
