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
  let size = 256
  for (const { topic, batch } of batches) size += batch.length + topic.length + 16
  const body = new ByteWriter(size)
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
